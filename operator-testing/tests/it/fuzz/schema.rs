//! Definitions with any schema, and objects that may fit it.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{Harness, bounded, json};

/// A schema: mostly a structural one, sometimes anything.
fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        (prop::option::of(-2..3_i64), prop::option::of(-2..3_i64))
            .prop_map(|(least, most)| { json!({"type": "integer", "minimum": least, "maximum": most}) }),
        prop::option::of("[a-c]{0,2}|\\PC{0,3}")
            .prop_map(|pattern| json!({"type": "string", "pattern": pattern})),
        Just(json!({"type": "number"})),
        Just(json!({"type": "boolean", "default": true})),
        Just(json!({"x-kubernetes-int-or-string": true})),
        Just(json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true})),
        prop::sample::select(vec!["date-time", "ipv4", "uuid", "byte", "duration"])
            .prop_map(|format| json!({"type": "string", "format": format, "nullable": true})),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let rule = prop::sample::select(vec![
            "true",
            "has(self.a)",
            "self.size() < 3",
            "self.all(x, x == x)",
            "self == oldSelf",
            "self.a > 1",
            "Object{a: 1} == self",
        ]);
        prop_oneof![
            (prop::collection::btree_map("[a-c]", inner.clone(), 1..4), prop::option::of(rule)).prop_map(|(properties, rule)| {
                let rules = rule.map(|rule| json!([{"rule": rule}]));
                json!({"type": "object", "properties": properties.into_iter().collect::<Map<_, _>>(), "x-kubernetes-validations": rules})
            }),
            inner.clone().prop_map(|items| json!({"type": "array", "items": items, "maxItems": 3})),
            inner.prop_map(|values| json!({"type": "object", "additionalProperties": values})),
        ]
    })
}

fn without_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(without_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(without_nulls),
        _ => {}
    }
}

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const FOOS: &str = "/apis/example.com/v1/namespaces/default/foos";

proptest! {
    #![proptest_config(bounded())]

    #[test]
    fn schemas_and_objects_never_break_the_server(
        spec in prop_oneof![9 => schema(), 1 => json()],
        objects in prop::collection::vec(json(), 1..6),
    ) {
        let harness = Harness::new();
        let mut spec = spec;
        without_nulls(&mut spec);
        let definition = json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "foos.example.com"},
            "spec": {"group": "example.com", "scope": "Namespaced", "names": {"plural": "foos", "kind": "Foo"}, "versions": [{
                "name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}},
            }]},
        });
        let (code, answer) = harness.send("POST", DEFINITIONS, "application/json", &definition);
        prop_assert!(matches!(code, 201 | 400 | 422), "{answer}");
        if code != 201 {
            return Ok(());
        }
        for (index, object) in objects.iter().enumerate() {
            let foo = json!({"apiVersion": "example.com/v1", "kind": "Foo", "metadata": {"name": format!("o{index}")}, "spec": object});
            let (code, created) = harness.send("POST", FOOS, "application/json", &foo);
            prop_assert!(matches!(code, 201 | 400 | 422), "{created}");
            if code != 201 {
                continue;
            }
            let path = format!("{FOOS}/o{index}");
            prop_assert_eq!(&harness.get(&path), &created);
            let (code, same) = harness.send("PUT", &path, "application/json", &created);
            prop_assert_eq!(code, 200, "{}", same);
            prop_assert_eq!(&same["metadata"]["resourceVersion"], &created["metadata"]["resourceVersion"], "nothing changed");
        }
    }
}
