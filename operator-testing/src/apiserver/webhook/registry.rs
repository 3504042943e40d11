//! Who answers webhooks, found by address.

use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use futures::{FutureExt as _, future::BoxFuture};
use http_body_util::{BodyExt as _, Collected};
use serde_json::Value;

use super::{
    endpoint::{Endpoint, Location, ServiceReference},
    reply::Reply,
};
use crate::apiserver::store::{ObjectKey, ResourceKey, Store};

/// Where the server looks for a webhook.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WebhookAddress {
    /// A Service, as `clientConfig.service` names it; all its ports and paths.
    Service {
        /// The namespace of the Service.
        namespace: String,
        /// The name of the Service.
        name: String,
    },
    /// The host of `clientConfig.url`, without its port; all its ports and paths.
    Host(String),
}

impl WebhookAddress {
    /// The Service of that name.
    pub fn service(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self::Service {
            namespace: namespace.into(),
            name: name.into(),
        }
    }

    /// The host of a URL.
    pub fn host(host: impl Into<String>) -> Self {
        Self::Host(host.into())
    }
}

/// Answers one call in process.
pub(super) type Handler = dyn Fn(http::Request<Bytes>) -> BoxFuture<'static, Reply> + Send + Sync;

/// Who answers.
#[derive(Clone)]
pub(super) enum Place {
    /// A handler in this process.
    Handler(Arc<Handler>),
    /// Whoever listens there: a host and a port.
    Socket(String, u16),
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handler(_) => f.write_str("Handler"),
            Self::Socket(host, port) => write!(f, "{host}:{port}"),
        }
    }
}

/// What was registered.
#[derive(Debug, Default)]
pub(crate) struct Registry(Mutex<BTreeMap<WebhookAddress, Place>>);

impl Registry {
    /// Lets a handler answer for an address.
    pub(crate) fn answer<F, Fut, B>(&self, at: WebhookAddress, handler: F)
    where
        F: Fn(http::Request<Bytes>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = http::Response<B>> + Send + 'static,
        B: http_body::Body + Send + 'static,
        B::Data: Send,
    {
        let handler = move |request| {
            let answer = handler(request);
            async move { collect(answer.await).await }.boxed()
        };
        self.put(at, Place::Handler(Arc::new(handler)));
    }

    /// Leads the calls of an address to a socket.
    pub(crate) fn lead(&self, at: WebhookAddress, to: SocketAddr) {
        self.put(at, Place::Socket(to.ip().to_string(), to.port()));
    }

    fn put(&self, at: WebhookAddress, place: Place) {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        places.insert(at, place);
    }

    fn get(&self, at: &WebhookAddress) -> Option<Place> {
        let places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        places.get(at).cloned()
    }

    /// Who answers for a webhook.
    ///
    /// # Errors
    /// Nobody does, in the real server's words.
    pub(super) fn find(
        &self,
        store: &Store,
        endpoint: &Endpoint,
        location: &Location,
    ) -> Result<Place, String> {
        let Some(service) = endpoint.service() else {
            let registered = self.get(&WebhookAddress::host(&location.host));
            return Ok(registered.unwrap_or_else(|| Place::Socket(location.host.clone(), location.port)));
        };
        if let Some(place) = self.get(&WebhookAddress::service(&service.namespace, &service.name)) {
            return Ok(place);
        }
        let read = |plural: &str| {
            let key = ObjectKey::new(&service.namespace, &service.name);
            let stored = store.get(&ResourceKey::new("", plural), &key)?;
            Some(Value::Object(stored.value()))
        };
        let Some(object) = read("services") else {
            return Err(format!("service {:?} not found", service.name));
        };
        external(&object, service)
            .or_else(|| listed(&object, &read("endpoints")?, service))
            .ok_or_else(|| format!("no endpoints available for service {:?}", service.name))
    }
}

/// The host that a Service stands for.
fn external(object: &Value, service: &ServiceReference) -> Option<Place> {
    let host = object["spec"]["externalName"].as_str()?;
    (object["spec"]["type"] == "ExternalName").then(|| Place::Socket(host.to_owned(), service.port()))
}

/// The first address that somebody wrote by hand. Those of Pods are left out: nothing runs in a simulated Pod.
fn listed(object: &Value, endpoints: &Value, service: &ServiceReference) -> Option<Place> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let name = list(&object["spec"]["ports"])
        .iter()
        .find(|port| port["port"] == service.port())
        .map(|port| port["name"].clone())?;
    list(&endpoints["subsets"]).iter().find_map(|subset| {
        let addresses = list(&subset["addresses"]);
        let address = addresses.iter().find(|address| address["targetRef"].is_null())?;
        let ports = list(&subset["ports"]);
        let port = ports.iter().find(|port| port["name"] == name)?["port"].as_u64()?;
        Some(Place::Socket(
            address["ip"].as_str()?.to_owned(),
            u16::try_from(port).ok()?,
        ))
    })
}

async fn collect<B: http_body::Body>(response: http::Response<B>) -> Reply {
    let (parts, body) = response.into_parts();
    Reply {
        code: parts.status.as_u16(),
        content_type: super::reply::content_type(&parts.headers),
        // a body that breaks off is one that says nothing
        body: body
            .collect()
            .await
            .map_or_else(|_| Bytes::new(), Collected::to_bytes),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn service() -> ServiceReference {
        let endpoint: Endpoint =
            serde_json::from_value(json!({"service": {"name": "s", "namespace": "n", "port": 8443}}))
                .unwrap();
        endpoint.service().unwrap().clone()
    }

    fn shown(place: &Option<Place>) -> String {
        format!("{place:?}")
    }

    #[test]
    fn services_lead_to_their_name_or_to_addresses_without_pods() {
        let named = json!({"spec": {"type": "ExternalName", "externalName": "localhost"}});
        assert_eq!(shown(&external(&named, &service())), "Some(localhost:8443)");
        let plain = json!({"spec": {"ports": [{"port": 8443}]}});
        let endpoints = json!({"subsets": [
            {"addresses": [{"ip": "10.0.0.1", "targetRef": {"kind": "Pod"}}], "ports": [{"port": 1}]},
            {"addresses": [{"ip": "127.0.0.1"}], "ports": [{"port": 9443}]},
        ]});
        assert_eq!(shown(&external(&plain, &service())), "None");
        assert_eq!(
            shown(&listed(&plain, &endpoints, &service())),
            "Some(127.0.0.1:9443)"
        );
    }
}
