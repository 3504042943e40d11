//! Expressions in CEL: compiled once, asked often.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, LazyLock},
};

use kube_cel::{
    KubeCelExt,
    cel::{
        Context, IdedExpr, Value as Cel,
        objects::{Key, Map},
    },
};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::literals;
use crate::apiserver::types::{Failure, extend, read_expression, tell_first_mistakes};

/// An expression of a policy.
#[derive(Clone)]
pub(crate) struct Expression {
    text: Arc<str>,
    program: Arc<Result<Compiled, String>>,
}

struct Compiled {
    expression: IdedExpr,
    /// What is wrong with the names of the types in it.
    misnamed: Vec<String>,
}

impl Expression {
    fn new(text: &str) -> Self {
        let read = read_expression(text, None).map_err(|why| format!("compilation failed: {why}"));
        let program = read.map(|mut expression| {
            let misnamed = literals::read_as_maps(&mut expression);
            tell_first_mistakes(&mut expression);
            Compiled { expression, misnamed }
        });
        Self {
            text: text.into(),
            program: Arc::new(program),
        }
    }

    /// The text as it is written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// What the expression gives.
    ///
    /// # Errors
    /// The message of the real server.
    pub(crate) fn ask(&self, context: &Context<'_>) -> Result<Cel, String> {
        let compiled = Result::as_ref(&self.program).map_err(Clone::clone)?;
        Cel::resolve(&compiled.expression, context).map_err(|error| {
            format!(
                "expression '{}' resulted in error: {}",
                self.text,
                Failure::of(&error).message()
            )
        })
    }

    /// The part of an object that the expression makes.
    ///
    /// # Errors
    /// The message of the real server.
    pub(crate) fn make(&self, context: &Context<'_>) -> Result<Value, String> {
        let made = self.ask(context)?;
        match &*self.program {
            Ok(compiled) if !compiled.misnamed.is_empty() => {
                Err(format!("type mismatch: {}", compiled.misnamed.join("\n")))
            }
            _ => literals::to_json(&made),
        }
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::new(&text))
    }
}

/// The language with everything that Kubernetes adds to it, which is a lot: it is put together once.
static LANGUAGE: LazyLock<Context<'static>> = LazyLock::new(|| {
    let mut context = Context::default().with_all();
    extend(&mut context);
    context
});

/// A scope of the language to which variables can be added.
pub(crate) fn language() -> Context<'static> {
    LANGUAGE.new_inner_scope()
}

/// A value of an object as expressions see it.
pub(crate) fn convert(value: &Value) -> Cel {
    match value {
        Value::Null => Cel::Null,
        Value::Bool(flag) => Cel::Bool(*flag),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Cel::Int(whole),
            None => Cel::Float(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => Cel::String(Arc::new(text.clone())),
        Value::Array(items) => Cel::List(Arc::new(items.iter().map(convert).collect())),
        Value::Object(fields) => map(fields.iter().map(|(name, value)| (name.clone(), convert(value)))),
    }
}

/// A map with text as keys.
pub(crate) fn map(members: impl Iterator<Item = (String, Cel)>) -> Cel {
    let map: HashMap<Key, Cel> = members
        .map(|(name, value)| (Key::String(Arc::new(name)), value))
        .collect();
    Cel::Map(Map { map: Arc::new(map) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn made(text: &str) -> Result<Value, String> {
        Expression::new(text).make(&language())
    }

    #[test]
    fn literals_of_named_types_make_objects() {
        assert_eq!(
            made(
                "Object{metadata: Object.metadata{labels: {'a': 'b'}}, items: [1, 2].map(n, Object.items{n: n})}"
            ),
            Ok(json!({"metadata": {"labels": {"a": "b"}}, "items": [{"n": 1}, {"n": 2}]}))
        );
        assert_eq!(
            made(
                "[JSONPatch{op: 'add', path: '/x/' + jsonpatch.escapeKey('a/b'), value: Object.spec{n: 1}}]"
            ),
            Ok(json!([{"op": "add", "path": "/x/a~1b", "value": {"n": 1}}]))
        );
    }

    #[test]
    fn names_follow_from_the_fields() {
        assert_eq!(
            made("Object{metadata: Object.spec{labels: {'a': 'b'}}}").unwrap_err(),
            "type mismatch: unexpected type name \"Object.spec\", expected \"Object.metadata\", \
             which matches field name path from root Object type"
        );
    }
}
