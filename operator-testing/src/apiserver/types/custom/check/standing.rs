//! Where rules stand in a schema, and whether anything is known of the values there.
//!
//! Source: `k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation/cel_validation.go`.

use serde_json::Value;

use super::{super::sight::is_declared, rules::list};

/// Rules have no value to be asked about.
pub(super) const NO_TYPE: &str = "failed to convert to declType for CEL validation rules";

/// Where rules stand.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    /// At the root of an object.
    pub(super) is_root: bool,
    /// How many values of the schema an object can hold at most, if lists and maps around it are limited.
    pub(super) most_values: Option<u64>,
    /// The part of the schema within which new and old values cannot be matched.
    pub(super) no_old_self: Option<String>,
    /// Whether a schema around has rules: then the type of the values comes from there.
    is_inside: bool,
    /// Why no type comes from there.
    pub(super) untyped: Option<&'static str>,
}

/// The values of a schema cannot be declared.
pub(super) const NO_DECLARATION: &str = "internal error: failed to construct type information for x-kubernetes-validations rules: \
                              unable to convert structural schema to CEL declarations";

impl Standing {
    pub(super) fn at_root() -> Self {
        Self {
            is_root: true,
            most_values: Some(1),
            no_old_self: None,
            is_inside: false,
            untyped: None,
        }
    }

    /// The same for the values that a schema's values hold in their fields, or otherwise.
    pub(super) fn below(&self, schema: &Value, in_field: bool) -> Self {
        let most = |keyword: &str| {
            let most = schema[keyword].as_i64()?;
            Some(u64::try_from(most).unwrap_or(0))
        };
        let factor = match schema["type"].as_str() {
            Some("object") if !schema["additionalProperties"].is_null() => most("maxProperties"),
            Some("array") => most("maxItems"),
            _ => Some(1),
        };
        let is_inside = self.is_inside || !list(schema).is_empty();
        let untyped = self.untyped.or_else(|| {
            let holds_others = match schema["type"].as_str() {
                _ if schema["x-kubernetes-int-or-string"] == true => false,
                Some("object") => schema["additionalProperties"].is_object(),
                kind => kind == Some("array"),
            };
            match schema.as_object() {
                _ if !is_inside => None,
                Some(fields) if !is_declared(fields) => Some(NO_DECLARATION),
                _ if !in_field && !holds_others => Some(NO_TYPE),
                _ => None,
            }
        });
        Self {
            is_root: false,
            most_values: self
                .most_values
                .and_then(|values| Some(values.saturating_mul(factor?))),
            no_old_self: self.no_old_self.clone(),
            is_inside,
            untyped,
        }
    }

    /// Values below a path cannot be matched with old ones; the widest such path is named.
    pub(super) fn forbid_old_self(&mut self, path: &str) {
        self.no_old_self.get_or_insert_with(|| path.to_owned());
    }
}
