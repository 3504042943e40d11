//! Asks the rules of a schema (`x-kubernetes-validations`) about an object.
//!
//! Source: `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go`.

mod compared;
mod likened;
mod likeness;
mod program;
mod reach;
mod value;

use kube_cel::cel::{Context, Value as Cel};
use serde_json::Value;

use self::{
    program::{Compiled, optional},
    reach::Reach,
    value::LANGUAGE,
};
pub(crate) use self::{
    program::{Programs, Refused},
    value::escape,
};
use super::{
    Verdict,
    correlate::{Old, same_keys},
    report::{NO_FIELD, show},
};
use crate::apiserver::{
    status::FieldError,
    types::{
        cel::Failure,
        custom::Rule,
        place::Place,
        schema::{Schema, ValueType},
    },
};

/// Asks every rule that applies to the object or to something in it.
pub(super) fn validate(schema: &Schema, object: &Value, old: Option<&Value>) -> Verdict {
    let mut asking = Asking {
        context: &LANGUAGE,
        verdict: Verdict::default(),
    };
    let kept = Kept {
        current: old.map(|old| (Old::new(schema, old), object)),
        parent: None,
    };
    asking.node(schema, object, old, kept, &Place::Root);
    asking.verdict
}

/// Asks every rule that applies to a default: first as if it had not changed, then as if it was new.
pub(super) fn validate_default(schema: &Schema, value: &Value, path: &str) -> Vec<FieldError> {
    let ask = |old| {
        let mut asking = Asking {
            context: &LANGUAGE,
            verdict: Verdict::default(),
        };
        // nothing is forgiven for not having changed
        let kept = Kept {
            current: None,
            parent: None,
        };
        let place = Place::Field(&Place::Root, path);
        asking.node(schema, value, old, kept, &place);
        asking.verdict.errors
    };
    let errors = ask(Some(value));
    if errors.is_empty() { ask(None) } else { errors }
}

struct Asking<'a> {
    context: &'a Context<'a>,
    verdict: Verdict,
}

/// What has not changed: a rule that does not hold for it is only warned of.
#[derive(Clone, Copy)]
struct Kept<'a> {
    /// The value itself beside its old one, if there is an old one that belongs to it.
    current: Option<(Old<'a>, &'a Value)>,
    /// The same of the nearest value around it that has one.
    parent: Option<(Old<'a>, &'a Value)>,
}

impl<'a> Kept<'a> {
    fn is_unchanged(self) -> bool {
        self.current
            .or(self.parent)
            .is_some_and(|(old, new)| old.equals(new))
    }

    fn field(self, name: &str, value: &'a Value) -> Self {
        let Some((old, _)) = self.current else { return self };
        if self.parent.is_none() && matches!(name, "apiVersion" | "kind") {
            return Self {
                current: None,
                parent: None,
            };
        }
        Self {
            current: old.field(name).map(|old| (old, value)),
            parent: self.current,
        }
    }

    fn item(self, item: &'a Value) -> Self {
        let Some((old, _)) = self.current else { return self };
        Self {
            current: old.item(item).map(|old| (old, item)),
            parent: self.current,
        }
    }
}

