//! What is wrong with the `metadata` of an object.
//!
//! Source: `k8s.io/apimachinery/pkg/api/validation/objectmeta.go`.

use serde_json::Value;

use super::{
    Object, finalizers, is_deleting, label_key_problems, label_value_problems, member, name_problems,
    names::{label_1123_problems, path_segment_problems},
    text,
};
use crate::apiserver::{
    status::FieldError,
    types::{NameRule, ResourceType},
};

/// The size of all annotations of an object together.
const ANNOTATIONS_LIMIT: usize = 256 * 1024;

/// Checks the metadata of a new object.
pub(crate) fn validate_created(object: &Object, resource: &ResourceType) -> Vec<FieldError> {
    // events of the core group are older than rules for names, and disruption budgets have none of their own
    let is_loose = matches!(
        (&*resource.group, &*resource.plural),
        ("", "events") | ("policy", "poddisruptionbudgets")
    );
    let rule = if is_loose {
        NameRule::PathSegment
    } else {
        resource.rules.name
    };
    let mut errors = validate_names(object, |name, prefix| name_problems(rule, name, prefix));
    validate_common(object, resource.namespaced, &mut errors);
    errors.extend(finalizer_errors(object, resource));
    errors
}

/// Checks the metadata of an object inside another one, which may have no name.
pub(crate) fn validate_embedded(object: &Object) -> Vec<FieldError> {
    let mut errors = validate_names(object, path_segment_problems);
    errors.retain(|error| error.reason != "FieldValueRequired");
    let has_namespace = !text(object, "namespace").is_empty();
    validate_common(object, has_namespace, &mut errors);
    errors
}

/// What the built-in kinds demand of finalizers beyond the form of their names.
fn finalizer_errors(object: &Object, resource: &ResourceType) -> Vec<FieldError> {
    let is_loose = matches!(
        (&*resource.group, &*resource.plural),
        ("apiextensions.k8s.io" | "coordination.k8s.io", _) | ("policy", "poddisruptionbudgets")
    );
    if resource.custom.is_some() || is_loose {
        return Vec::new();
    }
    finalizers(object)
        .iter()
        .enumerate()
        .filter(|(_, name)| {
            !name.contains('/') && !matches!(**name, "kubernetes" | "orphan" | "foregroundDeletion")
        })
        .map(|(index, name)| {
            FieldError::invalid(
                format!("metadata.finalizers[{index}]"),
                &(*name).into(),
                "name is neither a standard finalizer name nor is it fully qualified",
            )
        })
        .collect()
}

/// What a kind checks of the metadata of a changed object, besides what is checked for all kinds: each says again what is wrong.
struct OwnChecks {
    /// Whether the change is checked.
    change: bool,
    /// How often the object is checked as if it were new.
    anew: usize,
}

impl OwnChecks {
    /// The checks of a change of the status (or another part of an object) or of the object itself.
    fn of(resource: &ResourceType, is_part: bool) -> Self {
        let checks = |change, anew| Self { change, anew };
        let only_change = checks(true, 0);
        match (&*resource.group, &*resource.plural) {
            ("policy", "poddisruptionbudgets") => checks(false, 0),
            ("batch", "cronjobs") if is_part => checks(false, 0),
            _ if is_part => only_change,
            ("", "persistentvolumes") => checks(false, 2),
            ("discovery.k8s.io", "endpointslices") => checks(false, 1),
            (
                "",
                "configmaps"
                | "endpoints"
                | "persistentvolumeclaims"
                | "pods"
                | "secrets"
                | "serviceaccounts",
            )
            | ("batch", "jobs")
            | ("networking.k8s.io", "ingresses")
            | ("rbac.authorization.k8s.io", _)
            | ("storage.k8s.io", "storageclasses") => checks(true, 1),
            _ => only_change,
        }
    }
}

