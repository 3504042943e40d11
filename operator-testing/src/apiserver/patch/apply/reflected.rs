//! Changes that only reflection sees.
//!
//! Where a list is a value of its own, a real server compares two objects of a built-in kind by reflection: an empty list or map
//! somewhere in it is not the same as none, though both are stored alike and nobody sees a difference.
//!
//! Source: `sigs.k8s.io/structured-merge-diff/v6/value/listreflect.go`.

use serde_json::Value;

use super::{
    element::Element,
    set::FieldSet,
    shape::{Shape, Type},
};
use crate::apiserver::types::Schema;

/// The fields that count as changed because something inside was sent empty and is not kept.
pub fn fields(sent: &Value, kept: &Value, schema: Option<&Schema>) -> FieldSet {
    let mut walk = Walk::default();
    walk.value(sent, kept, Type::root(schema));
    walk.found
}

/// Whether a value was sent with something empty that is not kept.
pub fn is_emptied(sent: &Value, kept: Option<&Value>) -> bool {
    match (sent, kept) {
        (Value::Object(sent), None | Some(Value::Null)) => sent.is_empty(),
        (Value::Array(sent), None | Some(Value::Null)) => sent.is_empty(),
        (Value::Object(sent), Some(Value::Object(kept))) => {
            sent.iter().any(|(name, value)| is_emptied(value, kept.get(name)))
        }
        (Value::Array(sent), Some(Value::Array(kept))) => are_emptied(sent, kept),
        _ => false,
    }
}

fn are_emptied(sent: &[Value], kept: &[Value]) -> bool {
    sent.iter()
        .zip(kept)
        .any(|(sent, kept)| is_emptied(sent, Some(kept)))
}

/// Whether there is a list in a value, and something emptied in the list.
fn has_emptied_list(sent: &Value, kept: &Value) -> bool {
    match (sent, kept) {
        (Value::Array(sent), Value::Array(kept)) => are_emptied(sent, kept),
        (Value::Object(sent), Value::Object(kept)) => sent
            .iter()
            .any(|(name, sent)| kept.get(name).is_some_and(|kept| has_emptied_list(sent, kept))),
        _ => false,
    }
}

#[derive(Default)]
struct Walk {
    path: Vec<Element>,
    found: FieldSet,
}

impl Walk {
    fn value(&mut self, sent: &Value, kept: &Value, kind: Type<'_>) {
        let is_whole = match kind.shape(Some(kept)) {
            Shape::Scalar(_) => return,
            Shape::List(list) => list.is_atomic(),
            Shape::Map(fields) => fields.atomic,
        };
        if is_whole {
            if has_emptied_list(sent, kept) {
                self.found.insert(&self.path);
            }
            return;
        }
        match (kind.shape(Some(kept)), sent, kept) {
            (Shape::List(list), Value::Array(sent), Value::Array(kept)) => {
                for (sent, kept) in sent.iter().zip(kept) {
                    if let Ok(element) = list.identify(kept) {
                        self.below(element, sent, kept, list.items);
                    }
                }
            }
            (Shape::Map(fields), Value::Object(sent), Value::Object(kept)) => {
                for (name, sent) in sent {
                    if let Some(kept) = kept.get(name) {
                        self.below(Element::field(name), sent, kept, fields.type_of(name));
                    }
                }
            }
            _ => {}
        }
    }

    fn below(&mut self, element: Element, sent: &Value, kept: &Value, kind: Type<'_>) {
        self.path.push(element);
        self.value(sent, kept, kind);
        self.path.pop();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::tests::builtin, *};

    #[test]
    fn lists_that_are_one_value_are_compared_by_reflection() {
        let schema = builtin("io.k8s.api.networking.v1.NetworkPolicy");
        let changed = |sent: Value, kept: Value| fields(&sent, &kept, Some(schema));
        let ingress = FieldSet::of_fields(&[&["spec", "ingress"]]);
        assert_eq!(
            changed(
                json!({"spec": {"ingress": [{"from": []}]}}),
                json!({"spec": {"ingress": [{}]}})
            ),
            ingress
        );
        let selector = json!({"spec": {"podSelector": {"matchExpressions": [{"key": "k", "operator": "Exists", "values": []}]}}});
        assert_eq!(
            changed(
                selector,
                json!({"spec": {"podSelector": {"matchExpressions": [{"key": "k", "operator": "Exists"}]}}})
            ),
            FieldSet::of_fields(&[&["spec", "podSelector"]])
        );
        for (sent, kept) in [
            (json!({"spec": {"ingress": []}}), json!({"spec": {}})),
            (
                json!({"spec": {"podSelector": {"matchLabels": {}}}}),
                json!({"spec": {"podSelector": {}}}),
            ),
            (
                json!({"spec": {"ingress": [{}]}}),
                json!({"spec": {"ingress": [{}]}}),
            ),
        ] {
            assert!(changed(sent.clone(), kept).is_empty(), "{sent}");
        }
    }
}