impl Asking<'_> {
    fn node(
        &mut self,
        schema: &Schema,
        value: &Value,
        old: Option<&Value>,
        kept: Kept<'_>,
        place: &Place<'_>,
    ) {
        if value.is_null() || !schema.holds.rules {
            return;
        }
        if let Some(keywords) = &schema.validation {
            self.ask_all(&keywords.rules, schema, value, old, kept, place);
            for also in &keywords.all_of {
                let outer = Kept {
                    current: None,
                    parent: kept.parent,
                };
                self.also(also, schema, value, old, outer, place);
            }
        }
        match value {
            Value::Object(fields) => {
                // rules see the fields of what is declared as an object with fields
                let has_fields = schema.value_type == ValueType::Object && schema.additional.is_none();
                for (name, value) in fields {
                    let old = old.and_then(|old| old.get(name));
                    if let Some(child) = schema.properties.get(name.as_str()) {
                        if !has_fields || child.holds.hidden {
                            continue;
                        }
                        let below = Place::Field(place, name);
                        self.node(child, value, old, kept.field(name, value), &below);
                    } else if let Some(child) = &schema.additional {
                        let below = Place::Entry(place, name);
                        self.node(child, value, old, kept.field(name, value), &below);
                    }
                }
            }
            Value::Array(items) => {
                let Some(child) = &schema.items else { return };
                for (index, item) in items.iter().enumerate() {
                    let old = old.and_then(|old| same_keys(schema, old, item));
                    self.node(child, item, old, kept.item(item), &Place::Item(place, index));
                }
            }
            _ => {}
        }
    }

    /// The rules within `allOf`, which see values by the schema around them.
    fn also(
        &mut self,
        also: &Schema,
        schema: &Schema,
        value: &Value,
        old: Option<&Value>,
        kept: Kept<'_>,
        place: &Place<'_>,
    ) {
        if let Some(keywords) = &also.validation {
            self.ask_all(&keywords.rules, schema, value, old, kept, place);
        }
        let Value::Object(fields) = value else { return };
        for (name, child) in &also.properties {
            if let (Some(value), Some(outer)) = (fields.get(&**name), schema.properties.get(name)) {
                let old = old.and_then(|old| old.get(&**name));
                self.also(child, outer, value, old, kept, &Place::Field(place, name));
            }
        }
    }

    fn ask_all(
        &mut self,
        rules: &[Rule],
        schema: &Schema,
        value: &Value,
        old: Option<&Value>,
        kept: Kept<'_>,
        place: &Place<'_>,
    ) {
        let subject = Subject {
            schema,
            value,
            old: old.filter(|old| !old.is_null()),
        };
        for rule in rules {
            match rule.programs.rule(&rule.rule, schema, rule.optional_old_self) {
                Err(Refused::Schema(why)) => {
                    return self.fail(
                        subject,
                        place,
                        &format!("rule compiler initialization error: {why}"),
                    );
                }
                _ if rule.rule.trim().is_empty() => {}
                Err(Refused::Rule(why)) => self.fail(subject, place, &format!("rule compile error: {why}")),
                Ok(compiled) => self.ask(rule, &compiled, subject, kept, place),
            }
        }
    }

    fn ask(
        &mut self,
        rule: &Rule,
        compiled: &Compiled,
        subject: Subject<'_>,
        kept: Kept<'_>,
        place: &Place<'_>,
    ) {
        // A rule about a change needs something to compare with, unless it says it does not.
        if compiled.uses_old_self && subject.old.is_none() && !rule.optional_old_self {
            return;
        }
        let is_wrapped = rule.optional_old_self && subject.old.is_some();
        let bare = (is_wrapped && compiled.compared.on_the_right)
            .then(|| compared::seen(subject.schema, subject.value));
        let asked = Subject {
            value: bare.as_ref().unwrap_or(subject.value),
            ..subject
        };
        let reach = (&compiled.reach, &compiled.old_reach);
        let mut variables = asked.shown(rule.optional_old_self, reach, self.context);
        compiled.add_likenesses(&mut variables, subject.old.is_some());
        let mut answer = compiled.ask(&variables);
        if is_wrapped
            && compiled.compared.on_the_left
            && answer == Ok(Cel::Bool(true))
            && compared::holds_unknown(subject.schema, subject.value)
        {
            answer = Err(Failure::NoOverload);
        }
        match answer {
            Ok(Cel::Bool(true)) => {}
            Ok(_) => {
                let detail = message(rule, subject, self.context);
                let error = failed(rule, subject, place, &detail);
                if !compiled.uses_old_self && kept.is_unchanged() {
                    self.verdict.warnings.push(error.to_string());
                } else {
                    self.verdict.errors.push(error);
                }
            }
            Err(Failure::NoOverload) if let Some(name) = compiled.missing_field(subject.value) => {
                let why = format!("no such key: {name} evaluating rule: {}", shown(rule));
                self.fail(subject, place, &why);
            }
            Err(failure @ Failure::NoOverload) => {
                let error = failure.message();
                let name = shown(rule);
                let why = format!(
                    "'{error}': call arguments did not match a supported operator, function or macro signature for rule: {name}"
                );
                self.fail(subject, place, &why);
            }
            Err(failure) => {
                let new = Some(subject.value).filter(|_| compiled.looks_at_self());
                let old = subject.old.filter(|_| compiled.uses_old_self);
                let misfit = |value, reach| value::misfit_within(subject.schema, value, reach);
                let misfit = new
                    .and_then(|new| misfit(new, reach.0))
                    .or_else(|| misfit(old?, reach.1));
                let error = misfit.unwrap_or_else(|| failure.message().to_owned());
                self.fail(
                    subject,
                    place,
                    &format!("{error} evaluating rule: {}", shown(rule)),
                );
            }
        }
    }

    /// Reports a rule that could not be asked.
    fn fail(&mut self, subject: Subject<'_>, place: &Place<'_>, why: &str) {
        let field = if place.is_empty() {
            NO_FIELD.to_owned()
        } else {
            place.to_string()
        };
        let kind: Value = type_name(subject.schema).into();
        self.verdict.errors.push(FieldError::invalid(field, &kind, why));
    }
}

