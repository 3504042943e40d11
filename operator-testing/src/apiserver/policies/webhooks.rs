//! Webhooks as they are stored (`ValidatingWebhookConfiguration`, `MutatingWebhookConfiguration`).

use serde::Deserialize;

use super::document::{MatchResources, Named, NamedExpression, ResourceRule, Selector};

/// A set of webhooks as it is stored.
#[derive(Debug, Deserialize)]
pub(crate) struct Configuration {
    #[expect(dead_code, reason = "the order of the store is that of the names")]
    metadata: Named,
    #[serde(default)]
    webhooks: Vec<Webhook>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Webhook {
    name: String,
    #[serde(default)]
    client_config: ClientConfig,
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
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ClientConfig {
    pub(crate) url: Option<String>,
    pub(crate) service: Option<Service>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) path: Option<String>,
    pub(crate) port: Option<u16>,
}

/// A webhook, ready to be asked about writes.
#[derive(Debug)]
pub(crate) struct Hook {
    pub(crate) name: String,
    pub(crate) endpoint: ClientConfig,
    pub(crate) about: MatchResources,
    pub(crate) conditions: Vec<NamedExpression>,
    pub(crate) ignored: bool,
    pub(crate) timeout: u32,
}

impl Configuration {
    pub(crate) fn into_hooks(self) -> impl Iterator<Item = Hook> {
        const TIMEOUT: u32 = 10;
        self.webhooks.into_iter().map(|webhook| Hook {
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
            timeout: webhook.timeout_seconds.unwrap_or(TIMEOUT),
        })
    }
}
