//! What a rule that is asked without an old value too compares.
//!
//! Such a rule gets its old value wrapped, and a real server unwraps it without its schema. What the schema does not know is hidden
//! in the new value then but not in the old one: equal objects are not always found equal.
//!
//! Source: `github.com/google/cel-go/interpreter/attributes.go`, `k8s.io/apiserver/pkg/cel/common/valuesunstructured.go`.

use std::sync::LazyLock;

use kube_cel::cel::{IdedExpr, common::ast::Expr};
use serde_json::Value;

use super::reach::Reach;
use crate::apiserver::types::schema::{Schema, SchemaRef, ValueType};

/// The sides on which an expression compares the whole of `self` with something made of `oldSelf`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Compared {
    /// `self == ...`: what is unknown in it cannot be compared.
    pub(super) on_the_left: bool,
    /// `... == self`: what is unknown in it is not there.
    pub(super) on_the_right: bool,
}

impl Compared {
    pub(super) fn of(expression: &IdedExpr) -> Self {
        let Expr::Call(call) = &expression.expr else {
            return Self::default();
        };
        let parts = call.target.as_deref().into_iter().chain(&call.args);
        let found = parts.map(Self::of).fold(Self::default(), |found, part| Self {
            on_the_left: found.on_the_left || part.on_the_left,
            on_the_right: found.on_the_right || part.on_the_right,
        });
        let is_self = |side: &IdedExpr| matches!(&side.expr, Expr::Ident(name) if name == "self");
        let is_old = |side: &IdedExpr| Reach::of(side, "oldSelf") == Reach::Whole;
        match (&*call.func_name, &call.args[..]) {
            ("_==_" | "_!=_", [left, right]) => Self {
                on_the_left: found.on_the_left || is_self(left) && is_old(right),
                on_the_right: found.on_the_right || is_old(left) && is_self(right),
            },
            _ => found,
        }
    }
}

/// What rules know of every object.
static OBJECT: LazyLock<Schema> = LazyLock::new(|| {
    let object = |fields: [(&str, Schema); 2]| Schema {
        value_type: ValueType::Object,
        properties: fields
            .into_iter()
            .map(|(name, schema)| (name.into(), SchemaRef::owned(schema)))
            .collect(),
        ..Schema::default()
    };
    let text = || Schema {
        value_type: ValueType::String,
        ..Schema::default()
    };
    let mut whole = object([("apiVersion", text()), ("kind", text())]);
    let metadata = object([("name", text()), ("generateName", text())]);
    whole
        .properties
        .insert("metadata".into(), SchemaRef::owned(metadata));
    whole
});

/// A value without what its schema hides from rules.
pub(super) fn seen(schema: &Schema, value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .filter_map(|(name, value)| {
                let child = child_of(schema, name).filter(|child| !child.holds.hidden)?;
                Some((name.clone(), seen(child, value)))
            })
            .collect(),
        Value::Array(items) => {
            let child = schema.items.as_deref();
            let shown = |item: &Value| child.map_or_else(|| item.clone(), |child| seen(child, item));
            items.iter().map(shown).collect()
        }
        other => other.clone(),
    }
}

/// Whether there is something in a value that its schema does not name.
pub(super) fn holds_unknown(schema: &Schema, value: &Value) -> bool {
    if schema.value_type == ValueType::Any {
        return false;
    }
    match value {
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| child_of(schema, name).is_none_or(|child| holds_unknown(child, value))),
        Value::Array(items) => {
            let child = schema.items.as_deref();
            items
                .iter()
                .any(|item| child.is_some_and(|child| holds_unknown(child, item)))
        }
        _ => false,
    }
}

fn child_of<'a>(schema: &'a Schema, name: &str) -> Option<&'a Schema> {
    if schema.embedded_resource
        && let Some(known) = OBJECT.properties.get(name)
    {
        return Some(known);
    }
    let child = schema.properties.get(name).or(schema.additional.as_ref());
    child.map(|child| &**child)
}

#[cfg(test)]
mod tests {
    use kube_cel::cel::Program;

    use super::*;

    #[test]
    fn objects_in_an_object_are_known_by_their_names() {
        let schema = Schema {
            value_type: ValueType::Object,
            embedded_resource: true,
            ..Schema::default()
        };
        let named = serde_json::json!({"apiVersion": "v1", "kind": "K", "metadata": {"name": "n"}});
        assert!(!holds_unknown(&schema, &named));
        assert_eq!(seen(&schema, &named), named);
        let labelled = serde_json::json!({"metadata": {"name": "n", "labels": {}}, "spec": {}});
        assert!(holds_unknown(&schema, &labelled));
        assert_eq!(
            seen(&schema, &labelled),
            serde_json::json!({"metadata": {"name": "n"}})
        );
    }

    #[test]
    fn the_side_of_self_is_told() {
        for (text, on_the_left, on_the_right) in [
            ("self == oldSelf.value()", true, false),
            ("!oldSelf.hasValue() || self != oldSelf.value()", true, false),
            ("oldSelf.orValue(self) == self", false, true),
            ("self.a == oldSelf.value().a", false, false),
            ("self == self", false, false),
        ] {
            let program = Program::compile(text).expect("an expression");
            let expected = Compared {
                on_the_left,
                on_the_right,
            };
            assert_eq!(Compared::of(program.expression()), expected, "{text}");
        }
    }
}
