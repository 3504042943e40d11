//! The API as one simulated controller sees it.

#![allow(
    clippy::needless_pass_by_value,
    reason = "bodies are made where they are sent and belong to nobody afterwards"
)]

use std::cell::Cell;

use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    kind::{EVENTS, Kind, NAMESPACES},
    object,
};
use crate::apiserver::{
    ApiServer, Loopback,
    status::StatusError,
    store::{ObjectKey, ResourceKey},
    types::ResourceType,
};

/// Calls the server as one user, without leaving the thread.
#[derive(Debug)]
pub(crate) struct Client {
    loopback: Loopback,
    component: &'static str,
    events: Cell<u64>,
}

impl Client {
    /// The client of the controller of this name.
    pub(crate) fn new(server: &ApiServer, component: &'static str) -> Self {
        let user = match component {
            "kube-scheduler" => "system:kube-scheduler".to_owned(),
            "kubelet" => "system:node:node-1".to_owned(),
            controller => format!("system:serviceaccount:kube-system:{controller}"),
        };
        Self {
            loopback: server.loopback(&user),
            component,
            events: Cell::new(0),
        }
    }

    /// The same client for whoever asks the webhooks that its calls wait for.
    pub(crate) fn loopback(&self) -> Loopback {
        self.loopback.clone()
    }

