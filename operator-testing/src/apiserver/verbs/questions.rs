//! Questions about access: the kinds of `authorization.k8s.io` and `authentication.k8s.io` that answer instead of being
//! stored.
//!
//! Sources: `k8s.io/kubernetes/pkg/registry/{authorization,authentication}`, `k8s.io/kubernetes/pkg/apis/authorization/validation`.

use serde_json::{Map, Value, json};

use super::super::{
    access::{AUDIENCE, Access, Attributes, Decision},
    call::Call,
    meta::Object,
    request::{Target, User},
    status::{About, FieldError, StatusError},
    store::Store,
};

/// Whether objects of a resource are questions.
pub(super) fn is_review(target: &Target) -> bool {
    match target.group.as_str() {
        "authorization.k8s.io" => matches!(
            target.resource.as_str(),
            "selfsubjectaccessreviews"
                | "subjectaccessreviews"
                | "localsubjectaccessreviews"
                | "selfsubjectrulesreviews"
        ),
        "authentication.k8s.io" => matches!(target.resource.as_str(), "selfsubjectreviews" | "tokenreviews"),
        _ => false,
    }
}

/// Answers a question, an object as the client sent it.
///
/// # Errors
/// 400 and 422 for questions that make no sense.
pub(super) fn answer(store: &Store, call: &Call<'_>, mut asked: Object) -> Result<Object, StatusError> {
    let (access, user) = (call.access, call.user);
    let spec = asked
        .remove("spec")
        .filter(Value::is_object)
        .unwrap_or_else(|| json!({}));
    let mut metadata = Map::new();
    let managers = asked
        .get("metadata")
        .and_then(|metadata| metadata.get("managedFields"));
    if let Some(managers) = managers {
        metadata.insert("managedFields".into(), managers.clone());
    }
    let (spec, status) = match &*call.resource.plural {
        "selfsubjectaccessreviews" => {
            check_access_review(&asked, &spec, None)?;
            let status = decide(access, store, user, &spec);
            (Some(spec), status)
        }
        "subjectaccessreviews" => {
            check_access_review(&asked, &spec, Some(&spec))?;
            let status = decide(access, store, &subject(&spec), &spec);
            (Some(spec), status)
        }
        "localsubjectaccessreviews" => {
            check_local_review(call, &asked, &spec)?;
            metadata.insert("namespace".into(), call.target.namespace.as_str().into());
            let status = decide(access, store, &subject(&spec), &spec);
            (Some(spec), status)
        }
        "selfsubjectrulesreviews" => {
            let namespace = text(&spec, "namespace");
            if namespace.is_empty() {
                return Err(StatusError::bad_request("no namespace on request"));
            }
            metadata.clear();
            (Some(json!({})), rules(access, store, user, namespace))
        }
        "tokenreviews" => {
            let status = token(store, call, &spec)?;
            (Some(spec), status)
        }
        _ => {
            metadata.clear();
            metadata.insert("creationTimestamp".into(), call.now.as_str().into());
            (None, json!({ "userInfo": info(user) }))
        }
    };
    let mut answer = Object::new();
    answer.insert("kind".into(), (*call.resource.kind).into());
    answer.insert("apiVersion".into(), call.resource.api_version().into());
    answer.insert("metadata".into(), metadata.into());
    if let Some(spec) = spec {
        answer.insert("spec".into(), spec);
    }
    answer.insert("status".into(), status);
    Ok(answer)
}

/// Checks the spec of an access review, and its subject if it names one.
fn check_access_review(asked: &Object, spec: &Value, subject: Option<&Value>) -> Result<(), StatusError> {
    let mut errors = check_spec(spec, subject);
    let mut metadata = asked
        .get("metadata")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    metadata.retain(|_, value| !value.is_null());
    if metadata.keys().any(|field| field != "managedFields") {
        errors.push(FieldError::new(
            "metadata",
            "FieldValueInvalid",
            format!("Invalid value: {}: must be empty", meta_as_sent(&metadata)),
        ));
    }
    refuse(&errors)
}

