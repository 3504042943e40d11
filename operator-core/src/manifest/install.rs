//! The manifests that install an operator, and the installation of its definitions.

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec};
use k8s_openapi::api::core::v1::{
    Capabilities, Container, ContainerPort, EnvVar, EnvVarSource, HTTPGetAction, ObjectFieldSelector,
    PodSecurityContext, PodSpec, PodTemplateSpec, Probe, ResourceRequirements, SeccompProfile,
    SecurityContext, ServiceAccount,
};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::api::{Patch, PatchParams};
use kube::{Api, Client};
use serde_json::Value;

use super::rights::{Rights, cluster_role_binding, named, role_binding};
use super::webhooks::{WEBHOOK_PORT, WebhookService};
use super::yaml::{YamlError, to_yaml};
use crate::Error;
use crate::clock::Clock;

/// How long a definition may take until its kind is served.
const SERVED_WITHIN: Duration = Duration::from_secs(30);
const ASK_EVERY: Duration = Duration::from_millis(100);

/// What the manifests of an operator are made from.
#[derive(Clone, Debug)]
pub struct Installation {
    /// The name of the operator, of its Deployment and of its service account.
    pub name: String,
    /// The namespace it runs in.
    pub namespace: String,
    /// The namespaces it works in; none means all.
    pub watches: Vec<String>,
    /// The image it runs from.
    pub image: String,
    /// How many replicas run; more than one need an election.
    pub replicas: i32,
    /// The port of `/healthz`, `/readyz` and `/metrics`.
    pub port: u16,
    /// What it may do where it works.
    pub rights: Rights,
    /// The definitions of its kinds.
    pub definitions: Vec<CustomResourceDefinition>,
    /// What the API server asks it; `None` if it is asked nothing.
    pub webhooks: Option<WebhookService>,
}

impl Installation {
    /// The definitions as YAML.
    ///
    /// # Errors
    /// [`YamlError`], if one cannot be written.
    pub fn definitions_yaml(&self) -> Result<String, YamlError> {
        to_yaml(&self.definitions)
    }

    /// The service account, roles and bindings as YAML.
    ///
    /// # Errors
    /// [`YamlError`], if one cannot be written.
    pub fn rights_yaml(&self) -> Result<String, YamlError> {
        to_yaml(self.rights_objects()?)
    }

    /// Everything that installs the operator as YAML: definitions, rights, Deployment.
    ///
    /// # Errors
    /// [`YamlError`], if an object cannot be written.
    pub fn yaml(&self) -> Result<String, YamlError> {
        let mut objects = Vec::new();
        for definition in &self.definitions {
            objects.push(value(definition)?);
        }
        objects.extend(self.rights_objects()?);
        if let Some(webhooks) = &self.webhooks {
            objects.push(value(&webhooks.service(&self.labels()))?);
        }
        objects.push(value(&self.deployment())?);
        // Last: once they are there the API server waits for the operator.
        if let Some(webhooks) = &self.webhooks {
            if let Some(validating) = webhooks.validating(&self.watches) {
                objects.push(value(&validating)?);
            }
            if let Some(mutating) = webhooks.mutating(&self.watches) {
                objects.push(value(&mutating)?);
            }
        }
        to_yaml(objects)
    }

    fn rights_objects(&self) -> Result<Vec<Value>, YamlError> {
        let (name, namespace) = (self.name.as_str(), self.namespace.as_str());
        let account = ServiceAccount {
            metadata: self.metadata(),
            ..ServiceAccount::default()
        };
        let mut objects = vec![value(&account)?];
        if self.watches.is_empty() {
            objects.push(value(&self.rights.cluster_role(name))?);
            objects.push(value(&cluster_role_binding(name, name, namespace))?);
        }
        for watched in &self.watches {
            objects.push(value(&self.rights.role(name, watched))?);
            objects.push(value(&role_binding(name, watched, name, namespace))?);
        }
        let election = format!("{name}-leader-election");
        objects.push(value(&Rights::of_election().role(&election, namespace))?);
        objects.push(value(&role_binding(&election, namespace, name, namespace))?);
        if let Some(webhooks) = &self.webhooks {
            let role = webhooks.role_name();
            objects.push(value(&webhooks.role())?);
            objects.push(value(&role_binding(&role, namespace, name, namespace))?);
            objects.push(value(&webhooks.cluster_role())?);
            objects.push(value(&cluster_role_binding(&role, name, namespace))?);
        }
        Ok(objects)
    }

