//! One object on the API server: its kind, its place, its name, and the requests that reach it.

use std::fmt;

use kube::api::{GetParams, ListParams, Patch, PatchParams, PostParams};
use kube::core::{ApiResource, DynamicObject, Request};
use kube::{Client, Resource as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::meta::{KnownScope, Object, Subject};

/// A kind that can be a child: one whose scope the compiler knows, as it does for every derived and built-in kind.
pub trait Child: Object<Scope: KnownScope> {}

impl<K: Object> Child for K where K::Scope: KnownScope {}

/// Where an object is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    resource: ApiResource,
    namespace: Option<String>,
    name: String,
}

impl Target {
    /// The object of this kind, namespace and name.
    pub fn new(resource: ApiResource, namespace: Option<String>, name: impl Into<String>) -> Self {
        Self {
            resource,
            namespace,
            name: name.into(),
        }
    }

    /// Where `object` is; `None` if it has no name.
    pub fn of<K: Subject>(object: &K) -> Option<Self> {
        let meta = object.metadata();
        Some(Self::new(
            object.resource().into_owned(),
            meta.namespace.clone(),
            meta.name.clone()?,
        ))
    }

    /// The kind's names.
    pub fn resource(&self) -> &ApiResource {
        &self.resource
    }

    /// The namespace, if the object is in one.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// The object's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn requests(&self) -> Request {
        Request::new(DynamicObject::url_path(&self.resource, self.namespace()))
    }

    /// Reads the object; `None` if it is not there.
    pub(crate) async fn get<T: DeserializeOwned>(&self, client: &Client) -> kube::Result<Option<T>> {
        let request = build(self.requests().get(&self.name, &GetParams::default()))?;
        found(client.request(request).await)
    }

    /// As [`get`](Target::get), for an object that has to be told its kind.
    pub(crate) async fn get_subject<K: Subject>(&self, client: &Client) -> kube::Result<Option<K>> {
        let text: Option<Box<RawValue>> = self.get(client).await?;
        text.map(|text| self.decode(&text)).transpose()
    }

    /// As [`patch`](Target::patch) of the object itself, for one that has to be told its kind.
    pub(crate) async fn patch_subject<K: Subject>(
        &self,
        client: &Client,
        params: &PatchParams,
        patch: &Patch<impl Serialize>,
    ) -> kube::Result<K> {
        let text: Box<RawValue> = self.patch(client, None, params, patch).await?;
        self.decode(&text)
    }

    fn decode<K: Subject>(&self, text: &RawValue) -> kube::Result<K> {
        K::decode(text.get(), &self.resource).map_err(kube::Error::SerdeError)
    }

    /// Creates the object from a body that names it.
    pub(crate) async fn create<T: DeserializeOwned>(
        &self,
        client: &Client,
        params: &PostParams,
        body: &impl Serialize,
    ) -> kube::Result<T> {
        let body = serde_json::to_vec(body).map_err(kube::Error::SerdeError)?;
        client.request(build(self.requests().create(params, body))?).await
    }

    /// Patches the object, or its subresource.
    pub(crate) async fn patch<T: DeserializeOwned>(
        &self,
        client: &Client,
        subresource: Option<&str>,
        params: &PatchParams,
        patch: &Patch<impl Serialize>,
    ) -> kube::Result<T> {
        let request = match subresource {
            Some(subresource) => self
                .requests()
                .patch_subresource(subresource, &self.name, params, patch),
            None => self.requests().patch(&self.name, params, patch),
        };
        client.request(build(request)?).await
    }

    /// Deletes the object; `false` if it was not there.
    pub(crate) async fn delete(
        &self,
        client: &Client,
        params: &kube::api::DeleteParams,
    ) -> kube::Result<bool> {
        let request = build(self.requests().delete(&self.name, params))?;
        Ok(found(client.request::<serde_json::Value>(request).await)?.is_some())
    }

    /// Lists the metadata of the objects of a kind.
    pub(crate) async fn list_metadata<T: DeserializeOwned>(
        resource: &ApiResource,
        namespace: Option<&str>,
        client: &Client,
        params: &ListParams,
    ) -> kube::Result<T> {
        let requests = Request::new(DynamicObject::url_path(resource, namespace));
        client.request(build(requests.list_metadata(params))?).await
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{} {namespace}/{}", self.resource.kind, self.name),
            None => write!(f, "{} {}", self.resource.kind, self.name),
        }
    }
}

fn build(
    request: Result<http::Request<Vec<u8>>, kube::core::request::Error>,
) -> kube::Result<http::Request<Vec<u8>>> {
    request.map_err(kube::Error::BuildRequest)
}

/// Turns "not found" into an answer.
pub(crate) fn found<T>(result: kube::Result<T>) -> kube::Result<Option<T>> {
    match result {
        Ok(object) => Ok(Some(object)),
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

    #[test]
    fn a_target_names_its_object() {
        let mut map = ConfigMap::default();
        assert_eq!(Target::of(&map), None);
        map.metadata = ObjectMeta {
            name: Some("a".into()),
            namespace: Some("n".into()),
            ..ObjectMeta::default()
        };
        assert_eq!(Target::of(&map).unwrap().to_string(), "ConfigMap n/a");
        let mut namespace = Namespace::default();
        namespace.metadata.name = Some("n".into());
        assert_eq!(Target::of(&namespace).unwrap().to_string(), "Namespace n");
    }
}
