//! What holds for every configuration, checked with random ones.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{Applied, Shelf, custom_kind, list_of, map_of, object, typed};
use crate::apiserver::types::{ListType, Schema, ValueType};

fn shelf() -> Shelf {
    let text = || typed(ValueType::String);
    let item = object([
        ("name", text()),
        ("a", text()),
        ("tags", list_of(text(), ListType::Set, &[])),
    ]);
    Shelf::custom(custom_kind(object([
        ("size", typed(ValueType::Integer)),
        ("nested", object([("x", text()), ("y", map_of(text()))])),
        ("items", list_of(item, ListType::Map, &["name"])),
        ("set", list_of(text(), ListType::Set, &[])),
        ("whole", list_of(text(), ListType::Atomic, &[])),
        (
            "open",
            Schema {
                preserve_unknown: true,
                ..typed(ValueType::Object)
            },
        ),
    ])))
}

fn word() -> impl Strategy<Value = Value> {
    "[ab]".prop_map(Value::from)
}

fn words() -> impl Strategy<Value = Value> {
    prop::collection::btree_set("[abcd]", 1..4).prop_map(|words| words.into_iter().collect::<Vec<_>>().into())
}

/// Any of the fields, with a value of its own.
fn fields(of: Vec<(&'static str, BoxedStrategy<Value>)>) -> impl Strategy<Value = Value> {
    let members: Vec<_> = of
        .into_iter()
        .map(|(name, value)| prop::option::of(value).prop_map(move |value| (name, value)))
        .collect();
    members.prop_map(|members| {
        members
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect::<Map<_, _>>()
            .into()
    })
}

fn config() -> impl Strategy<Value = Value> {
    let map = || {
        prop::collection::btree_map("[abc]", word(), 1..3)
            .prop_map(|map| map.into_iter().collect::<Value>())
            .boxed()
    };
    let item = fields(vec![("a", word().boxed()), ("tags", words().boxed())]);
    let items = prop::collection::btree_map("[abc]", item, 1..3).prop_shuffle_items();
    let spec = fields(vec![
        ("size", (0..3i64).prop_map(Value::from).boxed()),
        (
            "nested",
            fields(vec![("x", word().boxed()), ("y", map())]).boxed(),
        ),
        ("items", items.boxed()),
        ("set", words().boxed()),
        ("whole", words().boxed()),
        ("open", fields(vec![("m", map()), ("n", word().boxed())]).boxed()),
    ]);
    (spec, prop::option::of(map())).prop_map(|(spec, labels)| match labels {
        Some(labels) => json!({"metadata": {"labels": labels}, "spec": spec}),
        None => json!({"spec": spec}),
    })
}

trait ShuffleItems: Strategy {
    fn prop_shuffle_items(self) -> impl Strategy<Value = Value>;
}

impl<S: Strategy<Value = std::collections::BTreeMap<String, Value>>> ShuffleItems for S {
    fn prop_shuffle_items(self) -> impl Strategy<Value = Value> {
        self.prop_map(|items| {
            items
                .into_iter()
                .map(|(name, mut item)| {
                    item["name"] = name.into();
                    item
                })
                .collect::<Vec<_>>()
        })
        .prop_shuffle()
        .prop_map(Value::from)
    }
}

/// Every list in the order of its elements, so that histories can be compared that differ in order only, and without maps
/// that hold nothing: one from which everything was pruned is `null`, one that never held anything is `{}`.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| (key.clone(), sorted(value)))
            .filter(|(_, value)| {
                !value.is_null() && value.as_object().is_none_or(|members| !members.is_empty())
            })
            .collect(),
        Value::Array(items) => {
            let mut items: Vec<_> = items.iter().map(sorted).collect();
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        scalar => scalar.clone(),
    }
}

fn without_managers(shelf: &Shelf) -> Value {
    let mut object = sorted(shelf.object());
    object["metadata"]
        .as_object_mut()
        .expect("metadata")
        .remove("managedFields");
    object
}

proptest! {
    #[test]
    fn the_same_configuration_twice_changes_nothing(first in config(), second in config(), third in config()) {
        let mut shelf = shelf();
        shelf.update("writer", first);
        shelf.force("beta", second);
        shelf.force("alpha", third.clone());
        let before = shelf.object().clone();
        prop_assert_eq!(shelf.apply("alpha", third), Ok(Applied::Unchanged));
        prop_assert_eq!(shelf.object(), &before);
    }

    #[test]
    fn a_manager_owns_and_leaves_the_fields_of_its_last_configuration(first in config(), second in config()) {
        let mut history = shelf();
        history.applies("alpha", first);
        history.applies("alpha", second.clone());
        let mut fresh = shelf();
        fresh.applies("alpha", second);
        prop_assert_eq!(history.managers(), fresh.managers());
        prop_assert_eq!(without_managers(&history), without_managers(&fresh));
    }

    #[test]
    fn managers_without_a_conflict_commute(first in config(), second in config()) {
        let mut one = shelf();
        one.applies("alpha", first.clone());
        // Configurations that agree on every field they share.
        if one.apply("beta", second.clone()).is_err() {
            return Ok(());
        }
        let mut other = shelf();
        other.applies("beta", second);
        other.applies("alpha", first);
        prop_assert_eq!(one.managers().into_iter().collect::<std::collections::BTreeMap<_, _>>(),
            other.managers().into_iter().collect());
        prop_assert_eq!(without_managers(&one), without_managers(&other));
    }

    #[test]
    fn the_fast_answer_is_the_right_answer(
        first in config(),
        second in config(),
        third in config(),
        again in any::<bool>(),
    ) {
        let mut shelf = shelf();
        shelf.update("writer", first);
        shelf.force("alpha", second.clone());
        let config = if again { second } else { third };
        let repeats = shelf.repeats("alpha", config.clone());
        if repeats {
            prop_assert_eq!(shelf.apply("alpha", config), Ok(Applied::Unchanged));
        }
    }

    #[test]
    fn a_forced_apply_leaves_its_values(first in config(), second in config(), third in config()) {
        let mut shelf = shelf();
        shelf.update("writer", first);
        shelf.force("beta", second);
        shelf.force("alpha", third.clone());
        let live = sorted(&shelf.object()["spec"]);
        for (name, value) in third["spec"].as_object().expect("a spec") {
            if matches!(name.as_str(), "size" | "whole") {
                prop_assert_eq!(&live[name], value);
            }
        }
    }
}
