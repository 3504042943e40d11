//! The rules of a schema: whether they are expressions that fit where they stand, and what they cost at worst.
//!
//! Source: `k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation`, `.../pkg/apiserver/schema/cel/compilation.go`.

use serde_json::{Map, Value, json};

use super::{
    super::field_path::follow,
    budget::Budget,
    declare::declare,
    openapi::can_be_structural,
    standing::{NO_DECLARATION, Standing},
};
use crate::apiserver::{
    status::FieldError,
    types::{
        cel::{self, Checked, Declared, Kind, MOST_BYTES, Refusal, Variables},
        validate::Programs,
    },
};

const REASONS: [&str; 4] = [
    "FieldValueDuplicate",
    "FieldValueForbidden",
    "FieldValueInvalid",
    "FieldValueRequired",
];

/// What is wrong with the form of the rules of a schema.
pub(super) fn forms(schema: &Value, path: &str, errors: &mut Vec<FieldError>) {
    for (index, rule) in list(schema).iter().enumerate() {
        let path = format!("{path}.x-kubernetes-validations[{index}]");
        let text = |name: &str| rule[name].as_str().unwrap_or_default();
        let (expression, message) = (text("rule").trim(), text("message").trim());
        let has_breaks = |text: &str| text.contains(['\n', '\r']);
        let mut refuse = |name: &str, why: &str| {
            errors.push(FieldError::invalid(format!("{path}.{name}"), &rule[name], why));
        };
        if expression.is_empty() {
            errors.push(FieldError::required(
                format!("{path}.rule"),
                "rule is not specified",
            ));
        } else if !text("message").is_empty() && message.is_empty() {
            refuse("message", "must be non-empty if specified");
        } else if has_breaks(message) {
            refuse("message", "must not contain line breaks");
        } else if has_breaks(expression) && message.is_empty() {
            let why = "message must be specified if rule contains line breaks";
            errors.push(FieldError::required(format!("{path}.message"), why));
        }
        if !text("messageExpression").is_empty() && text("messageExpression").trim().is_empty() {
            let why = "messageExpression must be non-empty if specified";
            errors.push(FieldError::required(format!("{path}.messageExpression"), why));
        }
        if !rule["reason"].is_null() && !REASONS.contains(&text("reason")) {
            errors.push(FieldError::not_supported(
                format!("{path}.reason"),
                &rule["reason"],
                &REASONS,
            ));
        }
        field_path(schema, rule, &path, errors);
    }
}

fn field_path(schema: &Value, rule: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let shown = &rule["fieldPath"];
    let text = shown.as_str().unwrap_or_default();
    if text.is_empty() {
        return;
    }
    let mut refuse = |why: &str| errors.push(FieldError::invalid(format!("{path}.fieldPath"), shown, why));
    if text.trim().is_empty() {
        refuse("must be non-empty if specified");
    }
    if text.contains(['\n', '\r']) {
        refuse("must not contain line breaks");
    }
    // Paths are followed in structural schemas only.
    let leads_nowhere = |schema: &Map<String, Value>| follow(schema, text, true).is_err();
    if can_be_structural(schema) && schema.as_object().is_none_or(leads_nowhere) {
        refuse("must be a valid path");
    }
}

/// The rules of a schema as they are written.
pub(super) fn list(schema: &Value) -> &[Value] {
    schema["x-kubernetes-validations"]
        .as_array()
        .map_or(&[], Vec::as_slice)
}

/// Compiles the rules of a schema: what does not fit, and what costs too much.
pub(super) fn compile(
    schema: &Value,
    path: &str,
    standing: &Standing,
    budget: &mut Budget,
    errors: &mut Vec<FieldError>,
) {
    if list(schema).is_empty() {
        return;
    }
    let is_root = standing.is_root || schema["x-kubernetes-embedded-resource"] == true;
    let declared = match standing.untyped {
        Some(why) => Err(why),
        None => declare(schema, is_root).ok_or(NO_DECLARATION),
    };
    let value = match declared {
        Ok(value) => value,
        Err(why) => {
            let field = format!("{path}.x-kubernetes-validations");
            errors.push(FieldError::new(
                field,
                "InternalError",
                format!("Internal error: {why}"),
            ));
            return;
        }
    };
    // What no list or map around limits is limited by the size of a request.
    let values = standing
        .most_values
        .unwrap_or(MOST_BYTES / (value.least_bytes + 1));
    for (index, rule) in list(schema).iter().enumerate() {
        let path = format!("{path}.x-kubernetes-validations[{index}]");
        one(rule, &path, &value, values, standing, budget, errors);
    }
}

