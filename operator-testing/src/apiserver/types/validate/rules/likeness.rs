//! When two values are the same to a rule.
//!
//! Rules see a set without its order and a list of type map by its keys, wherever in a value they are. Which of two values has a say
//! is a matter of their order: the one on the left of `==` and `+`.
//!
//! Sources: <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules>,
//! `k8s.io/apiserver/pkg/cel/common/valuesunstructured.go`.

use std::{collections::BTreeMap, sync::Arc};

use kube_cel::cel::{
    Context, ExecutionError, Value,
    objects::{Key, Opaque},
};

use super::value::escape;
use crate::apiserver::types::schema::{ListType, Schema};

/// Whether two values are the same by a [`Likeness`].
pub(super) const ALIKE: &str = "@alike";
/// Two lists put together by a [`Likeness`].
pub(super) const JOINED: &str = "@joined";

/// What makes values of a type the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Likeness {
    /// Nothing but what makes any two values the same.
    Plain,
    /// The same elements in any order.
    Set {
        /// Whether the other list has its elements as they came, like the set itself. Otherwise it has what rules see.
        is_other_raw: bool,
    },
    /// The same keys in any order, each with elements alike.
    Keyed(Vec<Arc<str>>, Box<Likeness>),
    /// Elements alike, in order.
    List(Box<Likeness>),
    /// These fields alike, and the others the same.
    Fields(BTreeMap<String, Likeness>),
    /// The same names, with values alike.
    Values(Box<Likeness>),
}

impl Likeness {
    /// The likeness of a type; the other value is raw if it comes without its schema.
    pub(super) fn of(schema: &Schema, is_other_raw: bool) -> Self {
        let inside = |schema: &Schema| match Self::of(schema, is_other_raw) {
            Self::Plain => None,
            other => Some(Box::new(other)),
        };
        if let Some(items) = &schema.items {
            return match schema.list_type {
                ListType::Set => Self::Set { is_other_raw },
                ListType::Map => {
                    // a name that rules cannot write is looked up as they write it, and so not found
                    let keys = schema.list_map_keys.iter().filter(|key| escape(key) == ***key);
                    Self::Keyed(keys.cloned().collect(), Box::new(Self::of(items, is_other_raw)))
                }
                ListType::Atomic => inside(items).map_or(Self::Plain, Self::List),
            };
        }
        if let Some(values) = &schema.additional {
            return inside(values).map_or(Self::Plain, Self::Values);
        }
        let fields = schema.properties.iter();
        let fields: BTreeMap<_, _> = fields
            .filter_map(|(name, field)| Some((escape(name), *inside(field)?)))
            .collect();
        if fields.is_empty() {
            return Self::Plain;
        }
        Self::Fields(fields)
    }

    fn alike(&self, left: &Value, right: &Value) -> bool {
        match (self, left, right) {
            (Self::Set { is_other_raw }, Value::List(left), Value::List(right)) => {
                let mut others = right.iter();
                left.len() == right.len() && others.all(|item| holds(left, item, *is_other_raw))
            }
            (Self::Keyed(keys, items), Value::List(left), Value::List(right)) => {
                left.len() == right.len()
                    && right.iter().all(|item| {
                        let same = left.iter().rev().find(|other| have_same(keys, other, item));
                        same.is_some_and(|other| items.alike(other, item))
                    })
            }
            (Self::List(items), Value::List(left), Value::List(right)) => {
                let mut pairs = left.iter().zip(right.iter());
                left.len() == right.len() && pairs.all(|(left, right)| items.alike(left, right))
            }
            (Self::Fields(_) | Self::Values(_), Value::Map(left), Value::Map(right)) => {
                left.map.len() == right.map.len()
                    && left.map.iter().all(|(key, value)| {
                        let other = right.map.get(key);
                        other.is_some_and(|other| self.below(key).alike(value, other))
                    })
            }
            _ => left == right,
        }
    }

    fn below(&self, key: &Key) -> &Self {
        match (self, key) {
            (Self::Fields(fields), Key::String(name)) => fields.get(&**name).unwrap_or(&Self::Plain),
            (Self::Values(values), _) => values,
            _ => &Self::Plain,
        }
    }

    /// A list with the elements of another: those that a set does not have, and in place of those with the same keys.
    fn joined(&self, left: &[Value], right: &[Value]) -> Vec<Value> {
        let mut all = left.to_vec();
        for item in right {
            let place = match self {
                Self::Set { is_other_raw } if holds(&all, item, *is_other_raw) => continue,
                Self::Keyed(keys, _) => left.iter().rposition(|other| have_same(keys, other, item)),
                _ => None,
            };
            match place.and_then(|place| all.get_mut(place)) {
                Some(other) => other.clone_from(item),
                None => all.push(item.clone()),
            }
        }
        all
    }
}

impl Opaque for Likeness {
    fn runtime_type_name(&self) -> &str {
        "likeness"
    }
}

/// Whether a set, which has its elements as they came, has one that another list shows: whole numbers are no doubles, text is no time.
fn holds(set: &[Value], item: &Value, is_raw: bool) -> bool {
    let is_as_it_came = match item {
        Value::Float(number) => number.fract() != 0.0,
        Value::Bytes(_) | Value::Duration(_) | Value::Timestamp(_) => false,
        _ => true,
    };
    (is_raw || is_as_it_came) && set.contains(item)
}

