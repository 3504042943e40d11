//! What a write may not bring along, and what the server adds to it.
//!
//! Source: the strategies in `k8s.io/kubernetes/pkg/registry/*/*/strategy.go` and the admission plugins that are always on.

use serde_json::{Value, json};

use super::{
    addresses, defaults, expansion,
    fields::{at, items, object_mut, remove, text},
    pods, runtime_class,
    surroundings::Surroundings,
};
use crate::apiserver::{
    status::StatusError,
    types::{decode, place::Place, resource::ResourceType},
};

/// Gives a new object what the server gives out: a Service its address and ports.
pub(in crate::apiserver::types) fn allocate(
    kind: &ResourceType,
    object: &mut Value,
    around: &dyn Surroundings,
) -> Result<(), StatusError> {
    match &*kind.group_resource() {
        "services" => addresses::allocate(object, None, around),
        _ => Ok(()),
    }
}

/// Resets and completes a new object that has its name, uid and creation time.
pub(in crate::apiserver::types) fn prepare_create(
    kind: &ResourceType,
    object: &mut Value,
    around: &dyn Surroundings,
) -> Result<(), StatusError> {
    let resource = kind.group_resource();
    // A node tells its own status.
    let loses_status = kind.rules.status_subresource && resource != "nodes";
    if loses_status {
        remove(object, "status");
    }
    match &*resource {
        "pods" => {
            pods::admit(object, around)?;
            runtime_class::admit(object, around)?;
        }
        "jobs.batch" => name_job(object),
        "daemonsets.apps" => set_template_generation(object, 1),
        "statefulsets.apps" => forget_gated(object),
        "persistentvolumeclaims" => {
            add_finalizer(object, "kubernetes.io/pvc-protection");
            forget_other_source(&mut object["spec"], &Value::Null);
            name_source(&mut object["spec"]);
        }
        "persistentvolumes" => {
            add_finalizer(object, "kubernetes.io/pv-protection");
            let now = object["metadata"]["creationTimestamp"].clone();
            object["status"] = json!({"phase": "Pending", "lastPhaseTransitionTime": now});
        }
        "customresourcedefinitions.apiextensions.k8s.io" => {
            object["status"] = json!({"acceptedNames": {"plural": "", "kind": ""}, "conditions": null, "storedVersions": null});
            store_version(object);
        }
        "namespaces" => {
            let finalizers =
                object_mut(object, "spec").map(|spec| spec.entry("finalizers").or_insert(json!([])));
            if let Some(Value::Array(list)) = finalizers
                && !list.contains(&"kubernetes".into())
            {
                list.push("kubernetes".into());
            }
        }
        // Whatever changed the object before has completed it too.
        _ if !loses_status => return Ok(()),
        _ => {}
    }
    complete(kind, object);
    if resource == "pods" {
        object["status"]["phase"] = "Pending".into();
        object["status"]["qosClass"] = pods::quality_of_service(&object["spec"]).into();
        pods::hold_back(object);
    }
    Ok(())
}

/// What the server's own admission says of a valid object or change.
pub(in crate::apiserver::types) fn admit(
    kind: &ResourceType,
    new: &Value,
    old: Option<&Value>,
    around: &dyn Surroundings,
) -> Result<(), StatusError> {
    match (&*kind.group_resource(), old) {
        ("pods", None) => runtime_class::check(new, around),
        ("persistentvolumeclaims", Some(old)) => expansion::admit(new, old, around),
        _ => Ok(()),
    }
}

/// Whether a real server stores a new object in another form when it is written for the second time.
pub(in crate::apiserver::types) fn is_unsettled(kind: &ResourceType) -> bool {
    &*kind.group_resource() == "persistentvolumeclaims"
}

/// Resets and completes a change of an object. The server has put back what belongs to the status subresource.
pub(in crate::apiserver::types) fn prepare_update(
    kind: &ResourceType,
    new: &mut Value,
    old: &Value,
    around: &dyn Surroundings,
) -> Result<(), StatusError> {
    match &*kind.group_resource() {
        "pods" => pods::admit_update(new, old),
        "services" => addresses::allocate(new, Some(old), around)?,
        "statefulsets.apps" => forget_gated(new),
        "daemonsets.apps" => {
            let generation = template_generation(old);
            let is_changed = new["spec"]["template"] != old["spec"]["template"];
            set_template_generation(new, generation + i64::from(is_changed));
        }
        "customresourcedefinitions.apiextensions.k8s.io" => store_version(new),
        "persistentvolumeclaims" => {
            forget_other_source(&mut new["spec"], &old["spec"]);
            name_source(&mut new["spec"]);
        }
        // A type cannot be taken away, only changed, which validation refuses.
        "secrets" if text(new, "type").is_empty() => new["type"] = old["type"].clone(),
        _ if !kind.rules.status_subresource => return Ok(()),
        _ => {}
    }
    complete(kind, new);
    Ok(())
}

/// Adds what the server's own form of a kind always has when it is written.
pub(in crate::apiserver::types) fn carry(kind: &ResourceType, object: &mut Value) {
    match &*kind.group_resource() {
        "daemonsets.apps" => {
            if let Some(annotations) = object_mut(&mut object["metadata"], "annotations") {
                annotations.entry(TEMPLATE_GENERATION).or_insert("0".into());
            }
        }
        "pods" => pods::align_addresses(&mut object["status"]),
        "services" => addresses::tell_mode(object),
        _ => {}
    }
}

