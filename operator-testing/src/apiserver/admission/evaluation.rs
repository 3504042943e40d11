//! Asks one policy about one write.
//!
//! Source: `k8s.io/apiserver/pkg/admission/plugin/policy/validating/{dispatcher,validator}.go`.

use kube_cel::cel::{Context, Value as Cel};

use super::{
    super::{
        call::Halt,
        policies::{Binding, NamedExpression, Policy, Validation, convert, map},
    },
    params::params,
    subject::{Matched, Subject},
};

/// The longest message an expression may make.
const MAX_MESSAGE: usize = 5 * 1024;

/// A validation that does not hold, or one that cannot be evaluated.
#[derive(Clone, Debug)]
pub(super) struct Denial {
    pub(super) policy: String,
    pub(super) binding: String,
    pub(super) message: String,
    /// Empty for the default.
    pub(super) reason: String,
    /// Which of the policy's validations it is.
    pub(super) index: usize,
}

/// What a policy has to say about a write.
#[derive(Debug, Default)]
pub(super) struct Opinion {
    pub(super) denials: Vec<Denial>,
    /// What is denied whatever the binding's actions are.
    pub(super) refusals: Vec<Denial>,
    /// Keys and values for the audit log.
    pub(super) annotations: Vec<(String, String)>,
}

/// Everything that a policy has to say about the write under one of its bindings.
///
/// # Errors
/// The webhook that converts the objects has yet to be asked, or fails.
pub(super) fn evaluate(
    subject: &Subject<'_>,
    policy: &Policy,
    binding: &Binding,
    matched: &Matched,
) -> Result<Opinion, Halt> {
    let spec = &policy.spec;
    let deny = |message: String, reason: &str, index: usize| Denial {
        policy: policy.metadata.name.clone(),
        binding: binding.metadata.name.clone(),
        message,
        reason: reason.to_owned(),
        index,
    };
    let mut opinion = Opinion::default();
    let params = match params(subject, spec.param_kind.as_ref(), binding.spec.param_ref.as_ref()) {
        Ok(params) => params,
        Err(why) => {
            if spec.fails() {
                let why = format!("failed to configure binding: {why}");
                opinion.denials.push(deny(why, "", 0));
            }
            return Ok(opinion);
        }
    };
    let base = subject.context(matched)?;
    for param in params {
        let mut context = base.new_inner_scope();
        context.add_variable_from_value("params", param.as_ref().map_or(Cel::Null, convert));
        match conditions(&spec.match_conditions, &context) {
            Ok(true) => {}
            Ok(false) => continue,
            Err(why) => {
                if spec.fails() {
                    opinion.denials.push(deny(why, "", 0));
                }
                continue;
            }
        }
        add_variables(&spec.variables, &mut context);
        for (index, validation) in spec.validations.iter().enumerate() {
            match validation.expression.ask(&context) {
                Ok(Cel::Bool(true)) => {}
                Ok(_) => {
                    let message = message(validation, &context);
                    opinion.denials.push(deny(message, &validation.reason, index));
                }
                Err(why) if spec.fails() => opinion.denials.push(deny(why, "", index)),
                Err(_) => {}
            }
        }
        for annotation in &spec.audit_annotations {
            match annotation.value_expression.ask(&context) {
                Ok(Cel::String(value)) if !value.trim().is_empty() => {
                    opinion
                        .annotations
                        .push((annotation.key.clone(), value.trim().to_owned()));
                }
                Err(why) if spec.fails() => opinion.refusals.push(deny(why, "", 0)),
                Ok(_) | Err(_) => {}
            }
        }
    }
    Ok(opinion)
}

/// Whether all conditions hold; one that does not counts more than one that cannot be evaluated.
pub(super) fn conditions(conditions: &[NamedExpression], context: &Context<'_>) -> Result<bool, String> {
    let mut failure = None;
    for condition in conditions {
        match condition.expression.ask(context) {
            Ok(Cel::Bool(true)) => {}
            Ok(_) => return Ok(false),
            Err(why) => failure = Some(why),
        }
    }
    failure.map_or(Ok(true), Err)
}

/// Makes the variables known; each may use those before it. One that fails is missing.
pub(super) fn add_variables(variables: &[NamedExpression], context: &mut Context<'_>) {
    let mut known: Vec<(String, Cel)> = Vec::with_capacity(variables.len());
    context.add_variable_from_value("variables", map(std::iter::empty()));
    for variable in variables {
        if let Ok(value) = variable.expression.ask(context) {
            known.push((variable.name.clone(), value));
            context.add_variable_from_value("variables", map(known.iter().cloned()));
        }
    }
}

/// What to say of a validation that does not hold.
fn message(validation: &Validation, context: &Context<'_>) -> String {
    let made = validation
        .message_expression
        .as_ref()
        .and_then(|expression| expression.ask(context).ok());
    if let Some(Cel::String(text)) = made {
        let text = text.trim();
        if !text.is_empty() && text.len() <= MAX_MESSAGE && !text.contains('\n') {
            return text.to_owned();
        }
    }
    match validation.message.trim() {
        "" => format!("failed expression: {}", validation.expression.text().trim()),
        message => message.to_owned(),
    }
}