fn have_same(keys: &[Arc<str>], left: &Value, right: &Value) -> bool {
    let (Value::Map(left), Value::Map(right)) = (left, right) else {
        return false;
    };
    let part = |key: &Arc<str>| Key::String(Arc::new(key.to_string()));
    keys.iter()
        .map(part)
        .all(|key| left.map.get(&key) == right.map.get(&key))
}

/// Adds the functions that compare by a likeness.
pub(super) fn extend(context: &mut Context<'_>) {
    context.add_function(
        ALIKE,
        |left: Value, right: Value, by: Value| -> Result<Value, ExecutionError> {
            Ok(Value::Bool(of_value(&by)?.alike(&left, &right)))
        },
    );
    context.add_function(
        JOINED,
        |left: Value, right: Value, by: Value| -> Result<Value, ExecutionError> {
            match (&left, &right) {
                (Value::List(first), Value::List(second)) => {
                    Ok(Value::List(Arc::new(of_value(&by)?.joined(first, second))))
                }
                _ => left + right,
            }
        },
    );
}

fn of_value(by: &Value) -> Result<&Likeness, ExecutionError> {
    match by {
        Value::Opaque(opaque) => opaque.downcast_ref().ok_or(ExecutionError::NoSuchOverload),
        _ => Err(ExecutionError::NoSuchOverload),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{
        super::{reach::Reach, value},
        *,
    };
    use crate::apiserver::types::custom::structural;

    fn schema(list_type: &str, items: &serde_json::Value) -> Schema {
        structural::parse(&json!({
            "type": "array",
            "items": items,
            "x-kubernetes-list-type": list_type,
            "x-kubernetes-list-map-keys": ["k"],
        }))
    }

    fn seen(schema: &Schema, value: &serde_json::Value) -> Value {
        value::convert(schema, value, &Reach::Whole)
    }

    fn are_alike(schema: &Schema, left: &serde_json::Value, right: &serde_json::Value) -> bool {
        Likeness::of(schema, false).alike(&seen(schema, left), &seen(schema, right))
    }

    #[test]
    fn sets_have_no_order_and_other_lists_do() {
        let texts = json!({"type": "string"});
        let (one, other) = (json!(["a", "b"]), json!(["b", "a"]));
        assert!(are_alike(&schema("set", &texts), &one, &other));
        assert!(!are_alike(&schema("set", &texts), &one, &json!(["a"])));
        assert!(!are_alike(&schema("set", &texts), &one, &json!(["a", "c"])));
        assert!(!are_alike(&schema("atomic", &texts), &one, &other));
    }

    #[test]
    fn sets_of_doubles_do_not_know_their_whole_numbers() {
        let doubles = schema("set", &json!({"type": "number"}));
        assert!(are_alike(&doubles, &json!([1.5, 2.5]), &json!([2.5, 1.5])));
        assert!(!are_alike(&doubles, &json!([1]), &json!([1])));
        let raw = Likeness::of(&doubles, true);
        let one = seen(&doubles, &json!([1]));
        assert!(raw.alike(&one, &one), "as they came they are the same");
    }

    #[test]
    fn lists_of_type_map_are_the_same_by_their_keys() {
        let inner = json!({"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"});
        let items = json!({"type": "object", "properties": {"k": {"type": "string"}, "s": inner}});
        let map = schema("map", &items);
        let one = json!([{"k": "a", "s": ["x", "y"]}, {"k": "b"}]);
        assert!(are_alike(
            &map,
            &one,
            &json!([{"k": "b"}, {"k": "a", "s": ["y", "x"]}])
        ));
        assert!(!are_alike(
            &map,
            &one,
            &json!([{"k": "b"}, {"k": "a", "s": ["y"]}])
        ));
        assert!(!are_alike(&map, &one, &json!([{"k": "b"}, {"k": "c"}])));
    }

    #[test]
    fn sums_keep_what_a_set_has_and_replace_what_has_the_same_keys() {
        let texts = schema("set", &json!({"type": "string"}));
        let list = |value: &serde_json::Value| match seen(&texts, value) {
            Value::List(items) => items.to_vec(),
            other => panic!("{other:?} is no list"),
        };
        let sum = Likeness::of(&texts, false).joined(&list(&json!(["a", "b"])), &list(&json!(["b", "c"])));
        assert_eq!(sum, list(&json!(["a", "b", "c"])));
        let keyed = schema(
            "map",
            &json!({"type": "object", "properties": {"k": {"type": "string"}, "v": {"type": "integer"}}}),
        );
        let items = |value: &serde_json::Value| match seen(&keyed, value) {
            Value::List(items) => items.to_vec(),
            other => panic!("{other:?} is no list"),
        };
        let (left, right) = (
            json!([{"k": "a", "v": 1}, {"k": "b"}]),
            json!([{"k": "c"}, {"k": "a", "v": 2}]),
        );
        let sum = Likeness::of(&keyed, false).joined(&items(&left), &items(&right));
        assert_eq!(sum, items(&json!([{"k": "a", "v": 2}, {"k": "b"}, {"k": "c"}])));
    }
}