    fn labels(&self) -> BTreeMap<String, String> {
        BTreeMap::from([("app.kubernetes.io/name".to_owned(), self.name.clone())])
    }

    fn metadata(&self) -> ObjectMeta {
        ObjectMeta {
            labels: Some(self.labels()),
            ..named(&self.name, Some(&self.namespace))
        }
    }

    /// The Deployment that runs it.
    pub fn deployment(&self) -> Deployment {
        Deployment {
            metadata: self.metadata(),
            spec: Some(DeploymentSpec {
                replicas: Some(self.replicas),
                selector: LabelSelector {
                    match_labels: Some(self.labels()),
                    ..LabelSelector::default()
                },
                template: PodTemplateSpec {
                    metadata: Some(ObjectMeta {
                        labels: Some(self.labels()),
                        ..ObjectMeta::default()
                    }),
                    spec: Some(self.pod()),
                },
                ..DeploymentSpec::default()
            }),
            ..Deployment::default()
        }
    }

    fn pod(&self) -> PodSpec {
        PodSpec {
            service_account_name: Some(self.name.clone()),
            // Longer than the grace period of the process itself.
            termination_grace_period_seconds: Some(60),
            security_context: Some(PodSecurityContext {
                run_as_non_root: Some(true),
                seccomp_profile: Some(SeccompProfile {
                    type_: "RuntimeDefault".to_owned(),
                    ..SeccompProfile::default()
                }),
                ..PodSecurityContext::default()
            }),
            containers: vec![Container {
                name: "operator".to_owned(),
                image: Some(self.image.clone()),
                args: Some(self.arguments()),
                env: Some(vec![
                    field("POD_NAME", "metadata.name"),
                    field("POD_NAMESPACE", "metadata.namespace"),
                ]),
                ports: Some(self.ports()),
                liveness_probe: Some(probe("/healthz", 15, 20)),
                readiness_probe: Some(probe("/readyz", 1, 5)),
                resources: Some(ResourceRequirements {
                    requests: Some(BTreeMap::from([
                        ("cpu".to_owned(), Quantity("10m".to_owned())),
                        ("memory".to_owned(), Quantity("64Mi".to_owned())),
                    ])),
                    limits: Some(BTreeMap::from([(
                        "memory".to_owned(),
                        Quantity("256Mi".to_owned()),
                    )])),
                    ..ResourceRequirements::default()
                }),
                security_context: Some(SecurityContext {
                    allow_privilege_escalation: Some(false),
                    read_only_root_filesystem: Some(true),
                    capabilities: Some(Capabilities {
                        drop: Some(vec!["ALL".to_owned()]),
                        ..Capabilities::default()
                    }),
                    ..SecurityContext::default()
                }),
                ..Container::default()
            }],
            ..PodSpec::default()
        }
    }

    fn ports(&self) -> Vec<ContainerPort> {
        let port = |name: &str, number: u16| ContainerPort {
            name: Some(name.to_owned()),
            container_port: i32::from(number),
            ..ContainerPort::default()
        };
        let mut ports = vec![port("metrics", self.port)];
        if self.webhooks.is_some() {
            ports.push(port("webhooks", WEBHOOK_PORT));
        }
        ports
    }

    fn arguments(&self) -> Vec<String> {
        let mut arguments = vec![
            "run".to_owned(),
            "--leader-elect".to_owned(),
            "--log-format=json".to_owned(),
            format!("--metrics-address=0.0.0.0:{}", self.port),
        ];
        arguments.extend(
            self.watches
                .iter()
                .map(|namespace| format!("--namespace={namespace}")),
        );
        arguments
    }
}

fn value(object: &impl serde::Serialize) -> Result<Value, YamlError> {
    Ok(serde_json::to_value(object)?)
}

fn field(name: &str, path: &str) -> EnvVar {
    EnvVar {
        name: name.to_owned(),
        value_from: Some(EnvVarSource {
            field_ref: Some(ObjectFieldSelector {
                field_path: path.to_owned(),
                ..ObjectFieldSelector::default()
            }),
            ..EnvVarSource::default()
        }),
        ..EnvVar::default()
    }
}

fn probe(path: &str, delay: i32, period: i32) -> Probe {
    Probe {
        http_get: Some(HTTPGetAction {
            path: Some(path.to_owned()),
            port: IntOrString::String("metrics".to_owned()),
            ..HTTPGetAction::default()
        }),
        initial_delay_seconds: Some(delay),
        period_seconds: Some(period),
        ..Probe::default()
    }
}

