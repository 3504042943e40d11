//! The scale subresource: the number of replicas of anything that has one.
//!
//! Source: `k8s.io/apiextensions-apiserver/pkg/registry/customresource/etcd.go`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    super::{
        call::{Call, Halt},
        meta::{self, Object},
        patch::apply::{
            self, Applied, FieldSet, OneVersion,
            scale::{self, ReplicasPaths},
        },
        response::Response,
        state::State,
        status::{FieldError, StatusError},
        store::Stored,
        types::ScalePaths,
    },
    answer, body,
    options::WriteOptions,
    patch::{PatchType, about_scale},
    scale_body::{self, SCALE},
    strategy::Part,
    update,
};

/// `GET` of a scale.
pub(super) fn get(state: &State, call: &mut Call<'_>) -> Result<Response, Halt> {
    let (stored, paths) = find(state, call)?;
    if call.resource.custom.is_some() && at(&stored.value(), &paths.spec_replicas).is_none() {
        return Err(StatusError::internal(format!(
            "the spec replicas field \".{}\" does not exist",
            paths.spec_replicas.join(".")
        ))
        .into());
    }
    let scale = scale_of(&call.object(&stored), &paths)?;
    Ok(answer::finish(call, Response::value(200, &scale)))
}

/// `PUT` of a scale.
pub(super) fn update(state: &mut State, call: &mut Call<'_>) -> Result<Response, Halt> {
    let options = WriteOptions::of(call.request, "UpdateOptions", false)?;
    let scale = scale_body::replacement(call, options.field_validation)?;
    let (stored, paths) = find(state, call)?;
    rescale(state, call, &stored, &paths, Write::Update(scale), &options)
}

/// `PATCH` of a scale.
pub(super) fn patch(state: &mut State, call: &mut Call<'_>) -> Result<Response, Halt> {
    let kind = PatchType::of(call)?;
    let options = WriteOptions::of(call.request, "PatchOptions", kind == PatchType::Apply)?;
    let (stored, paths) = find(state, call)?;
    rescale(state, call, &stored, &paths, Write::Patch(kind), &options)
}

/// How a scale is written.
enum Write {
    Update(Value),
    Patch(PatchType),
}

fn find(state: &State, call: &Call<'_>) -> Result<(Arc<Stored>, ScalePaths), Halt> {
    let paths = call.resource.scale.clone().ok_or_else(|| call.not_found())?;
    let stored = state.store.get(&call.storage(), &call.key()).cloned();
    let stored = stored.ok_or_else(|| call.not_found())?;
    Ok((call.shown(stored)?, paths))
}

fn rescale(
    state: &mut State,
    call: &mut Call<'_>,
    stored: &Stored,
    paths: &ScalePaths,
    write: Write,
    options: &WriteOptions,
) -> Result<Response, Halt> {
    let old = Value::Object(call.object(stored));
    let versions = replicas_paths(call);
    let mut old_scale = scale_of(meta::object_of(&old), paths)?;
    scale::show(&old, &mut old_scale, &versions).map_err(StatusError::internal)?;
    let scale = written(call, &old_scale, write, options)?;
    let replicas = scale
        .pointer("/spec/replicas")
        .and_then(Value::as_i64)
        .unwrap_or(0);
    check_metadata(call, stored, &scale, options)?;
    if replicas < 0 && call.resource.custom.is_none() {
        return Err(StatusError::invalid(
            about_scale(call),
            &[FieldError::invalid(
                "spec.replicas",
                &replicas.into(),
                "must be greater than or equal to 0",
            )],
        )
        .into());
    }
    let mut value = old.clone();
    scale::carry_back(&scale, &mut value, &call.resource.api_version(), &versions)
        .map_err(StatusError::internal)?;
    let mut object = meta::into_object(value);
    set(&mut object, &paths.spec_replicas, replicas.into());
    let mut value = Value::Object(object);
    call.unsettled = if call.resource.custom.is_some() {
        // the replicas may have made a place for defaults, which a real server fills in when it reads the object again
        let written = value.clone();
        call.resource.fill_defaults(&mut value);
        value != written
    } else {
        scale::reorders(&value)
    };
    let mut object = meta::into_object(value);
    let version = match scale.pointer("/metadata/resourceVersion").and_then(Value::as_str) {
        None | Some("" | "0") => stored.revision.to_string(),
        Some(version) => version.to_owned(),
    };
    meta::metadata_mut(&mut object).insert("resourceVersion".into(), version.into());
    let answer = update::change(state, call, stored, &old, object, Part::Main, options)?;
    let now: Value = serde_json::from_slice(answer.bytes()).unwrap_or(old);
    let scale = scale_of(meta::object_of(&now), paths)?;
    call.warnings.extend(answer.warnings);
    Ok(answer::finish(call, Response::value(200, &scale)))
}