fn check_local_review(call: &Call<'_>, asked: &Object, spec: &Value) -> Result<(), StatusError> {
    let mut errors = check_spec(spec, Some(spec));
    let mut metadata = asked
        .get("metadata")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    metadata.retain(|_, value| !value.is_null());
    if metadata
        .keys()
        .any(|field| !matches!(field.as_str(), "namespace" | "managedFields"))
    {
        errors.push(FieldError::new(
            "metadata",
            "FieldValueInvalid",
            format!(
                "Invalid value: {}: must be empty except for namespace",
                meta_as_sent(&metadata)
            ),
        ));
    }
    if let Some(attributes) = spec.get("resourceAttributes").filter(|value| !value.is_null()) {
        let namespace = text(attributes, "namespace");
        if namespace != call.target.namespace {
            errors.push(FieldError::invalid(
                "spec.resourceAttributes.namespace",
                &namespace.into(),
                "must match metadata.namespace",
            ));
        }
    }
    if spec
        .get("nonResourceAttributes")
        .is_some_and(|value| !value.is_null())
    {
        errors.push(FieldError::invalid(
            "spec.nonResourceAttributes",
            &go_names(&spec["nonResourceAttributes"]),
            "disallowed on this kind of request",
        ));
    }
    refuse(&errors)
}

fn check_spec(spec: &Value, subject: Option<&Value>) -> Vec<FieldError> {
    let given = |field: &str| spec.get(field).filter(|value| !value.is_null());
    let mut errors = Vec::new();
    match (given("resourceAttributes"), given("nonResourceAttributes")) {
        (Some(_), Some(path)) => errors.push(FieldError::invalid(
            "spec.nonResourceAttributes",
            &go_names(path),
            "cannot be specified in combination with resourceAttributes",
        )),
        (None, None) => errors.push(FieldError::invalid(
            "spec.resourceAttributes",
            &Value::Null,
            "exactly one of nonResourceAttributes or resourceAttributes must be specified",
        )),
        _ => {}
    }
    if let Some(subject) = subject
        && text(subject, "user").is_empty()
        && words(subject, "groups").is_empty()
    {
        errors.push(FieldError::invalid(
            "spec.user",
            &"".into(),
            "at least one of user or group must be specified",
        ));
    }
    errors
}

fn refuse(errors: &[FieldError]) -> Result<(), StatusError> {
    if errors.is_empty() {
        return Ok(());
    }
    let about = About {
        group: "authorization.k8s.io",
        kind: "",
        name: "",
    };
    Err(StatusError::invalid(about, errors))
}

/// A value whose members have the names of Go's fields, as messages show internal types.
fn go_names(value: &Value) -> Value {
    let members = value.as_object().into_iter().flatten();
    members
        .map(|(name, value)| {
            let mut name = name.clone();
            if let Some(first) = name.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            (name, value.clone())
        })
        .collect::<Map<_, _>>()
        .into()
}

/// Metadata with its fields in the order of a real server.
fn meta_as_sent(metadata: &Map<String, Value>) -> String {
    const ENTRY: [&str; 7] = [
        "manager",
        "operation",
        "apiVersion",
        "time",
        "fieldsType",
        "fieldsV1",
        "subresource",
    ];
    let in_order = |members: &Map<String, Value>, order: &[&str]| {
        let known = order.iter().copied();
        let rest = members
            .keys()
            .map(String::as_str)
            .filter(|name| !order.contains(name));
        let parts: Vec<String> = known
            .chain(rest)
            .filter_map(|name| Some((name, members.get(name)?)))
            .map(|(name, value)| format!("{}:{value}", Value::from(name)))
            .collect();
        format!("{{{}}}", parts.join(","))
    };
    let mut rest = metadata.clone();
    let managers = rest.remove("managedFields");
    let mut text = in_order(&rest, &["name", "generateName", "namespace"]);
    if let Some(Value::Array(entries)) = managers {
        let entries: Vec<String> = entries
            .iter()
            .filter_map(Value::as_object)
            .map(|entry| in_order(entry, &ENTRY))
            .collect();
        let comma = if rest.is_empty() { "" } else { "," };
        text.truncate(text.len() - 1);
        text += &format!("{comma}\"managedFields\":[{}]}}", entries.join(","));
    }
    text
}