/// Applies definitions and waits until the API server serves their kinds.
///
/// # Errors
/// [`Error::Client`], if the server refuses one; [`Error::Configuration`], if one is not served in time.
pub async fn install_definitions(
    client: &Client,
    definitions: &[CustomResourceDefinition],
    field_manager: &str,
    clock: &Clock,
) -> Result<(), Error> {
    let api: Api<CustomResourceDefinition> = Api::all(client.clone());
    let params = PatchParams::apply(field_manager).force();
    for definition in definitions {
        let name = definition.metadata.name.as_deref().unwrap_or_default();
        api.patch(name, &params, &Patch::Apply(definition))
            .await
            .map_err(Error::Client)?;
    }
    for definition in definitions {
        wait_until_served(
            client,
            definition.metadata.name.as_deref().unwrap_or_default(),
            clock,
        )
        .await?;
    }
    Ok(())
}

/// Waits until a definition is established.
pub(super) async fn wait_until_served(client: &Client, name: &str, clock: &Clock) -> Result<(), Error> {
    let api: Api<CustomResourceDefinition> = Api::all(client.clone());
    let served = async {
        loop {
            let definition = api.get(name).await?;
            let conditions = definition
                .status
                .and_then(|status| status.conditions)
                .unwrap_or_default();
            if conditions
                .iter()
                .any(|c| c.type_ == "Established" && c.status == "True")
            {
                return Ok(None);
            }
            let refused = conditions
                .into_iter()
                .find(|c| c.type_ == "NamesAccepted" && c.status == "False");
            if let Some(refused) = refused {
                return Ok(refused.message);
            }
            clock.sleep(ASK_EVERY).await;
        }
    };
    match clock.timeout(SERVED_WITHIN, served).await {
        Some(Ok(None)) => Ok(()),
        Some(Ok(Some(why))) => Err(Error::Configuration(format!(
            "the definition {name} is not served: {why}"
        ))),
        Some(Err(error)) => Err(Error::Client(error)),
        None => Err(Error::Configuration(format!(
            "the definition {name} is not served after {} s",
            SERVED_WITHIN.as_secs()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::parse;
    use crate::meta::Declaration;
    use k8s_openapi::api::core::v1::ConfigMap;
    use std::path::Path;

    fn installation(watches: &[&str]) -> Installation {
        Installation {
            name: "map-operator".into(),
            namespace: "operators".into(),
            watches: watches.iter().map(|&namespace| namespace.to_owned()).collect(),
            image: "map-operator:1".into(),
            replicas: 2,
            port: 8080,
            rights: Rights::of([&Declaration::of::<ConfigMap>("maps")]),
            definitions: Vec::new(),
            webhooks: None,
        }
    }

    fn kinds(yaml: &str) -> Vec<String> {
        let documents = parse(Path::new("x"), yaml).unwrap();
        documents
            .iter()
            .map(|d| {
                format!(
                    "{} {}/{}",
                    d.kind.kind,
                    d.namespace.as_deref().unwrap_or("-"),
                    d.name
                )
            })
            .collect()
    }

    #[test]
    fn an_operator_of_the_whole_cluster_has_a_cluster_role() {
        assert_eq!(
            kinds(&installation(&[]).yaml().unwrap()),
            [
                "ServiceAccount operators/map-operator",
                "ClusterRole -/map-operator",
                "ClusterRoleBinding -/map-operator",
                "Role operators/map-operator-leader-election",
                "RoleBinding operators/map-operator-leader-election",
                "Deployment operators/map-operator",
            ]
        );
    }

    #[test]
    fn an_operator_of_some_namespaces_has_a_role_in_each() {
        let installation = installation(&["a", "b"]);
        let kinds = kinds(&installation.rights_yaml().unwrap());
        assert!(kinds.contains(&"Role a/map-operator".to_owned()));
        assert!(kinds.contains(&"RoleBinding b/map-operator".to_owned()));
        assert!(!kinds.iter().any(|kind| kind.starts_with("Cluster")));
        let pod = installation.deployment().spec.unwrap().template.spec.unwrap();
        let arguments = pod.containers[0].args.clone().unwrap();
        assert!(arguments.contains(&"--namespace=a".to_owned()));
    }
}
