//! A write as policies and webhooks see it.
//!
//! Sources: `k8s.io/apiserver/pkg/admission/plugin/policy/matching/matching.go`,
//! `k8s.io/apiserver/pkg/admission/plugin/webhook/{generic/webhook.go,request/admissionreview.go}`.

use std::sync::Arc;

use kube_cel::cel::{Context, Value as Cel};
use serde_json::{Map, Value, json};

use super::{
    super::{
        call::{Call, Halt},
        meta::{self, Object},
        policies::{MatchResources, Selector, convert, language},
        state::State,
        store::{ObjectKey, ResourceKey, Store},
        types::ResourceType,
    },
    matching::Request,
};

/// The write that policies and webhooks are asked about.
pub(super) struct Subject<'a> {
    store: &'a Store,
    call: &'a Call<'a>,
    new: Option<&'a Object>,
    old: Option<&'a Object>,
    operation: &'static str,
    name: &'a str,
    namespace: Option<Object>,
}

/// The version in which a policy or a webhook sees the objects of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Matched {
    version: String,
}

impl<'a> Subject<'a> {
    pub(super) fn of(
        state: &'a State,
        call: &'a Call<'a>,
        new: Option<&'a Object>,
        old: Option<&'a Object>,
    ) -> Self {
        let operation = match (new, old) {
            (_, None) => "CREATE",
            (Some(_), Some(_)) => "UPDATE",
            (None, Some(_)) => "DELETE",
        };
        let given = call.target.name.as_str();
        let name = match (given, new.or(old)) {
            ("", Some(object)) => meta::text(object, "name"),
            _ => given,
        };
        let namespace = match call.target.namespace.as_str() {
            "" => None,
            namespace => state
                .store
                .get(
                    &ResourceKey::new("", "namespaces"),
                    &ObjectKey::new("", namespace),
                )
                .map(|stored| stored.value()),
        };
        Self {
            store: &state.store,
            call,
            new,
            old,
            operation,
            name,
            namespace,
        }
    }

    /// Whether a policy or a webhook (whose rules are `required`) or a binding is about the write, and in which version it sees
    /// it.
    pub(super) fn matched(&self, resources: &MatchResources, required: bool) -> Option<Matched> {
        if !self.is_selected(resources) {
            return None;
        }
        let here = self.request(&self.call.resource.version);
        if resources
            .exclude_resource_rules
            .iter()
            .any(|rule| rule.matches(here))
        {
            return None;
        }
        let about = |request: Request<'_>| resources.resource_rules.iter().any(|rule| rule.matches(request));
        if (resources.resource_rules.is_empty() && !required) || about(here) {
            return Some(seen_in(&self.call.resource.version));
        }
        if resources.is_exact() {
            return None;
        }
        let types = self.call.types.snapshot();
        let mut others = types.versions_of(&self.call.resource.group).filter(|version| {
            version
                .resources
                .iter()
                .any(|resource| resource.plural == self.call.resource.plural)
        });
        others
            .find(|other| about(self.request(&other.version)))
            .map(|other| seen_in(&other.version))
    }

    /// Whether the labels of the namespace and of one of the objects fit the selectors.
    fn is_selected(&self, resources: &MatchResources) -> bool {
        let fits = |object: Option<&Object>, selector: &Selector| {
            object.is_some_and(|object| {
                let labels = meta::member(object, "labels").and_then(Value::as_object);
                selector.matches(|key| labels?.get(key)?.as_str())
            })
        };
        let place = match (&self.namespace, self.is_namespace()) {
            (_, true) => fits(self.new.or(self.old), &resources.namespace_selector),
            (Some(namespace), false) => fits(Some(namespace), &resources.namespace_selector),
            (None, false) => !self.call.resource.namespaced || resources.namespace_selector.is_empty(),
        };
        let selector = &resources.object_selector;
        place && (selector.is_empty() || fits(self.new, selector) || fits(self.old, selector))
    }

    fn is_namespace(&self) -> bool {
        self.call.resource.group.is_empty() && &*self.call.resource.plural == "namespaces"
    }

    fn request<'r>(&'r self, version: &'r str) -> Request<'r> {
        Request {
            operation: self.operation,
            group: &self.call.resource.group,
            version,
            resource: &self.call.resource.plural,
            subresource: &self.call.target.subresource,
            name: self.name,
            namespaced: self.call.resource.namespaced,
        }
    }

    pub(super) fn store(&self) -> &Store {
        self.store
    }

    pub(super) fn call(&self) -> &'a Call<'a> {
        self.call
    }

    pub(super) fn name(&self) -> &str {
        self.name
    }

    pub(super) fn resource(&self) -> &ResourceType {
        &self.call.resource
    }

    /// Whether nothing will be stored, whatever comes of it.
    pub(super) fn is_dry_run(&self) -> bool {
        let mut values = self.call.request.query.all("dryRun");
        values.any(|value| value == "All")
    }

    /// Whether there is a new object that could be changed.
    pub(super) fn has_object(&self) -> bool {
        self.new.is_some()
    }

