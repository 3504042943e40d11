//! Webhooks as they are stored (`ValidatingWebhookConfiguration`, `MutatingWebhookConfiguration`).

use serde::Deserialize;

use super::{
    super::webhook::Endpoint,
    document::{MatchResources, Named, NamedExpression, ResourceRule, Selector},
};

/// A set of webhooks as it is stored.
#[derive(Debug, Deserialize)]
pub(crate) struct Configuration {
    metadata: Named,
    #[serde(default)]
    webhooks: Vec<Webhook>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Webhook {
    name: String,
    #[serde(default)]
    client_config: Endpoint,
    #[serde(default)]
    rules: Vec<ResourceRule>,
    #[serde(default)]
    namespace_selector: Selector,
    #[serde(default)]
    object_selector: Selector,
    #[serde(default)]
    match_policy: Option<String>,
    #[serde(default)]
    match_conditions: Vec<NamedExpression>,
    #[serde(default)]
    failure_policy: Option<String>,
    #[serde(default)]
    timeout_seconds: Option<u32>,
    #[serde(default)]
    side_effects: Option<String>,
    #[serde(default)]
    reinvocation_policy: Option<String>,
    #[serde(default)]
    admission_review_versions: Vec<String>,
}

/// A webhook, ready to be asked about writes.
#[derive(Debug)]
pub(crate) struct Hook {
    pub(crate) configuration: String,
    pub(crate) name: String,
    pub(crate) endpoint: Endpoint,
    pub(crate) about: MatchResources,
    pub(crate) conditions: Vec<NamedExpression>,
    /// Whether writes go on without an answer.
    pub(crate) ignored: bool,
    /// Whether it is asked again when the object changed after its answer.
    pub(crate) again: bool,
    pub(crate) has_side_effects: bool,
    /// How many seconds it may take.
    pub(crate) timeout: u32,
    /// The version of review that it understands.
    pub(crate) version: Option<ReviewVersion>,
}

/// The versions of reviews.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReviewVersion {
    V1,
    V1Beta1,
}

/// How long a webhook may take that does not say so.
const TIMEOUT: u32 = 10;

impl Configuration {
    pub(crate) fn into_hooks(self) -> impl Iterator<Item = Hook> {
        let configuration = self.metadata.name;
        self.webhooks.into_iter().map(move |webhook| Hook {
            configuration: configuration.clone(),
            name: webhook.name,
            endpoint: webhook.client_config,
            about: MatchResources {
                namespace_selector: webhook.namespace_selector,
                object_selector: webhook.object_selector,
                resource_rules: webhook.rules,
                exclude_resource_rules: Vec::new(),
                match_policy: webhook.match_policy,
            },
            conditions: webhook.match_conditions,
            ignored: webhook.failure_policy.as_deref() == Some("Ignore"),
            again: webhook.reinvocation_policy.as_deref() == Some("IfNeeded"),
            has_side_effects: !matches!(webhook.side_effects.as_deref(), Some("None" | "NoneOnDryRun")),
            timeout: webhook.timeout_seconds.unwrap_or(TIMEOUT),
            version: webhook
                .admission_review_versions
                .iter()
                .find_map(|version| match version.as_str() {
                    "v1" => Some(ReviewVersion::V1),
                    "v1beta1" => Some(ReviewVersion::V1Beta1),
                    _ => None,
                }),
        })
    }
}

impl ReviewVersion {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V1Beta1 => "v1beta1",
        }
    }
}
