//! What makes the API server ask an operator's webhooks: a Service, configurations, the conversion of definitions, and the
//! rights to keep the certificates.

use std::collections::BTreeMap;

use k8s_openapi::api::admissionregistration::v1::{
    MutatingWebhook, MutatingWebhookConfiguration, RuleWithOperations, ServiceReference, ValidatingWebhook,
    ValidatingWebhookConfiguration, WebhookClientConfig,
};
use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
use k8s_openapi::api::rbac::v1::{ClusterRole, PolicyRule, Role};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceConversion, CustomResourceDefinition, ServiceReference as ConversionService,
    WebhookClientConfig as ConversionClientConfig, WebhookConversion,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::rights::named;
use crate::webhook::{Hook, Operation, Question, Subject, Trusted};

/// The port on which the webhooks answer, unless `--webhook-address` says otherwise.
pub const WEBHOOK_PORT: u16 = 9443;

/// Where an operator's webhooks are in a cluster: behind a Service that is called like the operator.
#[derive(Clone, Debug, PartialEq)]
pub struct WebhookService {
    /// The name of the operator, of the Service and of the configurations.
    pub name: String,
    /// The namespace of the Service.
    pub namespace: String,
    /// What is asked.
    pub hooks: Vec<Hook>,
}

impl WebhookService {
    /// The configurations that must trust the operator's certificate.
    pub fn trusted(&self) -> Vec<Trusted> {
        let mut trusted = Vec::new();
        if self.admission().any(|(hook, _)| is_validating(hook)) {
            trusted.push(Trusted::Validating(self.name.clone()));
        }
        if self.admission().any(|(hook, _)| !is_validating(hook)) {
            trusted.push(Trusted::Mutating(self.name.clone()));
        }
        trusted.extend(
            self.conversions()
                .map(|(_, name)| Trusted::Conversion(name.to_owned())),
        );
        trusted
    }

    /// Lets the operator convert the definitions whose versions differ.
    #[must_use]
    pub fn converting(
        &self,
        mut definitions: Vec<CustomResourceDefinition>,
    ) -> Vec<CustomResourceDefinition> {
        for (path, name) in self.conversions() {
            let converted = definitions
                .iter_mut()
                .find(|definition| definition.metadata.name.as_deref() == Some(name));
            if let Some(definition) = converted {
                definition.spec.conversion = Some(self.conversion(path));
            }
        }
        definitions
    }

    fn conversion(&self, path: &str) -> CustomResourceConversion {
        CustomResourceConversion {
            strategy: "Webhook".to_owned(),
            webhook: Some(WebhookConversion {
                client_config: Some(ConversionClientConfig {
                    service: Some(ConversionService {
                        name: self.name.clone(),
                        namespace: self.namespace.clone(),
                        path: Some(path.to_owned()),
                        ..ConversionService::default()
                    }),
                    ..ConversionClientConfig::default()
                }),
                conversion_review_versions: vec!["v1".to_owned()],
            }),
        }
    }

    /// The Service before the replicas.
    pub fn service(&self, labels: &BTreeMap<String, String>) -> Service {
        Service {
            metadata: ObjectMeta {
                labels: Some(labels.clone()),
                ..named(&self.name, Some(&self.namespace))
            },
            spec: Some(ServiceSpec {
                selector: Some(labels.clone()),
                ports: Some(vec![ServicePort {
                    name: Some("webhooks".to_owned()),
                    port: 443,
                    target_port: Some(IntOrString::String("webhooks".to_owned())),
                    ..ServicePort::default()
                }]),
                // A replica is ready when its caches are, and they may need a conversion first.
                publish_not_ready_addresses: Some(true),
                ..ServiceSpec::default()
            }),
            ..Service::default()
        }
    }

    /// What is asked before an object is stored; `watches` are the only namespaces it is asked about, none means all.
    pub fn validating(&self, watches: &[String]) -> Option<ValidatingWebhookConfiguration> {
        let webhooks: Vec<ValidatingWebhook> = self
            .admission()
            .filter(|(hook, _)| is_validating(hook))
            .map(|(hook, subject)| ValidatingWebhook {
                name: hook_name(hook, subject),
                client_config: self.client_config(hook),
                rules: Some(vec![rule(subject)]),
                namespace_selector: selector(watches),
                side_effects: "None".to_owned(),
                failure_policy: Some("Fail".to_owned()),
                admission_review_versions: vec!["v1".to_owned()],
                ..ValidatingWebhook::default()
            })
            .collect();
        (!webhooks.is_empty()).then(|| ValidatingWebhookConfiguration {
            metadata: named(&self.name, None),
            webhooks: Some(webhooks),
        })
    }

