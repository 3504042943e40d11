//! Keeps the certificates: in a Secret that all replicas share, renewed in time, and trusted by the API server.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{DynamicObject, PostParams};
use kube::core::ApiResource;
use kube::{Api, Client, Resource};
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use serde_json::{Value, json};

use super::certificate::{Identity, issue};
use crate::clock::Clock;
use crate::shutdown::Shutdown;
use crate::{BoxError, Error};

/// How often the Secret and the configurations are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(60 * 60);
/// How soon after a mistake.
const RETRY_AFTER: Duration = Duration::from_secs(10);
const ATTEMPTS: usize = 5;
const RENEW_AT: &str = "operator-core/renew-at";

/// A configuration that names the bundle the API server trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trusted {
    /// A ValidatingWebhookConfiguration, by name.
    Validating(String),
    /// A MutatingWebhookConfiguration, by name.
    Mutating(String),
    /// The conversion of a CustomResourceDefinition, by name.
    Conversion(String),
}

/// Makes, shares and renews the certificates of a webhook server.
#[derive(Clone)]
pub struct CertificateKeeper {
    client: Client,
    namespace: String,
    secret: String,
    names: Vec<String>,
    trusted: Vec<Trusted>,
    clock: Clock,
    current: Arc<Current>,
}

/// The certificate that new connections get.
#[derive(Debug, Default)]
pub(super) struct Current(RwLock<Option<Arc<CertifiedKey>>>);

impl CertificateKeeper {
    /// Keeps the certificate of the Service of this name in the Secret `SERVICE-webhook-tls` beside it.
    pub fn of_service(client: Client, namespace: impl Into<String>, service: &str, clock: Clock) -> Self {
        let namespace = namespace.into();
        Self {
            names: vec![
                format!("{service}.{namespace}.svc"),
                format!("{service}.{namespace}.svc.cluster.local"),
            ],
            secret: format!("{service}-webhook-tls"),
            namespace,
            client,
            trusted: Vec::new(),
            clock,
            current: Arc::default(),
        }
    }

    /// Adds a name by which the server is reached; for servers outside of the cluster.
    #[must_use]
    pub fn also_named(mut self, name: impl Into<String>) -> Self {
        self.names.push(name.into());
        self
    }

    /// Writes the bundle into this configuration, too.
    #[must_use]
    pub fn trusted_by(mut self, configuration: Trusted) -> Self {
        self.trusted.push(configuration);
        self
    }

    /// Looks once: takes the certificate from the Secret, makes one if there is none or if it is time, and writes the
    /// bundle where it is not yet.
    ///
    /// # Errors
    /// [`Error`], when the Secret or a configuration cannot be read or written.
    ///
    /// # Cancel safety
    /// If it is dropped some of it was done; the next call goes on from there.
    pub async fn look(&self) -> Result<Identity, Error> {
        let identity = self.shared().await?;
        self.current.set(&identity)?;
        for trusted in &self.trusted {
            self.spread(trusted, &identity.authorities).await?;
        }
        Ok(identity)
    }

    /// Looks again and again, until `shutdown` drains.
    pub async fn keep(&self, shutdown: &Shutdown) {
        loop {
            let wait = match self.look().await {
                Ok(_) => LOOK_EVERY,
                Err(error) => {
                    tracing::warn!(
                        error = crate::chain(&error),
                        "the certificate of the webhooks was not kept"
                    );
                    RETRY_AFTER
                }
            };
            tokio::select! {
                biased;
                () = shutdown.draining() => return,
                () = self.clock.sleep(wait) => {}
            }
        }
    }

    pub(super) fn resolver(&self) -> Arc<dyn ResolvesServerCert> {
        Arc::clone(&self.current) as Arc<dyn ResolvesServerCert>
    }

    /// The certificate that all replicas use. Of several that make one at once, one wins and the others take its.
    async fn shared(&self) -> Result<Identity, Error> {
        let secrets: Api<Secret> = Api::namespaced(self.client.clone(), &self.namespace);
        for _ in 0..ATTEMPTS {
            let stored = secrets.get_opt(&self.secret).await.map_err(Error::Client)?;
            let known = stored.as_ref().and_then(read);
            let now = self.clock.now();
            if let Some(known) = known.as_ref().filter(|known| now < known.renew_at) {
                return Ok(known.clone());
            }
            let identity = issue(&self.names, now, known.as_ref()).map_err(part)?;
            let version = stored.and_then(|secret| secret.metadata.resource_version);
            let secret = self.secret_of(&identity, version.clone());
            let params = PostParams::default();
            let written = match version {
                Some(_) => secrets.replace(&self.secret, &params, &secret).await,
                None => secrets.create(&params, &secret).await,
            };
            match written {
                Ok(_) => {
                    tracing::info!(secret = self.secret, renew_at = %identity.renew_at, "a certificate was made");
                    return Ok(identity);
                }
                Err(kube::Error::Api(status)) if status.is_conflict() || status.is_already_exists() => {}
                Err(error) => return Err(Error::Client(error)),
            }
        }
        Err(Error::Configuration(format!(
            "the secret {} keeps changing",
            self.secret
        )))
    }