fn one(
    rule: &Value,
    path: &str,
    value: &Declared,
    values: u64,
    standing: &Standing,
    budget: &mut Budget,
    errors: &mut Vec<FieldError>,
) {
    let text = |name: &str| rule[name].as_str().unwrap_or_default();
    let invalid = |name: &str, why: String| {
        let why = format!("Invalid value: {}: {why}", show(rule));
        FieldError::new(format!("{path}.{name}"), "FieldValueInvalid", why)
    };
    let checked = match checked_rule(rule, value) {
        Ok(checked) => checked,
        Err(why) => {
            errors.push(invalid("rule", why));
            if !rule["optionalOldSelf"].is_null() {
                errors.push(unused(rule, path));
            }
            return;
        }
    };
    let cost = cel::estimate(&checked, value).saturating_mul(values);
    budget.spend(format!("{path}.rule"), "estimated rule cost", cost, errors);
    if !text("messageExpression").is_empty() {
        match checked_message(rule, value) {
            Ok(checked) => {
                let cost = cel::estimate(&checked, value);
                let field = format!("{path}.messageExpression");
                budget.spend(field, "estimated messageExpression cost", cost, errors);
            }
            Err(why) => errors.push(invalid("messageExpression", format!("messageExpression {why}"))),
        }
    }
    if let (true, Some(within)) = (checked.uses_old, &standing.no_old_self) {
        let why =
            format!("oldSelf cannot be used on the uncorrelatable portion of the schema within {within}");
        errors.push(FieldError::invalid(format!("{path}.rule"), &rule["rule"], why));
    } else if !checked.uses_old && !rule["optionalOldSelf"].is_null() {
        errors.push(unused(rule, path));
    }
}

fn unused(rule: &Value, path: &str) -> FieldError {
    let field = format!("{path}.optionalOldSelf");
    let why = "may not be set if oldSelf is not used in rule";
    FieldError::invalid(field, &rule["optionalOldSelf"], why)
}

/// What a rule asks.
///
/// # Errors
/// Why it cannot be asked.
pub(super) fn checked_rule(rule: &Value, value: &Declared) -> Result<Checked, String> {
    let text = rule["rule"].as_str().unwrap_or_default();
    checked(text, variables(rule, value), &Kind::Bool)
}

/// What makes the message of a rule.
///
/// # Errors
/// Why it cannot.
pub(super) fn checked_message(rule: &Value, value: &Declared) -> Result<Checked, String> {
    let text = rule["messageExpression"].as_str().unwrap_or_default();
    checked(text, variables(rule, value), &Kind::Text)
}

fn variables<'a>(rule: &Value, value: &'a Declared) -> Variables<'a> {
    Variables {
        value,
        is_old_optional: rule["optionalOldSelf"] == true,
    }
}

/// An expression that gives what is wanted.
fn checked(text: &str, variables: Variables<'_>, wanted: &Kind) -> Result<Checked, String> {
    let checked = cel::check(text, variables).map_err(|refusal| {
        let why = match refusal {
            Refusal { why, is_known: true } => why,
            // What is no expression is told in the words of the parser that would run it.
            Refusal { why, .. } => Programs::problem(text).unwrap_or(why),
        };
        format!("compilation failed: {why}")
    })?;
    let is_rule = *wanted == Kind::Bool;
    match checked.unprepared() {
        _ if checked.kind() != wanted && is_rule => Err("cel expression must evaluate to a bool".to_owned()),
        _ if checked.kind() != wanted => Err("must evaluate to a string".to_owned()),
        Some(why) if is_rule => Err(format!("program instantiation failed: {why}")),
        Some(why) => Err(format!("instantiation failed: {why}")),
        None => Ok(checked),
    }
}