    /// What may be changed before an object is stored; `watches` as for [`validating`](Self::validating).
    pub fn mutating(&self, watches: &[String]) -> Option<MutatingWebhookConfiguration> {
        let webhooks: Vec<MutatingWebhook> = self
            .admission()
            .filter(|(hook, _)| !is_validating(hook))
            .map(|(hook, subject)| MutatingWebhook {
                name: hook_name(hook, subject),
                client_config: self.client_config(hook),
                rules: Some(vec![rule(subject)]),
                namespace_selector: selector(watches),
                side_effects: "None".to_owned(),
                failure_policy: Some("Fail".to_owned()),
                admission_review_versions: vec!["v1".to_owned()],
                ..MutatingWebhook::default()
            })
            .collect();
        (!webhooks.is_empty()).then(|| MutatingWebhookConfiguration {
            metadata: named(&self.name, None),
            webhooks: Some(webhooks),
        })
    }

    /// The name of the roles for the certificates.
    pub fn role_name(&self) -> String {
        format!("{}-webhooks", self.name)
    }

    /// The right to keep the certificate in its Secret, and no other.
    pub fn role(&self) -> Role {
        let secret = format!("{}-webhook-tls", self.name);
        Role {
            metadata: named(&self.role_name(), Some(&self.namespace)),
            rules: Some(vec![
                policy("", "secrets", &["create"], &[]),
                policy("", "secrets", &["get", "update"], &[secret]),
            ]),
        }
    }

    /// The right to write the bundle into the configurations, and into no others.
    pub fn cluster_role(&self) -> ClusterRole {
        let mut names: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
        for trusted in self.trusted() {
            let (kind, name) = match trusted {
                Trusted::Validating(name) => (
                    ("admissionregistration.k8s.io", "validatingwebhookconfigurations"),
                    name,
                ),
                Trusted::Mutating(name) => (
                    ("admissionregistration.k8s.io", "mutatingwebhookconfigurations"),
                    name,
                ),
                Trusted::Conversion(name) => (("apiextensions.k8s.io", "customresourcedefinitions"), name),
            };
            names.entry(kind).or_default().push(name);
        }
        let rules = names
            .iter()
            .map(|((group, resource), names)| policy(group, resource, &["get", "update"], names));
        ClusterRole {
            metadata: named(&self.role_name(), None),
            rules: Some(rules.collect()),
            ..ClusterRole::default()
        }
    }

    fn admission(&self) -> impl Iterator<Item = (&Hook, &Subject)> {
        self.hooks.iter().filter_map(|hook| Some((hook, hook.subject()?)))
    }

    /// The paths of conversions, and the definitions they are of.
    fn conversions(&self) -> impl Iterator<Item = (&str, &str)> {
        self.hooks.iter().filter_map(|hook| match &hook.question {
            Question::Convert { definition } => Some((hook.path.as_str(), definition.as_str())),
            _ => None,
        })
    }

    fn client_config(&self, hook: &Hook) -> WebhookClientConfig {
        WebhookClientConfig {
            service: Some(ServiceReference {
                name: self.name.clone(),
                namespace: self.namespace.clone(),
                path: Some(hook.path.clone()),
                ..ServiceReference::default()
            }),
            ..WebhookClientConfig::default()
        }
    }
}

fn is_validating(hook: &Hook) -> bool {
    matches!(hook.question, Question::Validate(_))
}

/// A name of three labels or more, as the server wants it: from the path, the plural and the group.
fn hook_name(hook: &Hook, subject: &Subject) -> String {
    let slug: String = hook
        .path
        .trim_matches('/')
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    let group = match subject.resource.group.as_str() {
        "" => "core",
        group => group,
    };
    format!("{}.{}.{group}", slug.trim_matches('-'), subject.resource.plural)
}

fn rule(subject: &Subject) -> RuleWithOperations {
    let operation = |operation: &Operation| match operation {
        Operation::Create => "CREATE",
        Operation::Update => "UPDATE",
        Operation::Delete => "DELETE",
        Operation::Connect => "CONNECT",
    };
    RuleWithOperations {
        api_groups: Some(vec![subject.resource.group.clone()]),
        api_versions: Some(vec![subject.resource.version.clone()]),
        resources: Some(vec![subject.resource.plural.clone()]),
        operations: Some(
            subject
                .operations
                .iter()
                .map(|one| operation(one).to_owned())
                .collect(),
        ),
        ..RuleWithOperations::default()
    }
}

/// Only what the operator works on is held up when it is away.
fn selector(watches: &[String]) -> Option<LabelSelector> {
    (!watches.is_empty()).then(|| LabelSelector {
        match_expressions: Some(vec![LabelSelectorRequirement {
            key: "kubernetes.io/metadata.name".to_owned(),
            operator: "In".to_owned(),
            values: Some(watches.to_vec()),
        }]),
        ..LabelSelector::default()
    })
}

fn policy(group: &str, resource: &str, verbs: &[&str], names: &[String]) -> PolicyRule {
    PolicyRule {
        api_groups: Some(vec![group.to_owned()]),
        resources: Some(vec![resource.to_owned()]),
        verbs: verbs.iter().map(|&verb| verb.to_owned()).collect(),
        resource_names: (!names.is_empty()).then(|| names.to_vec()),
        ..PolicyRule::default()
    }
}
