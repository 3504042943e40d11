//! The volumes of a pod.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Errors, containers, items, storage, text};

/// Checks every volume; the names of all of them.
pub(super) fn check(spec: &Value, field: &str, errors: &mut Errors) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (index, volume) in items(spec, "volumes").iter().enumerate() {
        let field = format!("{field}[{index}]");
        source(volume, &field, errors);
        let name = text(volume, "name");
        if name.is_empty() {
            errors.required(format!("{field}.name"), "");
            continue;
        }
        errors.dns_label(&format!("{field}.name"), name);
        if !names.insert(name.to_owned()) {
            errors.duplicate(format!("{field}.name"), &name.into());
        }
    }
    names
}

/// The order in which the kinds of volumes are looked at: the second one given is one too many.
const KINDS: &[&str] = &[
    "emptyDir",
    "hostPath",
    "gitRepo",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "secret",
    "nfs",
    "iscsi",
    "glusterfs",
    "flocker",
    "persistentVolumeClaim",
    "rbd",
    "cephfs",
    "quobyte",
    "downwardAPI",
    "fc",
    "azureFile",
    "configMap",
    "cinder",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "storageos",
    "projected",
    "scaleIO",
    "csi",
    "ephemeral",
    "image",
    "flexVolume",
];

fn source(volume: &Value, field: &str, errors: &mut Errors) {
    let mut given = 0;
    for kind in KINDS {
        let Some(source) = volume.get(*kind).filter(|source| !source.is_null()) else {
            continue;
        };
        given += 1;
        let field = format!("{field}.{kind}");
        if given > 1 {
            errors.forbidden(field, "may not specify more than 1 volume type");
            continue;
        }
        let mut need = |name: &str| {
            if text(source, name).is_empty() {
                errors.required(format!("{field}.{name}"), "");
            }
        };
        match *kind {
            "secret" => need("secretName"),
            "configMap" => need("name"),
            "persistentVolumeClaim" => need("claimName"),
            "hostPath" => need("path"),
            "csi" => need("driver"),
            "nfs" => {
                need("server");
                need("path");
            }
            "downwardAPI" => {
                for (index, item) in items(source, "items").iter().enumerate() {
                    let field = format!("{field}.items[{index}]");
                    if item.get("fieldRef").is_some_and(|reference| !reference.is_null()) {
                        containers::field_reference(&item["fieldRef"], &format!("{field}.fieldRef"), errors);
                    }
                }
            }
            "ephemeral" => {
                let claim = &source["volumeClaimTemplate"]["spec"];
                storage::claim_spec(claim, &format!("{field}.volumeClaimTemplate.spec"), errors);
            }
            _ => {}
        }
    }
    if given == 0 {
        errors.required(field, "must specify a volume type");
    }
}