/// A rule as errors show it.
fn show(rule: &Value) -> String {
    let text = |name: &str| rule[name].as_str().unwrap_or_default();
    let quote = |name: &str| {
        json!(text(name))
            .to_string()
            .replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('&', "\\u0026")
    };
    format!(
        "{{\"Rule\":{},\"Message\":{},\"MessageExpression\":{},\"Reason\":{},\"FieldPath\":{},\"OptionalOldSelf\":{}}}",
        quote("rule"),
        quote("message"),
        quote("messageExpression"),
        rule["reason"],
        quote("fieldPath"),
        rule["optionalOldSelf"]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiled(schema: &Value) -> Vec<String> {
        let mut standing = Standing::at_root();
        standing.is_root = false;
        let mut budget = Budget::new(true);
        let mut errors = Vec::new();
        compile(schema, "s", &standing, &mut budget, &mut errors);
        errors.extend(budget.errors("s"));
        errors.iter().map(ToString::to_string).collect()
    }

    fn verdict(rule: &str) -> Vec<String> {
        compiled(
            &json!({"type": "object", "x-kubernetes-validations": [{"rule": rule}], "properties": {
            "a": {"type": "string", "maxLength": 10}, "n": {"type": "integer"},
            "l": {"type": "array", "maxItems": 10, "items": {"type": "string", "maxLength": 10}},
            "m": {"type": "object", "maxProperties": 10, "additionalProperties": {"type": "integer"}},
            "v": {"x-kubernetes-int-or-string": true}, "endless": {"type": "string"},
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}),
        )
    }

    #[test]
    fn sound_rules_pass() {
        for rule in [
            "self.a == 'x'",
            "!has(self.n) || self.n > 1",
            "self.l.all(x, x.startsWith('a'))",
            "self.m.all(k, self.m[k] > 0)",
            "type(self.v) == string && quantity(string(self.v)).isLessThan(quantity('1Gi'))",
            "{'a': 1}['a'] == self.n",
            "self.?n.orValue(1) > 0 && oldSelf.a == self.a",
        ] {
            assert_eq!(verdict(rule), [""; 0], "{rule}");
        }
    }

    #[test]
    fn unsound_rules_are_refused_with_their_place() {
        let refused = |rule: &str, why: &str| {
            let errors = verdict(rule);
            assert!(errors.len() == 1 && errors[0].contains(why), "{rule}: {errors:?}");
        };
        refused(
            "self.b == 'x'",
            "compilation failed: ERROR: <input>:1:5: undefined field 'b'\n | self.b == 'x'\n | ....^",
        );
        refused(
            "self.a == 1",
            "ERROR: <input>:1:8: found no matching overload for '_==_' applied to '(string, int)'",
        );
        refused("self.a.nofunc()", "1:14: undeclared reference to 'nofunc'");
        refused("other.x", "1:1: undeclared reference to 'other'");
        refused("self.free.x == 1", "undefined field 'x'");
        refused("self.a", "cel expression must evaluate to a bool");
        refused("self.v", "cel expression must evaluate to a bool");
        for (format, why) in [
            (
                "'%d'.format([self.a])",
                "1:18: error during formatting: decimal clause can only be used on integers, was given string",
            ),
            ("'%s %s'.format(['x'])", "1:15: index 1 out of range"),
            (
                "'%s'.format([1, 2])",
                "1:12: too many arguments supplied to string.format (expected 1, got 2)",
            ),
            (
                "'%q'.format([1])",
                "1:12: could not parse formatting clause: unrecognized formatting clause \"q\"",
            ),
        ] {
            refused(&format!("{format} == 'y'"), why);
        }
        refused("self.a ==", "mismatched input '<EOF>' expecting {'[',");
    }

    #[test]
    fn dear_rules_are_refused() {
        let errors = verdict("self.endless.matches('^(a+)+$') && self.l.all(x, x.contains(self.endless))");
        assert_eq!(errors.len(), 1);
        assert!(
            errors[0].contains("estimated rule cost exceeds budget by factor of 1.3"),
            "{errors:?}"
        );
    }
}
