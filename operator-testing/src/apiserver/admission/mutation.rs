//! Lets one policy change one object (`MutatingAdmissionPolicy`).
//!
//! Source: `k8s.io/apiserver/pkg/admission/plugin/policy/mutating`.

use kube_cel::cel::{Context, Value as Cel};
use serde_json::{Value, json};

use super::{
    super::{
        call::Halt,
        patch::{apply, json as json_patch},
        policies::{Binding, MutatingPolicy, Mutation, convert},
        status::{About, StatusError},
        types::ResourceType,
    },
    evaluation,
    params::params,
    subject::{Matched, Subject},
};

/// One policy under one binding with one parameter.
#[derive(Debug)]
pub(super) struct Invocation<'a> {
    policy: &'a MutatingPolicy,
    binding: &'a Binding,
    param: Option<Value>,
    matched: Matched,
}

/// What tells invocations apart: policy, binding, and the namespace and name of the parameter.
pub(super) type Key = (String, String, String, String);

/// Why a policy was not carried out.
#[derive(Debug)]
pub(super) struct Failure {
    message: String,
    /// Empty for the default.
    reason: &'static str,
}

impl<'a> Invocation<'a> {
    /// The invocations of the policies that are about a write, and what keeps others from being invoked.
    pub(super) fn all(
        policies: &'a [(MutatingPolicy, Vec<Binding>)],
        subject: &Subject<'_>,
    ) -> (Vec<Self>, Vec<Failure>) {
        let (mut invocations, mut failures) = (Vec::new(), Vec::new());
        for (policy, bindings) in policies {
            let Some(matched) = subject.matched(&policy.spec.match_constraints, true) else {
                continue;
            };
            for binding in bindings {
                if let Some(narrower) = &binding.spec.match_resources
                    && subject.matched(narrower, false).is_none()
                {
                    continue;
                }
                let found = params(
                    subject,
                    policy.spec.param_kind.as_ref(),
                    binding.spec.param_ref.as_ref(),
                );
                match found {
                    Ok(found) => invocations.extend(found.into_iter().map(|param| Self {
                        policy,
                        binding,
                        param,
                        matched: matched.clone(),
                    })),
                    Err(why) if policy.spec.fails() => {
                        let why = format!("failed to configure binding: {why}");
                        failures.push(Failure::new(policy, binding, &why, ""));
                    }
                    Err(_) => {}
                }
            }
        }
        (invocations, failures)
    }

