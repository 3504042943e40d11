//! Asks one policy about one write.
//!
//! Source: `k8s.io/apiserver/pkg/admission/plugin/policy/validating/{dispatcher,validator}.go`.

use kube_cel::cel::{Context, Value as Cel};
use serde_json::{Map, Value, json};

use super::{
    super::{
        call::Call,
        meta::{self, Object},
        policies::{
            Binding, MatchResources, NamedExpression, Policy, Selector, Validation, convert, language, map,
        },
        state::State,
        store::{ObjectKey, ResourceKey, Store, Stored},
        types::ResourceType,
    },
    matching::Request,
};

/// The longest message an expression may make.
const MAX_MESSAGE: usize = 5 * 1024;

/// A validation that does not hold, or one that cannot be evaluated.
#[derive(Clone, Debug)]
pub(super) struct Denial {
    pub(super) policy: String,
    pub(super) binding: String,
    pub(super) message: String,
    /// Empty for the default.
    pub(super) reason: String,
}

/// The write that policies are asked about.
pub(super) struct Subject<'a> {
    store: &'a Store,
    call: &'a Call<'a>,
    new: Option<&'a Object>,
    old: Option<&'a Object>,
    operation: &'static str,
    name: &'a str,
    namespace: Option<Object>,
}

/// The version in which a policy sees the objects of a write.
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
        let name = match (given, new) {
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

    /// Whether a policy (whose rules are `required`) or a binding is about the write, and in which version it sees it.
    pub(super) fn matched(&self, resources: &MatchResources, required: bool) -> Option<Matched> {
        let labels = |object: Option<&Object>, selector: &Selector| {
            object.is_some_and(|object| {
                let labels = meta::member(object, "labels").and_then(Value::as_object);
                selector.matches(|key| labels?.get(key)?.as_str())
            })
        };
        let is_namespace = self.call.resource.group.is_empty() && &*self.call.resource.plural == "namespaces";
        let place = match (&self.namespace, is_namespace) {
            (_, true) => labels(self.new.or(self.old), &resources.namespace_selector),
            (Some(namespace), false) => labels(Some(namespace), &resources.namespace_selector),
            (None, false) => !self.call.resource.namespaced || resources.namespace_selector.is_empty(),
        };
        let selector = &resources.object_selector;
        let object = selector.is_empty() || labels(self.new, selector) || labels(self.old, selector);
        if !place || !object {
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
        if resources.resource_rules.is_empty() && !required {
            return Some(self.seen_in(&self.call.resource.version));
        }
        let about = |request: Request<'_>| resources.resource_rules.iter().any(|rule| rule.matches(request));
        if about(here) {
            return Some(self.seen_in(&self.call.resource.version));
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
            .map(|other| self.seen_in(&other.version))
    }

    fn seen_in(&self, version: &str) -> Matched {
        Matched {
            version: version.to_owned(),
        }
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

    pub(super) fn name(&self) -> &str {
        self.name
    }

    pub(super) fn resource(&self) -> &ResourceType {
        &self.call.resource
    }

    /// The variables that every expression knows.
    pub(super) fn context(&self, matched: &Matched) -> Context<'static> {
        let api_version = match &*self.call.resource.group {
            "" => matched.version.clone(),
            group => format!("{group}/{}", matched.version),
        };
        let object = |object: Option<&Object>| match object {
            None => Cel::Null,
            Some(object) => {
                let mut object = object.clone();
                object.insert("apiVersion".into(), api_version.as_str().into());
                object.insert("kind".into(), (*self.call.resource.kind).into());
                convert(&Value::Object(object))
            }
        };
        let mut context = language();
        context.add_variable_from_value("object", object(self.new));
        context.add_variable_from_value("oldObject", object(self.old));
        context.add_variable_from_value("request", convert(&self.admission_request(&matched.version)));
        let namespace = match &self.namespace {
            None => Cel::Null,
            Some(namespace) => convert(&Value::Object(namespace.clone())),
        };
        context.add_variable_from_value("namespaceObject", namespace);
        context
    }

    /// The write as an `AdmissionRequest`.
    fn admission_request(&self, version: &str) -> Value {
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
            "kind": kind(version),
            "resource": plural(version),
            "requestKind": kind(&resource.version),
            "requestResource": plural(&resource.version),
            "operation": self.operation,
            "userInfo": info,
            "dryRun": self.call.request.query.all("dryRun").any(|value| value == "All"),
        });
        for (field, text) in [
            ("name", self.name),
            ("namespace", target.namespace.as_str()),
            ("subResource", target.subresource.as_str()),
            ("requestSubResource", target.subresource.as_str()),
        ] {
            if !text.is_empty() {
                request[field] = text.into();
            }
        }
        request
    }
}

