//! The validation keywords of a custom resource's schema.

use std::sync::Arc;

use serde_json::{Number, Value};

use crate::apiserver::types::{pattern::Pattern, schema::Schema, validate::Programs};

/// Keywords that only validation reads.
#[derive(Clone, Debug, Default)]
pub struct Keywords {
    /// `type` as it is written, where it is not what the values are: beside `x-kubernetes-int-or-string`, or where it is no type.
    pub written_type: Option<Arc<str>>,
    /// `format` as it is written, where it is looked at even if it is none of the type.
    pub written_format: Option<Arc<str>>,
    /// `x-kubernetes-list-type` where it is none that there is. Such a schema is refused, after rules were asked about its defaults.
    pub unknown_list_type: Option<Arc<str>>,
    /// Whether there may be no other fields than those that are named (`additionalProperties: false`).
    pub closed: bool,
    /// `minimum`.
    pub minimum: Option<Number>,
    /// `exclusiveMinimum`.
    pub exclusive_minimum: bool,
    /// `maximum`.
    pub maximum: Option<Number>,
    /// `exclusiveMaximum`.
    pub exclusive_maximum: bool,
    /// `multipleOf`.
    pub multiple_of: Option<Number>,
    /// `minLength`, in characters.
    pub min_length: Option<i64>,
    /// `maxLength`, in characters.
    pub max_length: Option<i64>,
    /// `pattern`.
    pub pattern: Option<Pattern>,
    /// `minItems`.
    pub min_items: Option<i64>,
    /// `maxItems`.
    pub max_items: Option<i64>,
    /// `uniqueItems`.
    pub unique_items: bool,
    /// `minProperties`.
    pub min_properties: Option<i64>,
    /// `maxProperties`.
    pub max_properties: Option<i64>,
    /// `enum`.
    pub choices: Option<Vec<Value>>,
    /// `allOf`.
    pub all_of: Vec<Schema>,
    /// `anyOf`.
    pub any_of: Vec<Schema>,
    /// `oneOf`.
    pub one_of: Vec<Schema>,
    /// `not`.
    pub not: Option<Arc<Schema>>,
    /// `x-kubernetes-validations`.
    pub rules: Vec<Rule>,
}

/// One rule of `x-kubernetes-validations`.
#[derive(Clone, Debug, Default)]
pub struct Rule {
    /// The expression.
    pub rule: Arc<str>,
    /// What to say when it does not hold.
    pub message: Option<Arc<str>>,
    /// The expression that makes what to say.
    pub message_expression: Option<Arc<str>>,
    /// The reason of the cause, `FieldValueInvalid` unless told.
    pub reason: Option<Arc<str>>,
    /// The field to blame as errors show it, relative to the value the rule stands on; `None` if there is no such field.
    pub field_path: Option<Arc<str>>,
    /// Whether a transition rule is also asked when there is no old value.
    pub optional_old_self: bool,
    /// The rule and its message, compiled.
    pub(crate) programs: Programs,
}