/// The scale that a client wrote, with its managers.
fn written(
    call: &mut Call<'_>,
    old: &Value,
    write: Write,
    options: &WriteOptions,
) -> Result<Value, StatusError> {
    let schema = SCALE.schema();
    let request = apply::Request {
        manager: &options.manager,
        subresource: "scale",
        api_version: "autoscaling/v1",
        kind: "Scale",
        schema,
        reset: &FieldSet::default(),
        reflected: None,
        versions: &OneVersion,
        now: call.time,
    };
    let mut scale = match write {
        Write::Update(scale) => scale,
        Write::Patch(PatchType::Apply) => {
            let config = body::parse(body::Format::Yaml, &call.request.body)
                .map_err(|error| StatusError::bad_request(format!("error decoding YAML: {error}")))?;
            // the managers of what nobody manages would be made by converting the scale, which custom resources cannot
            if call.resource.custom.is_some() && old["metadata"]["managedFields"].is_null() {
                let message = "failed to create manager for existing fields: failed to convert live object (/; autoscaling/v1, \
                               Kind=Scale) to proper version: request to convert CR to an invalid group/version: autoscaling/v1";
                return Err(StatusError::new(500, "", message));
            }
            let Applied::Changed(scale) = apply::apply(Some(old), &config.value, options.force, &request)?
            else {
                return Ok(old.clone());
            };
            // a scale that the merge made would have to be converted, which custom resources cannot
            if call.resource.custom.is_some() && unmanaged(&scale) != unmanaged(old) {
                return Err(StatusError::new(
                    500,
                    "",
                    format!(
                        "failed to convert new object ({}) to proper version: request to convert CR to an invalid \
                         group/version: autoscaling/v1",
                        request.describe(&config.value)
                    ),
                ));
            }
            return Ok(scale);
        }
        Write::Patch(kind) => scale_body::patched(call, kind, old, options.field_validation)?,
    };
    apply::track_update(Some(old), &mut scale, &request);
    Ok(scale)
}

/// A scale without its managers.
fn unmanaged(scale: &Value) -> Value {
    let mut scale = scale.clone();
    if let Some(metadata) = scale["metadata"].as_object_mut() {
        metadata.remove("managedFields");
    }
    scale
}

fn check_metadata(
    call: &Call<'_>,
    stored: &Stored,
    scale: &Value,
    options: &WriteOptions,
) -> Result<(), StatusError> {
    let text = |path: &str| scale.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let (name, namespace, uid) = (
        text("/metadata/name"),
        text("/metadata/namespace"),
        text("/metadata/uid"),
    );
    if name.is_empty() {
        return Err(StatusError::bad_request(format!(
            "the name of the object ({} based on URL) was undeterminable: name must be provided",
            call.target.name
        )));
    }
    update::same_name(name, &call.target.name)?;
    if !namespace.is_empty() && namespace != call.target.namespace {
        return Err(StatusError::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    update::same_uid(call, &stored.uid, uid, options)
}

/// Where every version of the resource keeps its replicas.
fn replicas_paths(call: &Call<'_>) -> ReplicasPaths {
    let types = call.types.snapshot();
    types
        .versions_of(&call.resource.group)
        .filter_map(|version| {
            let resource = version
                .resources
                .iter()
                .find(|other| other.plural == call.resource.plural)?;
            Some((version.api_version(), resource.scale.clone()?))
        })
        .fold(ReplicasPaths::default(), |paths, (version, scale)| {
            paths.version(&version, scale.spec_replicas.iter().map(|part| &**part))
        })
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
pub(super) fn selector_text(selector: &Value) -> String {
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