    /// The new object as it is seen.
    ///
    /// # Errors
    /// The webhook that converts it has yet to be asked, or fails.
    pub(super) fn object(&self, matched: &Matched) -> Result<Value, Halt> {
        self.seen(self.new, matched)
    }

    /// The resource in the version in which it is seen.
    pub(super) fn seen_by(&self, matched: &Matched) -> Arc<ResourceType> {
        let here = &self.call.resource;
        let types = self.call.types.snapshot();
        let other = types.resource(&here.group, &matched.version, &here.plural);
        Arc::clone(other.unwrap_or(here))
    }

    /// The resource in the version that an object says it has.
    pub(super) fn resource_of(&self, object: &Value) -> Arc<ResourceType> {
        let version = object["apiVersion"].as_str().unwrap_or_default();
        let version = version.rsplit('/').next().unwrap_or_default();
        self.seen_by(&seen_in(version))
    }

    /// An object that was changed as it is seen, in the version of the request again.
    ///
    /// # Errors
    /// The webhook that converts it has yet to be asked, or fails.
    pub(super) fn brought_back(&self, object: Value) -> Result<Value, Halt> {
        self.call.converted(object, &self.call.resource.version)
    }

    fn seen(&self, object: Option<&Object>, matched: &Matched) -> Result<Value, Halt> {
        let Some(object) = object else {
            return Ok(Value::Null);
        };
        let mut object = object.clone();
        object.insert("apiVersion".into(), self.call.resource.api_version().into());
        object.insert("kind".into(), (*self.call.resource.kind).into());
        self.call.converted(Value::Object(object), &matched.version)
    }

    /// The variables that every expression knows.
    ///
    /// # Errors
    /// The webhook that converts the objects has yet to be asked, or fails.
    pub(super) fn context(&self, matched: &Matched) -> Result<Context<'static>, Halt> {
        let mut context = language();
        context.add_variable_from_value("object", convert(&self.seen(self.new, matched)?));
        context.add_variable_from_value("oldObject", convert(&self.seen(self.old, matched)?));
        context.add_variable_from_value("request", convert(&self.admission_request(matched)));
        let namespace = match &self.namespace {
            None => Cel::Null,
            Some(namespace) => convert(&Value::Object(namespace.clone())),
        };
        context.add_variable_from_value("namespaceObject", namespace);
        Ok(context)
    }

    /// The write as the `AdmissionRequest` of a review, without its uid.
    ///
    /// # Errors
    /// The webhook that converts the objects has yet to be asked, or fails.
    pub(super) fn review(&self, matched: &Matched) -> Result<Value, Halt> {
        let mut request = self.admission_request(matched);
        request["object"] = self.seen(self.new, matched)?;
        request["oldObject"] = self.seen(self.old, matched)?;
        Ok(request)
    }

    /// The write as an `AdmissionRequest`, without its objects.
    fn admission_request(&self, matched: &Matched) -> Value {
        let (resource, target, user) = (&self.call.resource, self.call.target, self.call.user);
        let kind =
            |version: &str| json!({"group": &*resource.group, "version": version, "kind": &*resource.kind});
        let plural = |version: &str| json!({"group": &*resource.group, "version": version, "resource": &*resource.plural});
        let mut info = Map::new();
        info.insert("username".into(), user.name.as_str().into());
        info.insert("groups".into(), user.groups.clone().into());
        if !user.uid.is_empty() {
            info.insert("uid".into(), user.uid.as_str().into());
        }
        if !user.extra.is_empty() {
            info.insert("extra".into(), json!(user.extra));
        }
        let mut request = json!({
            "uid": "",
            "kind": kind(&matched.version),
            "resource": plural(&matched.version),
            "requestKind": kind(&resource.version),
            "requestResource": plural(&resource.version),
            "operation": self.operation,
            "userInfo": info,
            "dryRun": self.is_dry_run(),
            "options": self.options(),
        });
        let namespace = if self.is_namespace() {
            self.name
        } else {
            &target.namespace
        };
        for (field, text) in [
            ("name", self.name),
            ("namespace", namespace),
            ("subResource", target.subresource.as_str()),
            ("requestSubResource", target.subresource.as_str()),
        ] {
            if !text.is_empty() {
                request[field] = text.into();
            }
        }
        request
    }

    /// The options of the write, as the request gave them.
    fn options(&self) -> Value {
        let kind = match self.operation {
            "CREATE" => "CreateOptions",
            "DELETE" => "DeleteOptions",
            _ => "UpdateOptions",
        };
        let mut options = Map::new();
        if kind == "DeleteOptions"
            && let Ok(Value::Object(given)) = serde_json::from_slice(&self.call.request.body)
        {
            options = given;
        }
        let query = &self.call.request.query;
        for field in ["fieldManager", "fieldValidation", "propagationPolicy"] {
            let text = query.text(field);
            if !text.is_empty() {
                options.insert(field.to_owned(), text.into());
            }
        }
        if self.is_dry_run() {
            options.insert("dryRun".into(), json!(["All"]));
        }
        options.insert("kind".into(), kind.into());
        options.insert("apiVersion".into(), "meta.k8s.io/v1".into());
        options.into()
    }
}

fn seen_in(version: &str) -> Matched {
    Matched {
        version: version.to_owned(),
    }
}