/// Checks the metadata of an object against the state before. `is_part` is true where only a part of the object is written, as
/// its status.
pub(crate) fn validate_updated(
    object: &Object,
    old: &Object,
    resource: &ResourceType,
    is_part: bool,
) -> Vec<FieldError> {
    let mut errors = validate_names(object, path_segment_problems);
    validate_common(object, resource.namespaced, &mut errors);
    let changed = changes(object, old);
    errors.extend(changed.iter().cloned());
    let own = OwnChecks::of(resource, is_part);
    if own.change {
        errors.extend(changed);
        errors.extend(finalizer_errors(object, resource));
    }
    for _ in 0..own.anew {
        errors.extend(validate_created(object, resource));
    }
    errors
}

/// What is wrong with the change of the metadata.
fn changes(object: &Object, old: &Object) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if is_deleting(old) {
        let known = finalizers(old);
        let mut added: Vec<_> = finalizers(object)
            .into_iter()
            .filter(|finalizer| !known.contains(finalizer))
            .collect();
        added.sort_unstable();
        added.dedup();
        if !added.is_empty() {
            let list = added
                .iter()
                .map(|finalizer| format!("{finalizer:?}"))
                .collect::<Vec<_>>()
                .join(", ");
            errors.push(FieldError::forbidden(
                "metadata.finalizers",
                format!(
                    "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{list}}}"
                ),
            ));
        }
    }
    for field in [
        "name",
        "namespace",
        "uid",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    ] {
        let (new, was) = (member(object, field), member(old, field));
        if new != was {
            errors.push(FieldError::invalid(
                format!("metadata.{field}"),
                new.unwrap_or(&Value::Null),
                "field is immutable",
            ));
        }
    }
    validate_labels(member(object, "labels"), "metadata.labels", &mut errors);
    validate_annotations(member(object, "annotations"), &mut errors);
    validate_owners(member(object, "ownerReferences"), &mut errors);
    errors
}

fn validate_names(object: &Object, problems: impl Fn(&str, bool) -> Vec<String>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut check = |field: &str, prefix: bool| {
        let name = text(object, field);
        for problem in problems(name, prefix) {
            errors.push(FieldError::invalid(
                format!("metadata.{field}"),
                &name.into(),
                problem,
            ));
        }
    };
    if !text(object, "generateName").is_empty() {
        check("generateName", true);
    }
    if text(object, "name").is_empty() {
        errors.push(FieldError::required(
            "metadata.name",
            "name or generateName is required",
        ));
    } else {
        check("name", false);
    }
    errors
}

fn validate_common(object: &Object, namespaced: bool, errors: &mut Vec<FieldError>) {
    let namespace = text(object, "namespace");
    if namespaced {
        if namespace.is_empty() {
            errors.push(FieldError::required("metadata.namespace", ""));
        }
        let problems = if namespace.is_empty() {
            Vec::new()
        } else {
            label_1123_problems(namespace)
        };
        for problem in problems {
            errors.push(FieldError::invalid(
                "metadata.namespace",
                &namespace.into(),
                problem,
            ));
        }
    } else if !namespace.is_empty() {
        errors.push(FieldError::forbidden(
            "metadata.namespace",
            "not allowed on this type",
        ));
    }
    validate_labels(member(object, "labels"), "metadata.labels", errors);
    validate_annotations(member(object, "annotations"), errors);
    validate_owners(member(object, "ownerReferences"), errors);
    validate_finalizers(object, errors);
    let generation = member(object, "generation").unwrap_or(&Value::Null);
    if generation.as_i64().is_some_and(|generation| generation < 0) {
        let why = "must be greater than or equal to 0";
        errors.push(FieldError::invalid("metadata.generation", generation, why));
    }
}

/// Checks the labels or annotations that somebody wants to give an object.
pub(crate) fn validate_map(field: &str, map: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if field == "labels" {
        validate_labels(Some(map), "metadata.labels", &mut errors);
    } else {
        validate_annotations(Some(map), &mut errors);
    }
    errors
}

