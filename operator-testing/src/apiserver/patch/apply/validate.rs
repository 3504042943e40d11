//! Whether a value fits its type well enough to be merged.
//!
//! Source: `sigs.k8s.io/structured-merge-diff/v6/typed/validate.go`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    element::Element,
    shape::{Fields, List, Scalar, Shape, Type},
};
use crate::apiserver::wording;

/// Something that does not fit.
#[derive(Debug)]
struct Misfit {
    /// The way from the field to the root, innermost step first.
    path: Vec<String>,
    message: String,
}

/// Checks a value; `duplicates` tells whether elements of sets and maps may occur twice.
///
/// # Errors
/// The message of the real server, with the paths of everything that does not fit.
pub(super) fn validate(value: &Value, kind: Type<'_>, duplicates: bool) -> Result<(), String> {
    let mut walk = Walk {
        duplicates,
        found: Vec::new(),
    };
    walk.value(value, kind);
    let messages: Vec<String> = walk
        .found
        .into_iter()
        .map(|misfit| {
            let path: String = misfit.path.into_iter().rev().collect();
            if path.is_empty() {
                misfit.message
            } else {
                format!("{path}: {}", misfit.message)
            }
        })
        .collect();
    match messages.as_slice() {
        [] => Ok(()),
        [one] => Err(one.clone()),
        many => Err(format!("errors:\n  {}", many.join("\n  "))),
    }
}

struct Walk {
    duplicates: bool,
    found: Vec<Misfit>,
}

impl Walk {
    fn value(&mut self, value: &Value, kind: Type<'_>) {
        match kind.shape(Some(value)) {
            Shape::Scalar(scalar) => {
                if let Err(message) = check_scalar(scalar, value) {
                    self.report(message);
                }
            }
            Shape::List(list) => self.list(value, list),
            Shape::Map(fields) => self.map(value, fields),
        }
    }

    fn report(&mut self, message: String) {
        self.found.push(Misfit {
            path: Vec::new(),
            message,
        });
    }

    /// Walks on below a step, and puts the step in front of what is found there.
    fn below(&mut self, step: impl FnOnce() -> String, walk: impl FnOnce(&mut Self)) {
        let before = self.found.len();
        walk(self);
        if self.found.len() > before {
            let step = step();
            for misfit in &mut self.found[before..] {
                misfit.path.push(step.clone());
            }
        }
    }

    fn list(&mut self, value: &Value, list: List<'_>) {
        let items = match value {
            Value::Null => return,
            Value::Array(items) => items,
            other => {
                self.report(format!("expected list, got &{{{}}}", wording::plain(other)));
                return;
            }
        };
        let mut seen = BTreeSet::new();
        for (index, item) in items.iter().enumerate() {
            if list.is_atomic() {
                self.below(|| format!("[{index}]"), |walk| walk.value(item, list.items));
                continue;
            }
            let element = match list.identify(item) {
                Ok(element) => element,
                Err(why) => {
                    self.report(format!("element {index}: {why}"));
                    return;
                }
            };
            if !self.duplicates && seen.contains(&element) {
                self.report(format!("duplicate entries for key {element}"));
            }
            self.below(|| element.to_string(), |walk| walk.value(item, list.items));
            seen.insert(element);
        }
    }

    fn map(&mut self, value: &Value, fields: Fields<'_>) {
        let members = match value {
            Value::Null => return,
            Value::Object(members) => members,
            other => {
                self.report(format!("expected map, got &{{{}}}", wording::plain(other)));
                return;
            }
        };
        for (name, member) in members {
            let step = || Element::field(name).to_string();
            let Some((_, kind)) = fields.get(name) else {
                self.below(step, |walk| walk.report("field not declared in schema".into()));
                return;
            };
            self.below(step, |walk| walk.value(member, kind));
        }
    }
}

/// Whether `value` is a scalar of that kind; `null` always is.
///
/// # Errors
/// The message of the real server.
pub(super) fn check_scalar(scalar: Scalar, value: &Value) -> Result<(), String> {
    let printed = || format!("&{{{}}}", wording::plain(value));
    match (scalar, value) {
        (_, Value::Null)
        | (Scalar::Number, Value::Number(_))
        | (Scalar::Text, Value::String(_))
        | (Scalar::Boolean, Value::Bool(_))
        | (Scalar::Any, Value::Number(_) | Value::String(_) | Value::Bool(_)) => Ok(()),
        (Scalar::Number, other) => Err(format!(
            "expected numeric (int or float), got {}",
            wording::type_name(other)
        )),
        (Scalar::Text, other) => Err(format!(
            "expected string, got &value.valueUnstructured{{Value:{}}}",
            wording::source(other)
        )),
        (Scalar::Boolean, _) => Err(format!("expected boolean, got {}", printed())),
        (Scalar::Any, _) => Err(format!("expected any scalar, got {}", printed())),
    }
}