    pub(super) fn key(&self) -> Key {
        let text = |field: &str| {
            let param = self.param.as_ref().map(|param| &param["metadata"][field]);
            param.and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let (policy, binding) = (&self.policy.metadata.name, &self.binding.metadata.name);
        (policy.clone(), binding.clone(), text("namespace"), text("name"))
    }

    /// Whether the policy is to be carried out again when the object changed after it.
    pub(super) fn again(&self) -> bool {
        self.policy.spec.reinvocation_policy.as_deref() == Some("IfNeeded")
    }

    /// Whether the conditions of the policy hold for the object.
    ///
    /// # Errors
    /// The webhook that converts the object has yet to be asked, or fails.
    pub(super) fn applies(&self, subject: &Subject<'_>, failures: &mut Vec<Failure>) -> Result<bool, Halt> {
        let conditions = &self.policy.spec.match_conditions;
        if conditions.is_empty() {
            return Ok(true);
        }
        match evaluation::conditions(conditions, &self.context(subject)?) {
            Ok(holds) => Ok(holds),
            Err(why) => {
                self.fail(&why, failures);
                Ok(false)
            }
        }
    }

    fn context(&self, subject: &Subject<'_>) -> Result<Context<'static>, Halt> {
        let mut context = subject.context(&self.matched)?;
        context.add_variable_from_value("params", self.param.as_ref().map_or(Cel::Null, convert));
        Ok(context)
    }

    /// How many changes the policy makes.
    pub(super) fn mutations(&self) -> usize {
        self.policy.spec.mutations.len()
    }

    /// Makes one of the policy's changes: the object afterwards, or `None` if it cannot be made, which is among `failures` then.
    ///
    /// # Errors
    /// 500 if what came out is no object of its kind; the webhook that converts the object has yet to be asked, or fails.
    pub(super) fn mutate(
        &self,
        index: usize,
        subject: &Subject<'_>,
        failures: &mut Vec<Failure>,
    ) -> Result<Option<Value>, Halt> {
        let mut context = self.context(subject)?;
        evaluation::add_variables(&self.policy.spec.variables, &mut context);
        let object = subject.object(&self.matched)?;
        let resource = subject.seen_by(&self.matched);
        let made = match &self.policy.spec.mutations[index] {
            Mutation::ApplyConfiguration { apply_configuration } => apply_configuration
                .expression
                .make(&context)
                .and_then(|made| laid_over(&object, made, &resource)),
            Mutation::JsonPatch { json_patch } => json_patch
                .expression
                .make(&context)
                .and_then(|operations| patched(&object, operations)),
        };
        let mut made = match made {
            Ok(made) => made,
            Err(why) => {
                self.fail(&why, failures);
                return Ok(None);
            }
        };
        let unknown = resource.read(&mut made).map_err(StatusError::internal)?;
        if !unknown.is_empty() && resource.custom.is_none() {
            let unknown: Vec<_> = unknown
                .iter()
                .map(|path| format!("unknown field {path:?}"))
                .collect();
            let why = format!("strict decoding error: {}", unknown.join(", "));
            return Err(StatusError::internal(why).into());
        }
        resource.fill_defaults(&mut made);
        subject.brought_back(made).map(Some)
    }

    fn fail(&self, why: &str, failures: &mut Vec<Failure>) {
        if self.policy.spec.fails() {
            failures.push(Failure::new(self.policy, self.binding, why, "Invalid"));
        }
    }
}

/// The object with a configuration laid over it. Nobody comes to own anything.
fn laid_over(object: &Value, mut made: Value, resource: &ResourceType) -> Result<Value, String> {
    if !made.is_object() {
        return Err("unsupported return type from ApplyConfiguration expression".to_owned());
    }
    made["apiVersion"] = object["apiVersion"].clone();
    made["kind"] = object["kind"].clone();
    apply::lay_over(object, &made, resource.schema.as_deref())
        .map_err(|why| format!("error applying patch: {why}"))
}

/// The object after the operations; one whose test fails is left as it is.
fn patched(object: &Value, mut operations: Value) -> Result<Value, String> {
    for operation in operations.as_array_mut().into_iter().flatten() {
        if operation["from"] == json!("") {
            operation
                .as_object_mut()
                .map(|operation| operation.remove("from"));
        }
    }
    match json_patch::apply_made(object, &operations) {
        Ok(patched) => Ok(patched),
        Err(misfit) if misfit.is_test => Ok(object.clone()),
        Err(misfit) => Err(format!("JSON Patch: {}", misfit.why)),
    }
}

impl Failure {
    fn new(policy: &MutatingPolicy, binding: &Binding, why: &str, reason: &'static str) -> Self {
        let (policy, binding) = (&policy.metadata.name, &binding.metadata.name);
        Self {
            message: format!("policy '{policy}' with binding '{binding}' denied request: {why}"),
            reason,
        }
    }

    /// 403 because of failures, with the message of the first.
    pub(super) fn refusal(failures: &[Self], subject: &Subject<'_>) -> Option<StatusError> {
        let first = failures.first()?;
        let resource = subject.resource();
        let about = About {
            group: &resource.group,
            kind: &resource.plural,
            name: subject.name(),
        };
        let mut error = StatusError::forbidden(about, &first.message);
        error.message.clone_from(&first.message);
        if !first.reason.is_empty() {
            error.reason = first.reason;
        }
        let causes: Vec<Value> = failures
            .iter()
            .map(|failure| json!({"message": failure.message}))
            .collect();
        if let Some(details) = &mut error.details {
            details["causes"] = causes.into();
        }
        Some(error)
    }
}
