//! Compiles the rules of a schema that is about to be used before anybody has looked at them: those of defaults.
//!
//! Source: `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go`.

use serde_json::Value;

use super::{
    super::Rule,
    declare::is_nameable,
    rules::{checked_message, checked_rule, list},
    standing::NO_TYPE,
};
use crate::apiserver::types::{
    cel::{Declared, Shape},
    schema::Schema,
    validate::{Refused, escape},
};

/// Lets the rules of a schema that do not fit its values be refused when they are asked. `schema` is `written` as it was parsed,
/// `value` what rules know of its values.
pub(super) fn refuse_misfits(written: &Value, schema: &Schema, value: Option<&Declared>) {
    let rules = schema
        .validation
        .as_ref()
        .map_or(&[][..], |keywords| &keywords.rules);
    for (written, rule) in list(written).iter().zip(rules) {
        match value {
            Some(value) => one(written, rule, value),
            None => rule.programs.refuse(Refused::Schema(NO_TYPE)),
        }
    }
    if let Some(child) = &schema.items {
        refuse_misfits(&written["items"], child, value.and_then(element));
    }
    if let Some(child) = &schema.additional {
        refuse_misfits(&written["additionalProperties"], child, value.and_then(element));
    }
    let Some(Shape::Object(fields)) = value.map(|value| &value.shape) else {
        return;
    };
    for (name, child) in &schema.properties {
        let written = &written["properties"][&**name];
        let field = fields.get(&escape(name));
        if field.is_some() {
            refuse_misfits(written, child, field);
        } else if !is_nameable(name) {
            // no rule around can name the field, but its own rules see it
            let value = super::declare::child(written);
            refuse_misfits(written, child, value.as_ref());
        }
    }
}

fn one(written: &Value, rule: &Rule, value: &Declared) {
    let is_given = |name: &str| written[name].as_str().is_some_and(|text| !text.is_empty());
    if rule.rule.trim().is_empty() {
        // there is nothing to ask
    } else if let Err(why) = checked_rule(written, value) {
        rule.programs.refuse(Refused::Rule(why));
    } else if is_given("messageExpression") && checked_message(written, value).is_err() {
        rule.programs.refuse_message();
    }
}

/// What rules know of the elements of a list or a map.
fn element(value: &Declared) -> Option<&Declared> {
    match &value.shape {
        Shape::List(of) | Shape::Map(of) => Some(of),
        Shape::Scalar(_) | Shape::Object(_) => None,
    }
}