/// A value that rules are asked about.
#[derive(Clone, Copy)]
struct Subject<'a> {
    schema: &'a Schema,
    value: &'a Value,
    old: Option<&'a Value>,
}

impl Subject<'_> {
    /// The variables of a rule, with what it can see of them.
    fn shown<'c>(
        &self,
        is_old_optional: bool,
        reach: (&Reach, &Reach),
        language: &'c Context<'_>,
    ) -> Context<'c> {
        let convert = |value, reach| value::convert(self.schema, value, reach);
        let mut context = language.new_inner_scope();
        let misfit = |value, reach| value::misfit_within(self.schema, value, reach);
        if misfit(self.value, reach.0).is_none() {
            context.add_variable_from_value("self", convert(self.value, reach.0));
        }
        match self.old {
            Some(old) if misfit(old, reach.1).is_some() => {}
            Some(old) if is_old_optional => {
                context.add_variable_from_value("oldSelf", optional(Some(convert(old, reach.1))));
            }
            Some(old) => context.add_variable_from_value("oldSelf", convert(old, reach.1)),
            None if is_old_optional => context.add_variable_from_value("oldSelf", optional(None)),
            None => {}
        }
        context
    }
}

/// The error of a rule that does not hold.
fn failed(rule: &Rule, subject: Subject<'_>, place: &Place<'_>, detail: &str) -> FieldError {
    let Subject { schema, value, .. } = subject;
    let below = rule
        .field_path
        .as_deref()
        .filter(|_| !rule.programs.is_blameless())
        .unwrap_or_default();
    let field = match (place.is_empty(), below.is_empty()) {
        (true, true) => NO_FIELD.to_owned(),
        (true, false) => below.to_owned(),
        (false, true) => place.to_string(),
        (false, false) => format!("{place}.{below}"),
    };
    // What objects and lists hold is left out.
    let shows_value = !matches!(type_name(schema), "object" | "array");
    let value = if shows_value {
        format!(": {}", show(value))
    } else {
        String::new()
    };
    match rule.reason.as_deref() {
        Some("FieldValueForbidden") if !detail.is_empty() => FieldError::forbidden(field, detail),
        Some("FieldValueForbidden") => FieldError::new(field, "FieldValueForbidden", "Forbidden"),
        Some("FieldValueRequired") => FieldError::required(field, detail),
        Some("FieldValueDuplicate") => {
            FieldError::new(field, "FieldValueDuplicate", format!("Duplicate value{value}"))
        }
        _ => {
            let detail = if detail.is_empty() {
                String::new()
            } else {
                format!(": {detail}")
            };
            FieldError::new(
                field,
                "FieldValueInvalid",
                format!("Invalid value{value}{detail}"),
            )
        }
    }
}

/// What to say of a rule that does not hold.
fn message(rule: &Rule, subject: Subject<'_>, language: &Context<'_>) -> String {
    let program = rule
        .message_expression
        .as_deref()
        .and_then(|text| rule.programs.message(text, subject.schema));
    let made = program.and_then(|program| {
        let mut variables = subject.shown(false, (&Reach::Whole, &Reach::Whole), language);
        program.add_likenesses(&mut variables, subject.old.is_some());
        program.ask(&variables).ok()
    });
    if let Some(Cel::String(text)) = made {
        let text = text.trim();
        if !text.is_empty() && !text.contains('\n') && text.len() <= 5 * 1024 {
            return text.to_owned();
        }
    }
    match rule.message.as_deref() {
        Some(text) if !text.is_empty() => text.trim().to_owned(),
        _ => format!("failed rule: {}", rule.rule.trim()),
    }
}

fn shown(rule: &Rule) -> &str {
    match rule.message.as_deref() {
        Some(text) if !text.is_empty() => text.trim(),
        _ => rule.rule.trim(),
    }
}

/// The type of a schema as it is written.
fn type_name(schema: &Schema) -> &str {
    let written = schema
        .validation
        .as_ref()
        .and_then(|keywords| keywords.written_type.as_deref());
    if let Some(written) = written {
        return written;
    }
    match schema.value_type {
        ValueType::Object => "object",
        ValueType::Array => "array",
        ValueType::String => "string",
        ValueType::Integer => "integer",
        ValueType::Number => "number",
        ValueType::Boolean => "boolean",
        ValueType::Any | ValueType::IntOrString => "",
    }
}