/// Everything about the write that a policy does not allow under one of its bindings.
pub(super) fn evaluate(
    subject: &Subject<'_>,
    policy: &Policy,
    binding: &Binding,
    matched: &Matched,
) -> Vec<Denial> {
    let deny = |message: String, reason: &str| Denial {
        policy: policy.metadata.name.clone(),
        binding: binding.metadata.name.clone(),
        message,
        reason: reason.to_owned(),
    };
    let params = match params(subject, policy, binding) {
        Ok(params) => params,
        Err(_) if !policy.spec.fails() => return Vec::new(),
        Err(why) => return vec![deny(format!("failed to configure binding: {why}"), "")],
    };
    let base = subject.context(matched);
    let mut denials = Vec::new();
    for param in params {
        let mut context = base.new_inner_scope();
        context.add_variable_from_value("params", param.as_ref().map_or(Cel::Null, convert));
        match conditions(&policy.spec.match_conditions, &context) {
            Ok(true) => {}
            Ok(false) => continue,
            Err(why) => {
                if policy.spec.fails() {
                    denials.push(deny(why, ""));
                }
                continue;
            }
        }
        add_variables(&policy.spec.variables, &mut context);
        for validation in &policy.spec.validations {
            match validation.expression.ask(&context) {
                Ok(Cel::Bool(true)) => {}
                Ok(_) => denials.push(deny(message(validation, &context), &validation.reason)),
                Err(why) if policy.spec.fails() => denials.push(deny(why, "")),
                Err(_) => {}
            }
        }
    }
    denials
}

/// Whether all conditions hold; one that does not counts more than one that cannot be evaluated.
pub(super) fn conditions(conditions: &[NamedExpression], context: &Context<'_>) -> Result<bool, String> {
    let mut failure = None;
    for condition in conditions {
        match condition.expression.ask(context) {
            Ok(Cel::Bool(true)) => {}
            Ok(_) => return Ok(false),
            Err(why) => failure = Some(why),
        }
    }
    failure.map_or(Ok(true), Err)
}

/// Makes the variables known; each may use those before it. One that fails is missing.
fn add_variables(variables: &[NamedExpression], context: &mut Context<'_>) {
    let mut known: Vec<(String, Cel)> = Vec::with_capacity(variables.len());
    context.add_variable_from_value("variables", map(std::iter::empty()));
    for variable in variables {
        if let Ok(value) = variable.expression.ask(context) {
            known.push((variable.name.clone(), value));
            context.add_variable_from_value("variables", map(known.iter().cloned()));
        }
    }
}

/// What to say of a validation that does not hold.
fn message(validation: &Validation, context: &Context<'_>) -> String {
    let made = validation
        .message_expression
        .as_ref()
        .and_then(|expression| expression.ask(context).ok());
    if let Some(Cel::String(text)) = made {
        let text = text.trim();
        if !text.is_empty() && text.len() <= MAX_MESSAGE && !text.contains('\n') {
            return text.to_owned();
        }
    }
    match validation.message.trim() {
        "" => format!("failed expression: {}", validation.expression.text().trim()),
        message => message.to_owned(),
    }
}

/// The parameters that a binding asks with; `None` stands for none at all.
fn params(subject: &Subject<'_>, policy: &Policy, binding: &Binding) -> Result<Vec<Option<Value>>, String> {
    let (Some(kind), Some(reference)) = (&policy.spec.param_kind, &binding.spec.param_ref) else {
        return Ok(vec![None]);
    };
    let (group, version) = kind
        .api_version
        .rsplit_once('/')
        .unwrap_or(("", &kind.api_version));
    let types = subject.call.types.snapshot();
    let resource = types.by_kind(group, version, &kind.kind).ok_or_else(|| {
        format!(
            "failed to find resource referenced by paramKind: '{}, Kind={}'",
            if group.is_empty() {
                format!("/{version}")
            } else {
                kind.api_version.clone()
            },
            kind.kind
        )
    })?;
    let namespace = match (resource.namespaced, reference.namespace.as_str()) {
        (false, _) => "",
        (true, "") => subject.call.target.namespace.as_str(),
        (true, namespace) => namespace,
    };
    if resource.namespaced && namespace.is_empty() {
        return Err("can't use namespaced paramRef to match cluster-scoped resources".into());
    }
    let key = ResourceKey::new(&*resource.group, &*resource.plural);
    let show = |stored: &Stored| {
        let mut object = stored.value();
        object.insert("apiVersion".into(), kind.api_version.as_str().into());
        object.insert("kind".into(), kind.kind.as_str().into());
        Some(Value::Object(object))
    };
    let found: Vec<Option<Value>> = match &reference.selector {
        None => subject
            .store
            .get(&key, &ObjectKey::new(namespace, &reference.name))
            .map(|stored| show(stored))
            .into_iter()
            .collect(),
        Some(selector) => subject
            .store
            .list(&key, resource.namespaced.then_some(namespace), None)
            .filter(|stored| selector.matches(|label| stored.label(label)))
            .map(|stored| show(stored))
            .collect(),
    };
    if found.is_empty() && reference.parameter_not_found_action.as_deref() != Some("Allow") {
        return Err("no params found for policy binding with `Deny` parameterNotFoundAction".into());
    }
    Ok(found)
}
