//! The scale subresource: the number of replicas of anything that has one.
//!
//! Source: `k8s.io/apiextensions-apiserver/pkg/registry/customresource/etcd.go`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    super::{
        core::State,
        meta::{self, Object},
        response::Response,
        status::{FieldError, StatusError},
        store::Stored,
        types::ScalePaths,
    },
    Call, Halt, body, encode,
    options::WriteOptions,
    strategy::Part,
    update,
};

/// `GET` of a scale.
pub(super) fn get(state: &State, call: &mut Call<'_>) -> Result<Response, Halt> {
    let (stored, paths) = find(state, call)?;
    let scale = scale_of(&call.object(&stored), &paths)?;
    Ok(encode::finish(call, Response::value(200, &scale)))
}

/// `PUT` of a scale.
pub(super) fn update(state: &mut State, call: &mut Call<'_>) -> Result<Response, Halt> {
    let options = WriteOptions::of(call.request, "UpdateOptions", false)?;
    let (stored, paths) = find(state, call)?;
    let scale = body::parse(body::format(call)?, &call.request.body).map_err(StatusError::bad_request)?;
    rescale(state, call, &stored, &paths, &scale, &options)
}

/// `PATCH` of a scale.
pub(super) fn patch(state: &mut State, call: &mut Call<'_>) -> Result<Response, Halt> {
    let options = WriteOptions::of(call.request, "PatchOptions", false)?;
    let (stored, paths) = find(state, call)?;
    let mut scale = scale_of(&call.object(&stored), &paths)?;
    let patch = body::parse(body::Format::Json, &call.request.body).map_err(StatusError::bad_request)?;
    super::patch::merge(&mut scale, patch);
    rescale(state, call, &stored, &paths, &scale, &options)
}

fn find(state: &State, call: &Call<'_>) -> Result<(Arc<Stored>, ScalePaths), Halt> {
    let paths = call.resource.scale.clone().ok_or_else(|| call.not_found())?;
    let stored = state.store.get(&call.storage(), &call.key()).cloned();
    Ok((stored.ok_or_else(|| call.not_found())?, paths))
}

fn rescale(
    state: &mut State,
    call: &mut Call<'_>,
    stored: &Stored,
    paths: &ScalePaths,
    scale: &Value,
    options: &WriteOptions,
) -> Result<Response, Halt> {
    let old = call.object(stored);
    let replicas = scale
        .pointer("/spec/replicas")
        .and_then(Value::as_i64)
        .unwrap_or(0);
    if replicas < 0 {
        let about = super::About {
            group: "autoscaling",
            kind: "Scale",
            name: &call.target.name,
        };
        return Err(StatusError::invalid(
            about,
            &[FieldError::invalid(
                "spec.replicas",
                &replicas.into(),
                "must be greater than or equal to 0",
            )],
        )
        .into());
    }
    let mut object = old.clone();
    set(&mut object, &paths.spec_replicas, replicas.into());
    let version = scale
        .pointer("/metadata/resourceVersion")
        .and_then(Value::as_str)
        .unwrap_or_default();
    meta::metadata_mut(&mut object).insert("resourceVersion".into(), version.into());
    if version.is_empty() {
        meta::metadata_mut(&mut object).insert("resourceVersion".into(), stored.revision.to_string().into());
    }
    update::change(state, call, stored, &old, object, Part::Main, options)?;
    let key = call.key();
    let now = match state.store.get(&call.storage(), &key) {
        Some(stored) => call.object(stored),
        None => old,
    };
    let scale = scale_of(&now, paths)?;
    Ok(encode::finish(call, Response::value(200, &scale)))
}

/// The scale of an object.
fn scale_of(object: &Object, paths: &ScalePaths) -> Result<Value, StatusError> {
    let number = |path: &[Arc<str>]| at(object, path).and_then(Value::as_i64);
    let mut metadata = Object::new();
    for field in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
        if let Some(value) = meta::member(object, field) {
            metadata.insert(field.into(), value.clone());
        }
    }
    let mut spec = Object::new();
    if let Some(replicas) = number(&paths.spec_replicas).filter(|replicas| *replicas != 0) {
        spec.insert("replicas".into(), replicas.into());
    }
    let mut status = json!({"replicas": number(&paths.status_replicas).unwrap_or(0)});
    if let Some(selector) = paths.label_selector.as_ref().and_then(|path| at(object, path)) {
        let selector = selector_text(selector);
        if !selector.is_empty() {
            status["selector"] = selector.into();
        }
    }
    Ok(json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata, "spec": spec, "status": status,
    }))
}

/// A selector as text: as it is, or a label selector written out.
fn selector_text(selector: &Value) -> String {
    if let Some(text) = selector.as_str() {
        return text.to_owned();
    }
    let pairs = |labels: &Object| -> Vec<String> {
        labels
            .iter()
            .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
            .collect()
    };
    let Some(members) = selector.as_object() else {
        return String::new();
    };
    let labels = match (members.get("matchLabels"), members.get("matchExpressions")) {
        (None, None) => return pairs(members).join(","),
        (labels, _) => labels.and_then(Value::as_object),
    };
    let mut parts = labels.map(pairs).unwrap_or_default();
    for expression in members
        .get("matchExpressions")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let text = |field: &str| expression.get(field).and_then(Value::as_str).unwrap_or_default();
        let values = expression
            .get("values")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(",");
        parts.push(match text("operator") {
            "In" => format!("{} in ({values})", text("key")),
            "NotIn" => format!("{} notin ({values})", text("key")),
            "DoesNotExist" => format!("!{}", text("key")),
            _ => text("key").to_owned(),
        });
    }
    parts.sort();
    parts.join(",")
}

fn at<'a>(object: &'a Object, path: &[Arc<str>]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter()
        .try_fold(object.get(&**first)?, |value, part| value.get(&**part))
}

fn set(object: &mut Object, path: &[Arc<str>], value: Value) {
    let Some((first, rest)) = path.split_first() else {
        return;
    };
    if rest.is_empty() {
        object.insert(first.to_string(), value);
        return;
    }
    let inner = object
        .entry(first.to_string())
        .or_insert_with(|| Value::Object(Object::new()));
    if let Some(inner) = inner.as_object_mut() {
        set(inner, rest, value);
    }
}
