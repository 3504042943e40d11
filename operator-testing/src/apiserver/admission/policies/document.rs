//! Policies and bindings as they are stored.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::expression::Expression;

/// A `ValidatingAdmissionPolicy`.
#[derive(Debug, Deserialize)]
pub(super) struct Policy {
    pub(super) metadata: Named,
    pub(super) spec: PolicySpec,
}

/// A `ValidatingAdmissionPolicyBinding`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Binding {
    pub(super) metadata: Named,
    pub(super) spec: BindingSpec,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Named {
    pub(super) name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct PolicySpec {
    pub(super) match_constraints: MatchResources,
    pub(super) match_conditions: Vec<NamedExpression>,
    pub(super) variables: Vec<NamedExpression>,
    pub(super) validations: Vec<Validation>,
    pub(super) param_kind: Option<ParamKind>,
    pub(super) failure_policy: Option<String>,
}

impl PolicySpec {
    /// Whether a request is refused when the policy cannot be evaluated.
    pub(super) fn fails(&self) -> bool {
        self.failure_policy.as_deref() != Some("Ignore")
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Validation {
    pub(super) expression: Expression,
    #[serde(default)]
    pub(super) message: String,
    #[serde(default)]
    pub(super) message_expression: Option<Expression>,
    #[serde(default)]
    pub(super) reason: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct NamedExpression {
    pub(super) name: String,
    pub(super) expression: Expression,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ParamKind {
    pub(super) api_version: String,
    pub(super) kind: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct BindingSpec {
    pub(super) policy_name: String,
    pub(super) match_resources: Option<MatchResources>,
    pub(super) param_ref: Option<ParamRef>,
    pub(super) validation_actions: Vec<Action>,
}

/// What happens when a validation does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum Action {
    Deny,
    Warn,
    Audit,
    #[serde(other)]
    Other,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ParamRef {
    pub(super) name: String,
    pub(super) namespace: String,
    pub(super) selector: Option<Selector>,
    pub(super) parameter_not_found_action: Option<String>,
}

/// Which requests a policy or a binding is about.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct MatchResources {
    pub(super) namespace_selector: Selector,
    pub(super) object_selector: Selector,
    pub(super) resource_rules: Vec<ResourceRule>,
    pub(super) exclude_resource_rules: Vec<ResourceRule>,
    pub(super) match_policy: Option<String>,
}

impl MatchResources {
    /// Whether a rule about one version of a resource is about its other versions too.
    pub(super) fn is_exact(&self) -> bool {
        self.match_policy.as_deref() == Some("Exact")
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ResourceRule {
    pub(super) api_groups: Vec<String>,
    pub(super) api_versions: Vec<String>,
    pub(super) operations: Vec<String>,
    pub(super) resources: Vec<String>,
    pub(super) resource_names: Vec<String>,
    pub(super) scope: Option<String>,
}

/// A label selector as objects hold it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Selector {
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
    pub(super) fn is_empty(&self) -> bool {
        self.match_labels.as_ref().is_none_or(BTreeMap::is_empty) && self.match_expressions.is_empty()
    }

    /// Whether labels fit.
    pub(super) fn matches<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
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
