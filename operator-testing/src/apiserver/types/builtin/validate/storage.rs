//! Volumes, claims and storage classes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Errors, has, items, members, scheduling, text, volumes};
use crate::apiserver::types::decode::Quantity;

const MODES: &[&str] = &[
    "ReadOnlyMany",
    "ReadWriteMany",
    "ReadWriteOnce",
    "ReadWriteOncePod",
];

/// A claim.
pub(super) fn claim(claim: &Value, old: Option<&Value>, errors: &mut Errors) {
    // groups that are no names were once let through
    let is_lenient = old.is_some_and(|old| {
        let group_of = |field: &str| &old["spec"][field]["apiGroup"];
        !group_of("dataSource").is_null() || !group_of("dataSourceRef").is_null()
    });
    spec_of_claim(&claim["spec"], "spec", is_lenient, errors);
    if let Some(old) = old {
        let (mut new, mut was) = (claim["spec"].clone(), old["spec"].clone());
        // A claim gets its volume and class once, and may grow when it is bound.
        if claim["status"]["phase"] == "Bound" && has(&new["resources"], "requests") {
            new["resources"]["requests"]["storage"] = was["resources"]["requests"]["storage"].clone();
        }
        for field in ["volumeName", "storageClassName", "volumeAttributesClassName"] {
            // Writing a null would make the two differ by a field that neither has.
            if !has(&was, field) && has(&new, field) {
                was[field] = new[field].clone();
            }
        }
        if new != was {
            let why = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
            errors.forbidden("spec", why);
        }
        let asked = |claim: &Value| amount(&claim["spec"]["resources"]["requests"]["storage"]);
        if asked(claim) < asked(old) && asked(claim) <= amount(&old["status"]["capacity"]["storage"]) {
            errors.forbidden(
                "spec.resources.requests.storage",
                "field can not be less than status.capacity",
            );
        }
        let mode = |claim: &Value| claim["spec"]["volumeMode"].clone();
        errors.immutable("volumeMode", &mode(claim), &mode(old));
    }
}

/// The spec of the template of a claim.
pub(super) fn claim_spec(spec: &Value, field: &str, errors: &mut Errors) {
    spec_of_claim(spec, field, false, errors);
}

fn spec_of_claim(spec: &Value, field: &str, is_lenient: bool, errors: &mut Errors) {
    let modes = items(spec, "accessModes");
    if modes.is_empty() {
        errors.required(
            format!("{field}.accessModes"),
            "at least 1 access mode is required",
        );
    }
    if has(spec, "selector") {
        errors.selector(&format!("{field}.selector"), &spec["selector"]);
    }
    access_modes(modes, &format!("{field}.accessModes"), errors);
    let storage = &spec["resources"]["requests"]["storage"];
    if storage.is_null() {
        errors.required(format!("{field}.resources[storage]"), "");
    } else if amount(storage) <= 0 {
        errors.invalid(
            format!("{field}.resources[storage]"),
            storage,
            "must be greater than zero",
        );
    }
    if let Some(name) = spec["storageClassName"].as_str().filter(|name| !name.is_empty()) {
        errors.dns_subdomain(&format!("{field}.storageClassName"), name);
    }
    if has(spec, "volumeMode") {
        errors.one_of(
            format!("{field}.volumeMode"),
            &spec["volumeMode"],
            &["Block", "Filesystem"],
        );
    }
    sources(spec, field, is_lenient, errors);
    if let Some(name) = spec["volumeAttributesClassName"]
        .as_str()
        .filter(|name| !name.is_empty())
    {
        errors.dns_subdomain(&format!("{field}.volumeAttributesClassName"), name);
    }
}

fn access_modes(modes: &[Value], field: &str, errors: &mut Errors) {
    for mode in modes {
        errors.one_of(field, mode, MODES);
    }
    let others = MODES.iter().filter(|mode| **mode != "ReadWriteOncePod");
    let shares = others
        .into_iter()
        .any(|mode| modes.iter().any(|given| given == *mode));
    if shares && modes.iter().any(|mode| mode == "ReadWriteOncePod") {
        errors.forbidden(field, "may not use ReadWriteOncePod with other access modes");
    }
}