/// The answer to an access review.
fn decide(access: &Access, store: &Store, user: &User, spec: &Value) -> Value {
    let attributes = match spec.get("resourceAttributes").filter(|value| !value.is_null()) {
        Some(asked) => {
            let part = |name: &str| text(asked, name).to_owned();
            Attributes::Resource {
                verb: part("verb"),
                group: part("group"),
                resource: part("resource"),
                subresource: part("subresource"),
                namespace: part("namespace"),
                name: part("name"),
            }
        }
        None => {
            let asked = &spec["nonResourceAttributes"];
            Attributes::Path {
                verb: text(asked, "verb").to_owned(),
                path: text(asked, "path").to_owned(),
            }
        }
    };
    let Decision { allowed, reason } = access.decide(store, user, &attributes);
    let mut status = json!({ "allowed": allowed });
    if !reason.is_empty() {
        status["reason"] = reason.into();
    }
    status
}

/// The user that a review asks about.
fn subject(spec: &Value) -> User {
    User {
        name: text(spec, "user").to_owned(),
        uid: text(spec, "uid").to_owned(),
        groups: words(spec, "groups"),
        ..User::default()
    }
}

/// What a user may do in a namespace.
fn rules(access: &Access, store: &Store, user: &User, namespace: &str) -> Value {
    let (rules, errors) = access.policy(store).rules_for(user, namespace);
    let (mut resources, mut paths) = (Vec::new(), Vec::new());
    if user.is_in(User::MASTERS) {
        resources.push(json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}));
        paths.push(json!({"verbs": ["*"], "nonResourceURLs": ["*"]}));
    }
    for rule in rules {
        if !rule.resources.is_empty() {
            let mut shown =
                json!({"verbs": rule.verbs, "apiGroups": rule.api_groups, "resources": rule.resources});
            if !rule.resource_names.is_empty() {
                shown["resourceNames"] = rule.resource_names.into();
            }
            resources.push(shown);
        }
        if !rule.non_resource_urls.is_empty() {
            paths.push(json!({"verbs": rule.verbs, "nonResourceURLs": rule.non_resource_urls}));
        }
    }
    let mut status = json!({"resourceRules": resources, "nonResourceRules": paths, "incomplete": false});
    if !errors.is_empty() {
        status["evaluationError"] = errors.join(", ").into();
    }
    status
}

fn token(store: &Store, call: &Call<'_>, spec: &Value) -> Result<Value, StatusError> {
    let token = text(spec, "token");
    if token.is_empty() {
        return Err(StatusError::bad_request(
            "token is required for TokenReview in authentication",
        ));
    }
    let wanted = words(spec, "audiences");
    let mut wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    if wanted.is_empty() {
        wanted.push(AUDIENCE);
    }
    Ok(match call.access.user_of(store, token, &wanted, call.time) {
        Ok((user, audiences)) => json!({"authenticated": true, "user": info(&user), "audiences": audiences}),
        Err(why) => json!({"user": {}, "error": why}),
    })
}

fn info(user: &User) -> Value {
    let mut info = json!({"username": user.name, "groups": user.groups});
    if !user.uid.is_empty() {
        info["uid"] = user.uid.as_str().into();
    }
    if !user.extra.is_empty() {
        info["extra"] = json!(user.extra);
    }
    info
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn words(value: &Value, name: &str) -> Vec<String> {
    let list = value.get(name).and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}