    fn secret_of(&self, identity: &Identity, version: Option<String>) -> Secret {
        let bytes = |text: &str| ByteString(text.as_bytes().to_vec());
        Secret {
            metadata: ObjectMeta {
                name: Some(self.secret.clone()),
                namespace: Some(self.namespace.clone()),
                resource_version: version,
                annotations: Some(BTreeMap::from([(
                    RENEW_AT.to_owned(),
                    identity.renew_at.to_string(),
                )])),
                ..ObjectMeta::default()
            },
            type_: Some("kubernetes.io/tls".to_owned()),
            data: Some(BTreeMap::from([
                ("ca.crt".to_owned(), bytes(&identity.authorities)),
                ("tls.crt".to_owned(), bytes(&identity.certificate)),
                ("tls.key".to_owned(), bytes(&identity.key)),
            ])),
            ..Secret::default()
        }
    }

    /// Writes the bundle into one configuration, if it is there and has another.
    async fn spread(&self, trusted: &Trusted, authorities: &str) -> Result<(), Error> {
        let (api, name) = self.configuration(trusted);
        let bundle = json!(ByteString(authorities.as_bytes().to_vec()));
        for _ in 0..ATTEMPTS {
            let Some(mut configuration) = api.get_opt(name).await.map_err(Error::Client)? else {
                tracing::warn!(?trusted, "there is no such configuration yet");
                return Ok(());
            };
            if !set_bundle(&mut configuration.data, &bundle) {
                return Ok(());
            }
            match api.replace(name, &PostParams::default(), &configuration).await {
                Ok(_) => return Ok(()),
                Err(kube::Error::Api(status)) if status.is_conflict() => {}
                Err(error) => return Err(Error::Client(error)),
            }
        }
        Err(Error::Configuration(format!("{name} keeps changing")))
    }

    fn configuration<'a>(&self, trusted: &'a Trusted) -> (Api<DynamicObject>, &'a str) {
        use k8s_openapi::api::admissionregistration::v1 as admission;
        use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1 as extensions;
        fn kind<K: Resource<DynamicType = ()>>() -> ApiResource {
            ApiResource::erase::<K>(&())
        }
        let (kind, name) = match trusted {
            Trusted::Validating(name) => (kind::<admission::ValidatingWebhookConfiguration>(), name),
            Trusted::Mutating(name) => (kind::<admission::MutatingWebhookConfiguration>(), name),
            Trusted::Conversion(name) => (kind::<extensions::CustomResourceDefinition>(), name),
        };
        (Api::all_with(self.client.clone(), &kind), name)
    }
}

impl Current {
    fn set(&self, identity: &Identity) -> Result<(), Error> {
        let chain: Result<Vec<_>, _> =
            CertificateDer::pem_slice_iter(identity.certificate.as_bytes()).collect();
        let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).map_err(part)?;
        let key = any_supported_type(&key).map_err(part)?;
        let certified = CertifiedKey::new(chain.map_err(part)?, key);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(certified));
        Ok(())
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for CertificateKeeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertificateKeeper")
            .field("secret", &self.secret)
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

/// Sets the bundle of every webhook, or of the conversion; false if it is there already.
fn set_bundle(configuration: &mut Value, bundle: &Value) -> bool {
    let mut changed = false;
    let mut set = |client_config: &mut Value| {
        if client_config.is_object() && client_config["caBundle"] != *bundle {
            client_config["caBundle"] = bundle.clone();
            changed = true;
        }
    };
    for webhook in configuration
        .get_mut("webhooks")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        webhook.get_mut("clientConfig").into_iter().for_each(&mut set);
    }
    configuration
        .pointer_mut("/spec/conversion/webhook/clientConfig")
        .into_iter()
        .for_each(set);
    changed
}

/// The identity in a Secret; `None` if it is not whole.
fn read(secret: &Secret) -> Option<Identity> {
    let text = |name: &str| String::from_utf8(secret.data.as_ref()?.get(name)?.0.clone()).ok();
    let renew_at = secret.metadata.annotations.as_ref()?.get(RENEW_AT)?;
    Some(Identity {
        authorities: text("ca.crt")?,
        certificate: text("tls.crt")?,
        key: text("tls.key")?,
        renew_at: renew_at.parse::<Timestamp>().ok()?,
    })
}

fn part(error: impl Into<BoxError>) -> Error {
    Error::Part {
        name: "webhook certificates".to_owned(),
        source: error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundle_is_set_where_it_differs() {
        let bundle = json!("QQ==");
        let mut hooks = json!({"webhooks": [{"clientConfig": {"url": "https://a"}}, {"clientConfig": {"caBundle": "QQ=="}}]});
        assert!(set_bundle(&mut hooks, &bundle));
        assert_eq!(hooks["webhooks"][0]["clientConfig"]["caBundle"], "QQ==");
        assert!(!set_bundle(&mut hooks, &bundle));
        let mut definition = json!({"spec": {"conversion": {"webhook": {"clientConfig": {"service": {}}}}}});
        assert!(set_bundle(&mut definition, &bundle));
        let mut none = json!({"spec": {"conversion": {"strategy": "None"}}});
        assert!(!set_bundle(&mut none, &bundle));
    }
}