/// What a volume is filled from, in a group of any name if that is to be let through.
fn sources(spec: &Value, field: &str, is_lenient: bool, errors: &mut Errors) {
    for name in ["dataSource", "dataSourceRef"] {
        if !has(spec, name) {
            continue;
        }
        let (source, field) = (&spec[name], format!("{field}.{name}"));
        errors.needs(source, &field, "name");
        errors.needs(source, &field, "kind");
        let (group, kind) = (text(source, "apiGroup"), text(source, "kind"));
        if group.is_empty() && kind != "PersistentVolumeClaim" {
            let why = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
            errors.invalid(field.clone(), &kind.into(), why);
        }
        if !group.is_empty() && !is_lenient {
            errors.dns_subdomain(&format!("{field}.apiGroup"), group);
        }
        if let Some(name) = source["namespace"].as_str().filter(|name| !name.is_empty()) {
            errors.dns_label(&format!("{field}.namespace"), name);
        }
    }
    if !has(spec, "dataSource") || !has(spec, "dataSourceRef") {
        return;
    }
    let (source, reference) = (&spec["dataSource"], &spec["dataSourceRef"]);
    // what is shown is the path of a field, which has no JSON
    if !text(reference, "namespace").is_empty() {
        let why = "may not be specified when dataSourceRef.namespace is specified";
        errors.invalid_as(field, "{}", why);
    } else if ["apiGroup", "kind", "name"]
        .iter()
        .any(|name| source[*name] != reference[*name])
    {
        errors.invalid_as(field, "{}", "must match dataSourceRef");
    }
}

pub(super) fn amount(quantity: &Value) -> i128 {
    let quantity = Quantity::parse(quantity.as_str().unwrap_or_default());
    quantity.map_or(0, Quantity::nano)
}

/// The kinds of volumes, in the order in which they are looked at.
const KINDS: &[&str] = &[
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "glusterfs",
    "flocker",
    "nfs",
    "rbd",
    "quobyte",
    "cephfs",
    "iscsi",
    "cinder",
    "fc",
    "flexVolume",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "scaleIO",
    "local",
    "storageos",
    "csi",
];

/// A volume.
pub(super) fn volume(volume: &Value, old: Option<&Value>, errors: &mut Errors) {
    let spec = &volume["spec"];
    volume_spec(spec, errors);
    if let Some(old) = old {
        // a change is held to the rules of a new volume by the strategy and by the validation of changes
        volume_spec(spec, errors);
        keep_volume(spec, &old["spec"], errors);
    }
}

fn volume_spec(spec: &Value, errors: &mut Errors) {
    if items(spec, "accessModes").is_empty() {
        errors.required("spec.accessModes", "");
    }
    access_modes(items(spec, "accessModes"), "spec.accessModes", errors);
    capacity(spec, errors);
    if has(spec, "persistentVolumeReclaimPolicy") {
        errors.one_of(
            "spec.persistentVolumeReclaimPolicy",
            &spec["persistentVolumeReclaimPolicy"],
            &["Delete", "Recycle", "Retain"],
        );
    }
    if has(spec, "nodeAffinity") {
        let required = &spec["nodeAffinity"]["required"];
        if required.is_null() {
            let why = "must specify required node constraints";
            errors.required("spec.nodeAffinity.required", why);
        } else {
            scheduling::node_selector(required, "spec.nodeAffinity.required", errors);
        }
    }
    volume_source(spec, errors);
    let path = text(&spec["hostPath"], "path").trim_end_matches('/');
    if has(spec, "hostPath") && path.is_empty() && text(spec, "persistentVolumeReclaimPolicy") == "Recycle" {
        let why = "may not be 'recycle' for a hostPath mount of '/'";
        errors.forbidden("spec.persistentVolumeReclaimPolicy", why);
    }
    if let Some(name) = spec["storageClassName"].as_str().filter(|name| !name.is_empty()) {
        errors.dns_subdomain("spec.storageClassName", name);
    }
    if has(spec, "volumeMode") {
        errors.one_of("spec.volumeMode", &spec["volumeMode"], &["Block", "Filesystem"]);
    }
    if let Some(name) = spec["volumeAttributesClassName"].as_str() {
        match name {
            "" => errors.required("spec.volumeAttributesClassName", "an empty string is disallowed"),
            name => errors.dns_subdomain("spec.volumeAttributesClassName", name),
        }
        if !has(spec, "csi") {
            errors.required(
                "spec.csi",
                "has to be specified when using volumeAttributesClassName",
            );
        }
    }
}