/// An object of a built-in kind of which nothing is set, with what the server's own form of some kinds cannot leave out.
pub(in crate::apiserver::types) fn nothing(kind: &ResourceType) -> Value {
    let mut object = kind.schema.as_deref().map_or_else(|| json!({}), decode::empty);
    match &*kind.group_resource() {
        "deployments.apps" | "replicasets.apps" | "statefulsets.apps" => {
            object["spec"]["replicas"] = 0.into();
        }
        "daemonsets.apps" => object["metadata"]["annotations"] = json!({TEMPLATE_GENERATION: "0"}),
        _ => {}
    }
    object
}

/// Takes away what a feature gate that is off by default (`MaxUnavailableStatefulSet`) keeps from StatefulSets.
fn forget_gated(set: &mut Value) {
    if let Some(Value::Object(update)) = set.pointer_mut("/spec/updateStrategy/rollingUpdate") {
        update.remove("maxUnavailable");
    }
}

/// Adds what the type always writes and the defaults of what was added.
fn complete(kind: &ResourceType, object: &mut Value) {
    let Some(schema) = &kind.schema else { return };
    // The object has been read once already; reading it again only adds what is missing.
    if decode::read(schema, object, &Place::Root).is_ok() {
        defaults::fill(schema, object);
    }
}

/// Makes sure the version that objects are stored in is among the stored versions.
fn store_version(definition: &mut Value) {
    let storage = items(&definition["spec"], "versions")
        .iter()
        .find(|version| version["storage"] == true)
        .map(|version| version["name"].clone());
    let Some(storage) = storage else { return };
    let stored = &mut definition["status"]["storedVersions"];
    match stored.as_array_mut() {
        Some(list) if list.contains(&storage) => {}
        Some(list) => list.push(storage),
        None => *stored = json!([storage]),
    }
}

fn add_finalizer(object: &mut Value, finalizer: &str) {
    let Some(metadata) = object_mut(object, "metadata") else {
        return;
    };
    let list = metadata.entry("finalizers").or_insert(json!([]));
    if let Some(list) = list.as_array_mut()
        && !list.iter().any(|known| known == finalizer)
    {
        list.push(finalizer.into());
    }
}

/// A source of a claim that is neither a claim nor a snapshot is not kept where there was none: only the newer field may tell others
/// (<https://kep.k8s.io/1495>).
fn forget_other_source(spec: &mut Value, old: &Value) {
    if ["dataSource", "dataSourceRef"]
        .iter()
        .any(|field| !old[*field].is_null())
        || !spec["dataSourceRef"].is_null()
    {
        return;
    }
    let source = &spec["dataSource"];
    let known = matches!(
        (text(source, "kind"), text(source, "apiGroup")),
        ("PersistentVolumeClaim", "") | ("VolumeSnapshot", "snapshot.storage.k8s.io")
    );
    if !known {
        remove(spec, "dataSource");
    }
}

/// What a claim is filled from is told in two fields, of which either follows from the other.
fn name_source(spec: &mut Value) {
    let is_set = |field: &Value| !field.is_null();
    let copied = |from: &Value| {
        let fields = ["apiGroup", "kind", "name"].map(|name| (name.to_owned(), from[name].clone()));
        Value::Object(fields.into_iter().collect())
    };
    let (source, reference) = (spec["dataSource"].clone(), spec["dataSourceRef"].clone());
    if is_set(&source) && !is_set(&reference) {
        spec["dataSourceRef"] = copied(&source);
    } else if is_set(&reference) && !is_set(&source) && text(&reference, "namespace").is_empty() {
        spec["dataSource"] = copied(&reference);
    }
    for field in ["dataSource", "dataSourceRef"] {
        if spec[field].is_null() {
            remove(spec, field);
        }
    }
}

const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

fn template_generation(set: &Value) -> i64 {
    let annotation = at(set, &["metadata", "annotations", TEMPLATE_GENERATION]);
    annotation
        .as_str()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1)
}

fn set_template_generation(set: &mut Value, generation: i64) {
    if let Some(annotations) = object_mut(&mut set["metadata"], "annotations") {
        annotations.insert(TEMPLATE_GENERATION.into(), generation.to_string().into());
    }
}

/// Ties the pods of a job to it by its uid, unless the client does so itself.
fn name_job(job: &mut Value) {
    if job["spec"]["manualSelector"] == true {
        return;
    }
    let (name, uid) = (
        text(&job["metadata"], "name").to_owned(),
        text(&job["metadata"], "uid").to_owned(),
    );
    let labels = [
        ("batch.kubernetes.io/controller-uid", &uid),
        ("batch.kubernetes.io/job-name", &name),
        ("controller-uid", &uid),
        ("job-name", &name),
    ];
    if let Some(template) = job["spec"]["template"].get_mut("metadata")
        && let Some(known) = object_mut(template, "labels")
    {
        for (key, value) in labels {
            known.entry(key).or_insert_with(|| value.as_str().into());
        }
    }
    if let Some(selector) = object_mut(&mut job["spec"], "selector")
        && let Some(Value::Object(wanted)) = Some(selector.entry("matchLabels").or_insert(json!({})))
    {
        wanted
            .entry("batch.kubernetes.io/controller-uid")
            .or_insert_with(|| uid.as_str().into());
    }
}
