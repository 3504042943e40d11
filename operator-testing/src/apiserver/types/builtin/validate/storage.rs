//! Volumes, claims and storage classes.

use serde_json::Value;

use super::{Errors, has, items, members, text};
use crate::apiserver::types::decode::Quantity;

const MODES: &[&str] = &[
    "ReadOnlyMany",
    "ReadWriteMany",
    "ReadWriteOnce",
    "ReadWriteOncePod",
];

/// A claim.
pub(super) fn claim(claim: &Value, old: Option<&Value>, errors: &mut Errors) {
    claim_spec(&claim["spec"], "spec", errors);
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
    }
}

/// The spec of a claim or of the template of one.
pub(super) fn claim_spec(spec: &Value, field: &str, errors: &mut Errors) {
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
    for mode in modes {
        errors.one_of(format!("{field}.accessModes"), mode, MODES);
    }
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
    if let Some(mode) = spec.get("volumeMode") {
        errors.one_of(format!("{field}.volumeMode"), mode, &["Block", "Filesystem"]);
    }
}

pub(super) fn amount(quantity: &Value) -> i128 {
    let quantity = Quantity::parse(quantity.as_str().unwrap_or_default());
    quantity.map_or(0, Quantity::nano)
}

/// A volume.
pub(super) fn volume(volume: &Value, old: Option<&Value>, errors: &mut Errors) {
    let spec = &volume["spec"];
    if items(spec, "accessModes").is_empty() {
        errors.required("spec.accessModes", "");
    }
    for mode in items(spec, "accessModes") {
        errors.one_of("spec.accessModes", mode, MODES);
    }
    let names: Vec<_> = members(spec, "capacity").map(|(name, _)| name.as_str()).collect();
    if names.is_empty() {
        errors.required("spec.capacity", "");
    }
    if names != ["storage"] {
        errors.0.push(crate::apiserver::status::FieldError::not_supported(
            "spec.capacity",
            &spec["capacity"],
            &["storage"],
        ));
    }
    for (name, quantity) in members(spec, "capacity") {
        if amount(quantity) <= 0 {
            errors.invalid(
                format!("spec.capacity[{name}]"),
                quantity,
                "must be greater than zero",
            );
        }
    }
    if let Some(policy) = spec.get("persistentVolumeReclaimPolicy") {
        errors.one_of(
            "spec.persistentVolumeReclaimPolicy",
            policy,
            &["Delete", "Recycle", "Retain"],
        );
    }
    let others = [
        "accessModes",
        "capacity",
        "claimRef",
        "mountOptions",
        "nodeAffinity",
        "persistentVolumeReclaimPolicy",
        "storageClassName",
        "volumeAttributesClassName",
        "volumeMode",
    ];
    let sources: Vec<_> = members(volume, "spec")
        .filter(|(name, _)| !others.contains(&name.as_str()))
        .collect();
    if sources.is_empty() {
        errors.required("spec", "must specify a volume type");
    }
    if let Some(old) = old {
        for (name, source) in sources {
            if old["spec"].get(name) != Some(source) {
                errors.forbidden(
                    "spec.persistentvolumesource",
                    "spec.persistentvolumesource is immutable after creation",
                );
            }
        }
        errors.immutable("spec.volumeMode", &spec["volumeMode"], &old["spec"]["volumeMode"]);
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
    if let Some(old) = old {
        for field in ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"] {
            errors.immutable(field, &class[field], &old[field]);
        }
    }
}