/// Checks a map of labels at `path`.
pub(super) fn validate_labels(labels: Option<&Value>, path: &str, errors: &mut Vec<FieldError>) {
    for (key, value) in labels.and_then(Value::as_object).into_iter().flatten() {
        for problem in label_key_problems(key) {
            errors.push(FieldError::invalid(path, &key.as_str().into(), problem));
        }
        for problem in label_value_problems(value.as_str().unwrap_or_default()) {
            errors.push(FieldError::invalid(path, value, problem));
        }
    }
}

fn validate_annotations(annotations: Option<&Value>, errors: &mut Vec<FieldError>) {
    let mut size = 0;
    for (key, value) in annotations.and_then(Value::as_object).into_iter().flatten() {
        for problem in label_key_problems(&key.to_lowercase()) {
            errors.push(FieldError::invalid(
                "metadata.annotations",
                &key.as_str().into(),
                problem,
            ));
        }
        size += key.len() + value.as_str().map_or(0, str::len);
    }
    if size > ANNOTATIONS_LIMIT {
        errors.push(FieldError::new(
            "metadata.annotations",
            "FieldValueTooLong",
            format!("Too long: may not be more than {ANNOTATIONS_LIMIT} bytes"),
        ));
    }
}

fn validate_owners(owners: Option<&Value>, errors: &mut Vec<FieldError>) {
    let Some(references) = owners.and_then(Value::as_array) else {
        return;
    };
    let mut controller: Option<String> = None;
    for reference in references {
        let field = |name: &str| reference.get(name).and_then(Value::as_str).unwrap_or_default();
        let api_version = field("apiVersion");
        let version = match api_version.split('/').collect::<Vec<_>>()[..] {
            [version] | [_, version] => version,
            _ => "",
        };
        let mut empty = |name: &str, detail: &str| {
            errors.push(FieldError::invalid(
                format!("metadata.ownerReferences.{name}"),
                &field(name).into(),
                detail,
            ));
        };
        if version.is_empty() {
            empty("apiVersion", "version must not be empty");
        }
        for name in ["kind", "name", "uid"] {
            if field(name).is_empty() {
                empty(name, "must not be empty");
            }
        }
        if (api_version, field("kind")) == ("v1", "Event") {
            errors.push(FieldError::invalid(
                "metadata.ownerReferences",
                reference,
                "/v1, Kind=Event is disallowed from being an owner",
            ));
        }
        if reference.get("controller").and_then(Value::as_bool) == Some(true) {
            let this = format!("{}/{}", field("kind"), field("name"));
            match &controller {
                Some(first) => errors.push(FieldError::new(
                    "metadata.ownerReferences",
                    "FieldValueInvalid",
                    format!(
                        "Invalid value: {}: Only one reference can have Controller set to true. Found \"true\" in references \
                         for {first} and {this}",
                        written_out(references)
                    ),
                )),
                None => controller = Some(this),
            }
        }
    }
}

/// Owner references as messages show them: members in the order of their type.
fn written_out(references: &[Value]) -> String {
    let list: Vec<String> = references
        .iter()
        .map(|reference| {
            let members: Vec<String> = [
                "apiVersion",
                "kind",
                "name",
                "uid",
                "controller",
                "blockOwnerDeletion",
            ]
            .into_iter()
            .filter_map(|field| Some(format!("{field:?}:{}", reference.get(field)?)))
            .collect();
            format!("{{{}}}", members.join(","))
        })
        .collect();
    format!("[{}]", list.join(","))
}

fn validate_finalizers(object: &Object, errors: &mut Vec<FieldError>) {
    let finalizers = finalizers(object);
    for finalizer in &finalizers {
        for problem in label_key_problems(finalizer) {
            errors.push(FieldError::invalid(
                "metadata.finalizers",
                &(*finalizer).into(),
                problem,
            ));
        }
    }
    if finalizers.contains(&"orphan") && finalizers.contains(&"foregroundDeletion") {
        errors.push(FieldError::invalid(
            "metadata.finalizers",
            &finalizers.as_slice().into(),
            "finalizer orphan and foregroundDeletion cannot be both set",
        ));
    }
}