    /// The object, if it exists.
    pub(crate) fn get(&self, kind: &Kind, key: &ObjectKey) -> Result<Option<Value>, StatusError> {
        let found = self.loopback.get(
            &kind.group,
            &kind.version,
            &kind.plural,
            key.namespace(),
            key.name(),
        );
        match found {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.code == 404 => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The objects of a namespace, or of all of them.
    pub(crate) fn list(&self, kind: &Kind, namespace: Option<&str>) -> Result<Vec<Value>, StatusError> {
        let namespace = namespace.unwrap_or_default();
        self.loopback
            .list(&kind.group, &kind.version, &kind.plural, namespace, "")
    }

    pub(crate) fn create(&self, kind: &Kind, namespace: &str, object: Value) -> Result<Value, StatusError> {
        self.loopback
            .create(&kind.group, &kind.version, &kind.plural, namespace, &object)
    }

    pub(crate) fn replace(&self, kind: &Kind, object: &Value) -> Result<Value, StatusError> {
        let object = typed(kind, object);
        self.loopback
            .replace(&kind.group, &kind.version, &kind.plural, &object)
    }

    pub(crate) fn replace_status(&self, kind: &Kind, object: &Value) -> Result<Value, StatusError> {
        let object = typed(kind, object);
        self.loopback
            .replace_status(&kind.group, &kind.version, &kind.plural, &object)
    }

    /// Applies a JSON merge patch; an object that is gone by now is left alone.
    pub(crate) fn merge_patch(
        &self,
        kind: &Kind,
        key: &ObjectKey,
        patch: Value,
    ) -> Result<Option<Value>, StatusError> {
        let patched = self.loopback.merge_patch(
            &kind.group,
            &kind.version,
            &kind.plural,
            key.namespace(),
            key.name(),
            None,
            &patch,
        );
        match patched {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.code == 404 => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Deletes an object; one that is gone already is as good.
    pub(crate) fn delete(&self, kind: &Kind, key: &ObjectKey, options: Value) -> Result<(), StatusError> {
        let mut options = options;
        options["apiVersion"] = "v1".into();
        options["kind"] = "DeleteOptions".into();
        let deleted = self.loopback.delete(
            &kind.group,
            &kind.version,
            &kind.plural,
            key.namespace(),
            key.name(),
            &options,
        );
        match deleted {
            Err(error) if error.code != 404 => Err(error),
            _ => Ok(()),
        }
    }

    /// Writes the spec finalizers of a namespace that is being deleted.
    pub(crate) fn finalize_namespace(&self, namespace: &Value) -> Result<(), StatusError> {
        let namespace = typed(&NAMESPACES, namespace);
        self.loopback
            .put("", "v1", "namespaces", "finalize", &namespace)
            .map(|_| ())
    }

    /// Binds a Pod to a node.
    pub(crate) fn bind(&self, pod: &Value, node: &str) -> Result<(), StatusError> {
        let (namespace, name) = (object::namespace(pod), object::name(pod));
        let binding = json!({
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": name, "namespace": namespace, "uid": object::uid(pod)},
            "target": {"kind": "Node", "name": node},
        });
        let path = format!("/api/v1/namespaces/{namespace}/pods/{name}/binding");
        self.loopback
            .send(Method::POST, &path, "application/json", Some(&binding))
            .map(|_| ())
    }

    /// Records that something went as it should.
    pub(crate) fn event(&self, about: &Value, kind: &Kind, reason: &str, message: &str, now: Timestamp) {
        self.record(about, kind, "Normal", reason, message, now);
    }

    /// Records that something went wrong.
    pub(crate) fn warning(&self, about: &Value, kind: &Kind, reason: &str, message: &str, now: Timestamp) {
        self.record(about, kind, "Warning", reason, message, now);
    }

    fn record(
        &self,
        about: &Value,
        kind: &Kind,
        severity: &str,
        reason: &str,
        message: &str,
        now: Timestamp,
    ) {
        let namespace = match object::namespace(about) {
            "" => "default",
            namespace => namespace,
        };
        // the number keeps events of one instant apart
        let number = self.events.get();
        self.events.set(number + 1);
        let moment = i128::from(number) + now.as_nanosecond();
        let mut involved = json!({
            "apiVersion": kind.api_version(),
            "kind": kind.kind,
            "name": object::name(about),
            "uid": object::uid(about),
            "resourceVersion": about["metadata"]["resourceVersion"],
        });
        if !object::namespace(about).is_empty() {
            involved["namespace"] = namespace.into();
        }
        let event = json!({
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": format!("{}.{moment:x}", object::name(about)), "namespace": namespace},
            "involvedObject": involved,
            "reason": reason,
            "message": message,
            "source": {"component": self.component},
            "reportingComponent": self.component,
            "reportingInstance": "",
            "firstTimestamp": object::timestamp(now),
            "lastTimestamp": object::timestamp(now),
            "count": 1,
            "type": severity,
        });
        // events are best effort, as they are in a real cluster
        if let Err(error) = self.create(&EVENTS, namespace, event) {
            tracing::trace!(
                component = self.component,
                error = error.message,
                "event not recorded"
            );
        }
    }

    /// How a client addresses the objects of a resource.
    pub(crate) fn kind_of(&self, resource: &ResourceKey) -> Option<Kind> {
        let types = self.loopback.types();
        let found = types.by_group_resource(&resource.group, &resource.plural)?;
        Some(kind_from(found))
    }

    /// The kind of this name, and whether its objects live in namespaces.
    pub(crate) fn kind_named(&self, api_version: &str, kind: &str) -> Option<(Kind, bool)> {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        let types = self.loopback.types();
        let found = types.by_group_kind(group, kind)?;
        Some((kind_from(found), found.namespaced))
    }

    /// The kinds whose objects live in namespaces and can be listed and deleted, each in one version.
    pub(crate) fn namespaced_kinds(&self) -> Vec<Kind> {
        let mut kinds: Vec<Kind> = Vec::new();
        for resource in self.loopback.types().resources() {
            let has = |verb: &str| resource.verbs.iter().any(|known| &**known == verb);
            let known = kinds
                .iter()
                .any(|kind| kind.group == *resource.group && kind.plural == *resource.plural);
            if resource.namespaced && has("list") && has("delete") && !known {
                kinds.push(kind_from(resource));
            }
        }
        kinds
    }
}

fn kind_from(resource: &ResourceType) -> Kind {
    Kind {
        group: resource.group.to_string().into(),
        version: resource.version.to_string().into(),
        plural: resource.plural.to_string().into(),
        kind: resource.kind.to_string().into(),
    }
}

/// The object with its kind and version, which items of a list come without.
fn typed(kind: &Kind, object: &Value) -> Value {
    let mut object = object.clone();
    object["apiVersion"] = kind.api_version().into();
    object["kind"] = kind.kind.as_ref().into();
    object
}
