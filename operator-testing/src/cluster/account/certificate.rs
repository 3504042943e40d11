//! `root-ca-certificate-publisher-controller`: a ConfigMap `kube-root-ca.crt` in every namespace.

use serde_json::json;

use crate::{
    apiserver::{status::StatusError, store::ObjectKey},
    cluster::{
        controller::{Context, Controller, Next, Seen},
        kind::{CONFIG_MAPS, NAMESPACES},
        object::{self, text},
    },
};

const NAME: &str = "kube-root-ca.crt";
const DESCRIPTION: &str = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

/// The simulated publisher. Its keys are namespaces.
#[derive(Debug)]
pub(crate) struct RootCertificates {
    certificate: String,
}

impl RootCertificates {
    /// A publisher of this certificate bundle (PEM).
    pub(crate) fn new(certificate: impl Into<String>) -> Self {
        Self {
            certificate: certificate.into(),
        }
    }
}

impl Controller for RootCertificates {
    fn name(&self) -> &'static str {
        "root-ca-certificate-publisher-controller"
    }

    fn observe(&mut self, seen: &Seen, _cx: &Context<'_>, wake: &mut Vec<ObjectKey>) {
        if seen.is(&NAMESPACES) {
            wake.push(seen.key().clone());
        } else if seen.is(&CONFIG_MAPS) && seen.key().name() == NAME {
            wake.push(ObjectKey::new("", seen.key().namespace()));
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, cx: &Context<'_>) -> Result<Next, StatusError> {
        let namespace = cx.client.get(&NAMESPACES, key)?;
        if namespace.is_none_or(|namespace| object::is_deleting(&namespace)) {
            return Ok(Next::Done);
        }
        let map = ObjectKey::new(key.name(), NAME);
        match cx.client.get(&CONFIG_MAPS, &map)? {
            None => {
                let map = json!({
                    "apiVersion": "v1",
                    "kind": "ConfigMap",
                    "metadata": {"name": NAME, "annotations": {"kubernetes.io/description": DESCRIPTION}},
                    "data": {"ca.crt": self.certificate},
                });
                cx.client.create(&CONFIG_MAPS, key.name(), map)?;
            }
            Some(mut map) => {
                let data = json!({"ca.crt": self.certificate});
                let described = text(&map, "/metadata/annotations/kubernetes.io~1description") == DESCRIPTION;
                if map["data"] != data || !described {
                    map["data"] = data;
                    object::set_annotation(&mut map, "kubernetes.io/description", DESCRIPTION);
                    cx.client.replace(&CONFIG_MAPS, &map)?;
                }
            }
        }
        Ok(Next::Done)
    }
}
