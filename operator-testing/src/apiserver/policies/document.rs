//! Policies and bindings as they are stored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::expression::Expression;

/// A `ValidatingAdmissionPolicy`.
#[derive(Debug, Deserialize)]
pub(crate) struct Policy {
    pub(crate) metadata: Named,
    pub(crate) spec: PolicySpec,
}

/// A `MutatingAdmissionPolicy`.
#[derive(Debug, Deserialize)]
pub(crate) struct MutatingPolicy {
    pub(crate) metadata: Named,
    pub(crate) spec: MutatingSpec,
}

/// A `ValidatingAdmissionPolicyBinding` or a `MutatingAdmissionPolicyBinding`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Binding {
    pub(crate) metadata: Named,
    pub(crate) spec: BindingSpec,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Named {
    pub(crate) name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PolicySpec {
    pub(crate) match_constraints: MatchResources,
    pub(crate) match_conditions: Vec<NamedExpression>,
    pub(crate) variables: Vec<NamedExpression>,
    pub(crate) validations: Vec<Validation>,
    pub(crate) audit_annotations: Vec<AuditAnnotation>,
    pub(crate) param_kind: Option<ParamKind>,
    pub(crate) failure_policy: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct MutatingSpec {
    pub(crate) match_constraints: MatchResources,
    pub(crate) match_conditions: Vec<NamedExpression>,
    pub(crate) variables: Vec<NamedExpression>,
    pub(crate) mutations: Vec<Mutation>,
    pub(crate) param_kind: Option<ParamKind>,
    pub(crate) failure_policy: Option<String>,
    pub(crate) reinvocation_policy: Option<String>,
}

impl MutatingSpec {
    /// Whether a request is refused when the policy cannot be carried out.
    pub(crate) fn fails(&self) -> bool {
        self.failure_policy.as_deref() != Some("Ignore")
    }
}

/// One change that a policy makes.
#[derive(Debug, Deserialize)]
#[serde(tag = "patchType", rename_all_fields = "camelCase")]
pub(crate) enum Mutation {
    ApplyConfiguration {
        apply_configuration: Made,
    },
    #[serde(rename = "JSONPatch")]
    JsonPatch {
        json_patch: Made,
    },
}

/// An expression that makes a part of an object.
#[derive(Debug, Deserialize)]
pub(crate) struct Made {
    pub(crate) expression: Expression,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditAnnotation {
    pub(crate) key: String,
    pub(crate) value_expression: Expression,
}

impl PolicySpec {
    /// Whether a request is refused when the policy cannot be evaluated.
    pub(crate) fn fails(&self) -> bool {
        self.failure_policy.as_deref() != Some("Ignore")
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Validation {
    pub(crate) expression: Expression,
    #[serde(default)]
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) message_expression: Option<Expression>,
    #[serde(default)]
    pub(crate) reason: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct NamedExpression {
    pub(crate) name: String,
    pub(crate) expression: Expression,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ParamKind {
    pub(crate) api_version: String,
    pub(crate) kind: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct BindingSpec {
    pub(crate) policy_name: String,
    pub(crate) match_resources: Option<MatchResources>,
    pub(crate) param_ref: Option<ParamRef>,
    pub(crate) validation_actions: Vec<Action>,
}

/// What happens when a validation does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) enum Action {
    Deny,
    Warn,
    Audit,
    #[serde(other)]
    Other,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ParamRef {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) selector: Option<Selector>,
    pub(crate) parameter_not_found_action: Option<String>,
}

/// Which requests a policy or a binding is about.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct MatchResources {
    pub(crate) namespace_selector: Selector,
    pub(crate) object_selector: Selector,
    pub(crate) resource_rules: Vec<ResourceRule>,
    pub(crate) exclude_resource_rules: Vec<ResourceRule>,
    pub(crate) match_policy: Option<String>,
}

impl MatchResources {
    /// Whether a rule about one version of a resource is about its other versions too.
    pub(crate) fn is_exact(&self) -> bool {
        self.match_policy.as_deref() == Some("Exact")
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ResourceRule {
    pub(crate) api_groups: Vec<String>,
    pub(crate) api_versions: Vec<String>,
    pub(crate) operations: Vec<String>,
    pub(crate) resources: Vec<String>,
    pub(crate) resource_names: Vec<String>,
    pub(crate) scope: Option<String>,
}

/// A label selector as objects hold it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Selector {
    match_labels: Option<BTreeMap<String, String>>,
    match_expressions: Vec<Requirement>,
}

#[derive(Clone, Debug, Deserialize)]
struct Requirement {
    key: String,
    operator: String,
    #[serde(default)]
    values: Vec<String>,
}

impl Selector {
    /// Whether it selects everything.
    pub(crate) fn is_empty(&self) -> bool {
        self.match_labels.as_ref().is_none_or(BTreeMap::is_empty) && self.match_expressions.is_empty()
    }

    /// Whether labels fit.
    pub(crate) fn matches<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        let labels = self.match_labels.iter().flatten();
        labels.into_iter().all(|(key, value)| label(key) == Some(value))
            && self.match_expressions.iter().all(|requirement| {
                let value = label(&requirement.key);
                let listed =
                    || value.is_some_and(|value| requirement.values.iter().any(|known| known == value));
                match requirement.operator.as_str() {
                    "In" => listed(),
                    "NotIn" => !listed(),
                    "Exists" => value.is_some(),
                    "DoesNotExist" => value.is_none(),
                    _ => false,
                }
            })
    }
}