fn capacity(spec: &Value, errors: &mut Errors) {
    let names: Vec<_> = members(spec, "capacity").map(|(name, _)| name.as_str()).collect();
    if names.is_empty() {
        errors.required("spec.capacity", "");
    }
    if names != ["storage"] {
        errors.unsupported("spec.capacity", &spec["capacity"], &["storage"]);
    }
    for (name, quantity) in members(spec, "capacity") {
        let field = format!("spec.capacity[{name}]");
        if amount(quantity) < 0 {
            let whole = Quantity::parse(quantity.as_str().unwrap_or_default()).map_or(0, Quantity::value);
            if let Ok(whole @ ..0) = i64::try_from(whole) {
                errors.invalid(field.clone(), &whole.into(), "must be a valid resource quantity");
            }
        }
        if amount(quantity) <= 0 {
            errors.invalid(field, quantity, "must be greater than zero");
        }
    }
}

fn volume_source(spec: &Value, errors: &mut Errors) {
    let mut given = 0;
    for kind in KINDS.iter().filter(|kind| has(spec, kind)) {
        given += 1;
        let (source, field) = (&spec[*kind], format!("spec.{kind}"));
        if given > 1 {
            errors.forbidden(field, "may not specify more than 1 volume type");
            continue;
        }
        match *kind {
            "hostPath" => volumes::host_path(source, &field, errors),
            "nfs" => volumes::nfs(source, &field, errors),
            "local" => {
                match text(source, "path") {
                    "" => errors.required(format!("{field}.path"), ""),
                    path => volumes::no_backsteps(path, &format!("{field}.path"), errors),
                }
                if !has(spec, "nodeAffinity") {
                    errors.required("spec.nodeAffinity", "Local volume requires node affinity");
                }
            }
            "csi" => {
                volumes::driver_name(text(source, "driver"), &format!("{field}.driver"), errors);
                errors.needs(source, &field, "volumeHandle");
            }
            _ => {}
        }
    }
    if given == 0 {
        errors.required("spec", "must specify a volume type");
    }
}

/// What a volume is made of does not change.
fn keep_volume(spec: &Value, old: &Value, errors: &mut Errors) {
    if KINDS.iter().any(|kind| spec[*kind] != old[*kind]) {
        let why = "spec.persistentvolumesource is immutable after creation";
        errors.forbidden("spec.persistentvolumesource", why);
    }
    errors.immutable("volumeMode", &spec["volumeMode"], &old["volumeMode"]);
    if has(old, "nodeAffinity") && spec["nodeAffinity"] != old["nodeAffinity"] {
        let why = "field is immutable, except for updating from beta label to GA";
        errors.invalid("nodeAffinity", &spec["nodeAffinity"], why);
    }
}

/// A storage class.
pub(super) fn class(class: &Value, old: Option<&Value>, errors: &mut Errors) {
    match text(class, "provisioner") {
        "" => errors.required("provisioner", ""),
        name => errors.qualified_name("provisioner", &name.to_lowercase()),
    }
    errors.one_of("reclaimPolicy", &class["reclaimPolicy"], &["Delete", "Retain"]);
    let modes = ["Immediate", "WaitForFirstConsumer"];
    match class.get("volumeBindingMode") {
        None => errors.required("volumeBindingMode", ""),
        Some(mode) => errors.one_of("volumeBindingMode", mode, &modes),
    }
    for (key, _) in members(class, "parameters").filter(|(key, _)| key.is_empty()) {
        errors.invalid("parameters", &key.as_str().into(), "field can not be empty.");
    }
    topologies(items(class, "allowedTopologies"), errors);
    if let Some(old) = old {
        for field in ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"] {
            errors.immutable(field, &class[field], &old[field]);
        }
    }
}

/// Where volumes of a class may be.
fn topologies(terms: &[Value], errors: &mut Errors) {
    let mut known: Vec<BTreeMap<&str, BTreeSet<&str>>> = vec![BTreeMap::new(); terms.len()];
    for (index, term) in terms.iter().enumerate() {
        let field = format!("allowedTopologies[{index}].matchLabelExpressions");
        let mut wanted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (index, expression) in items(term, "matchLabelExpressions").iter().enumerate() {
            let field = format!("{field}[{index}]");
            let (key, mut values) = (text(expression, "key"), BTreeSet::new());
            if items(expression, "values").is_empty() {
                errors.required(format!("{field}.values"), "");
            }
            for (index, value) in items(expression, "values").iter().enumerate() {
                if !values.insert(value.as_str().unwrap_or_default()) {
                    errors.duplicate(format!("{field}.values[{index}]"), value);
                }
            }
            errors.qualified_name(&format!("{field}.key"), key);
            if wanted.insert(key, values).is_some() {
                errors.duplicate(format!("{field}.key"), &key.into());
            }
        }
        // As many terms without expressions count as known as there are terms.
        for _ in known.iter().filter(|other| **other == wanted) {
            errors.duplicate(field.clone(), &"".into());
        }
        known.push(wanted);
    }
}
