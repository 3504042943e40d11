//! The volumes of a pod.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Errors, environment, has, items, projection, storage, text};
use crate::apiserver::{meta::name_problems, types::resource::NameRule};

/// The volumes that containers can mount, by name.
pub(super) type Volumes<'a> = BTreeMap<&'a str, &'a Value>;

/// Checks every volume; those that nothing is wrong with. `pod` is the name of the Pod, if it is known.
pub(super) fn check<'a>(spec: &'a Value, field: &str, pod: Option<&str>, errors: &mut Errors) -> Volumes<'a> {
    let mut known = Volumes::new();
    let list = items(spec, "volumes");
    let created: BTreeSet<String> = pod
        .into_iter()
        .flat_map(|pod| {
            let own = list.iter().filter(|volume| has(volume, "ephemeral"));
            own.map(move |volume| format!("{pod}-{}", text(volume, "name")))
        })
        .collect();
    for (index, volume) in list.iter().enumerate() {
        let field = format!("{field}[{index}]");
        let before = errors.0.len();
        source(volume, &field, pod, errors);
        let name = text(volume, "name");
        if name.is_empty() {
            errors.required(format!("{field}.name"), "");
        } else {
            errors.dns_label(&format!("{field}.name"), name);
        }
        if known.contains_key(name) {
            errors.duplicate(format!("{field}.name"), &name.into());
        }
        if errors.0.len() == before {
            known.insert(name, volume);
        }
        let claim = &volume["persistentVolumeClaim"]["claimName"];
        if claim.as_str().is_some_and(|claim| created.contains(claim)) {
            let why = "must not reference a PVC that gets created for an ephemeral volume";
            errors.invalid(format!("{field}.persistentVolumeClaim.claimName"), claim, why);
        }
    }
    known
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
    "cinder",
    "cephfs",
    "quobyte",
    "downwardAPI",
    "fc",
    "flexVolume",
    "configMap",
    "azureFile",
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
];

/// The name that a second source is refused by, where it is not that of the field.
fn refused_as(kind: &str) -> &str {
    match kind {
        "cephfs" => "cephFS",
        "downwardAPI" => "downwarAPI",
        kind => kind,
    }
}

fn source(volume: &Value, field: &str, pod: Option<&str>, errors: &mut Errors) {
    let mut given = 0;
    for kind in KINDS {
        if !has(volume, kind) {
            continue;
        }
        given += 1;
        if given > 1 {
            let field = format!("{field}.{}", refused_as(kind));
            errors.forbidden(field, "may not specify more than 1 volume type");
            continue;
        }
        one(kind, &volume[*kind], &format!("{field}.{kind}"), errors);
        if *kind == "ephemeral" {
            claim_name(text(volume, "name"), pod, &format!("{field}.name"), errors);
        }
    }
    if given == 0 {
        errors.required(field, "must specify a volume type");
    }
}

/// The claim of an ephemeral volume is named after the Pod and the volume.
fn claim_name(name: &str, pod: Option<&str>, field: &str, errors: &mut Errors) {
    let Some(pod) = pod.filter(|_| !name.is_empty()) else {
        return;
    };
    let claim = format!("{pod}-{name}");
    for problem in name_problems(NameRule::DnsSubdomain, &claim, false) {
        errors.invalid(field, &name.into(), format!("PVC name {claim:?}: {problem}"));
    }
}

fn one(kind: &str, source: &Value, field: &str, errors: &mut Errors) {
    match kind {
        "emptyDir" if storage::amount(&source["sizeLimit"]) < 0 => {
            let why = "SizeLimit field must be a valid resource quantity";
            errors.forbidden(format!("{field}.sizeLimit"), why);
        }
        "hostPath" => host_path(source, field, errors),
        "secret" => {
            errors.needs(source, field, "secretName");
            keys(source, field, errors);
        }
        "configMap" => {
            errors.needs(source, field, "name");
            keys(source, field, errors);
        }
        "nfs" => nfs(source, field, errors),
        "iscsi" => iscsi(source, field, errors),
        "persistentVolumeClaim" => errors.needs(source, field, "claimName"),
        "downwardAPI" => {
            file_mode(source, "defaultMode", field, errors);
            for file in items(source, "items") {
                projection::file(file, field, errors);
            }
        }
        "projected" => projection::check(source, field, errors),
        "csi" => {
            driver_name(text(source, "driver"), &format!("{field}.driver"), errors);
            if has(source, "nodePublishSecretRef") {
                let reference = &source["nodePublishSecretRef"];
                match text(reference, "name") {
                    "" => errors.required(format!("{field}.nodePublishSecretRef.name"), ""),
                    name => errors.dns_subdomain(&format!("{field}.name"), name),
                }
            }
        }
        "ephemeral" => {
            let template = &source["volumeClaimTemplate"];
            let field = format!("{field}.volumeClaimTemplate");
            if template.is_null() {
                errors.required(field, "");
            } else {
                template_metadata(&template["metadata"], &field, errors);
                storage::claim_spec(&template["spec"], &format!("{field}.spec"), errors);
            }
        }
        _ => {}
    }
}

/// The metadata of a template of claims: labels and annotations, nothing else.
fn template_metadata(metadata: &Value, field: &str, errors: &mut Errors) {
    errors.labels(&format!("{field}.metadata.labels"), &metadata["labels"]);
    errors.annotations(&format!("{field}.metadata.annotations"), &metadata["annotations"]);
    for (name, value) in metadata.as_object().into_iter().flatten() {
        if !matches!(&**name, "labels" | "annotations") && *value != Value::Null && value != "" {
            errors.forbidden(format!("{field}.metadata.{name}"), "cannot be set");
        }
    }
}

const HOST_PATH_TYPES: [&str; 8] = [
    "",
    "BlockDevice",
    "CharDevice",
    "Directory",
    "DirectoryOrCreate",
    "File",
    "FileOrCreate",
    "Socket",
];

pub(super) fn host_path(source: &Value, field: &str, errors: &mut Errors) {
    let path = text(source, "path");
    if path.is_empty() {
        errors.required(format!("{field}.path"), "");
        return;
    }
    no_backsteps(path, &format!("{field}.path"), errors);
    if has(source, "type") {
        errors.one_of(format!("{field}.type"), &source["type"], &HOST_PATH_TYPES);
    }
}

pub(super) fn nfs(source: &Value, field: &str, errors: &mut Errors) {
    errors.needs(source, field, "server");
    errors.needs(source, field, "path");
    let path = text(source, "path");
    if !path.starts_with('/') {
        let why = "must be an absolute path";
        errors.invalid(format!("{field}.path"), &path.into(), why);
    }
}

fn iscsi(source: &Value, field: &str, errors: &mut Errors) {
    errors.needs(source, field, "targetPortal");
    let name = text(source, "iqn");
    if name.is_empty() {
        errors.required(format!("{field}.iqn"), "");
    } else if !["iqn", "eui", "naa"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
    {
        let why = "must be valid format starting with iqn, eui, or naa";
        errors.invalid(format!("{field}.iqn"), &name.into(), why);
    } else if !is_initiator(name) {
        errors.invalid(format!("{field}.iqn"), &name.into(), "must be valid format");
    }
    if !(0..=255).contains(&source["lun"].as_i64().unwrap_or_default()) {
        let why = "must be between 0 and 255, inclusive";
        errors.invalid(format!("{field}.lun"), &source["lun"], why);
    }
    let authenticates = source["chapAuthDiscovery"] == true || source["chapAuthSession"] == true;
    if authenticates && !has(source, "secretRef") {
        errors.required(format!("{field}.secretRef"), "");
    }
}

/// `iqn.YYYY-MM.DOMAIN[:NAME]`, or `eui.` and `naa.` with hexadecimal digits.
fn is_initiator(name: &str) -> bool {
    let is_hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    if let Some(rest) = name.strip_prefix("iqn") {
        let bytes = rest.as_bytes();
        let digits = |range: std::ops::Range<usize>| {
            bytes
                .get(range)
                .is_some_and(|part| part.iter().all(u8::is_ascii_digit))
        };
        let allowed = |b: &u8| b.is_ascii_alphanumeric() || b".-".contains(b);
        let domain = rest.get(9..).unwrap_or_default();
        let domain = domain.split_once(':').map_or(domain, |(domain, _)| domain);
        return bytes.first() == Some(&b'.')
            && digits(1..5)
            && bytes.get(5) == Some(&b'-')
            && digits(6..8)
            && bytes.get(8) == Some(&b'.')
            && !domain.is_empty()
            && domain.as_bytes().iter().all(allowed);
    }
    if let Some(rest) = name.strip_prefix("eui.") {
        return rest.len() == 16 && is_hex(rest);
    }
    name.strip_prefix("naa.")
        .is_some_and(|rest| matches!(rest.len(), 16 | 32) && is_hex(rest))
}

/// What a volume takes from a ConfigMap or Secret, and where it puts it.
fn keys(source: &Value, field: &str, errors: &mut Errors) {
    file_mode(source, "defaultMode", field, errors);
    for (index, item) in items(source, "items").iter().enumerate() {
        key_to_path(item, &format!("{field}.items[{index}]"), errors);
    }
}

pub(super) fn key_to_path(item: &Value, field: &str, errors: &mut Errors) {
    errors.needs(item, field, "key");
    errors.needs(item, field, "path");
    inner_path(text(item, "path"), &format!("{field}.path"), errors);
    file_mode(item, "mode", field, errors);
}

pub(super) fn file_mode(value: &Value, name: &str, field: &str, errors: &mut Errors) {
    if value[name]
        .as_i64()
        .is_some_and(|mode| !(0..=0o777).contains(&mode))
    {
        let why = "must be a number between 0 and 0777 (octal), both inclusive";
        errors.invalid(format!("{field}.{name}"), &value[name], why);
    }
}

/// A path that stays where it is put and does not begin like the way out.
pub(super) fn inner_path(path: &str, field: &str, errors: &mut Errors) {
    relative_path(path, field, errors);
    if path.starts_with("..") && !path.starts_with("../") {
        errors.invalid(field, &path.into(), "must not start with '..'");
    }
}

/// A relative path without a way out.
pub(super) fn relative_path(path: &str, field: &str, errors: &mut Errors) {
    if path.starts_with('/') {
        errors.invalid(field, &path.into(), "must be a relative path");
    }
    no_backsteps(path, field, errors);
}

pub(super) fn no_backsteps(path: &str, field: &str, errors: &mut Errors) {
    if path.split('/').any(|part| part == "..") {
        errors.invalid(field, &path.into(), "must not contain '..'");
    }
}

/// The name of a CSI driver.
pub(super) fn driver_name(name: &str, field: &str, errors: &mut Errors) {
    if name.is_empty() {
        errors.required(field, "");
        return;
    }
    if name.len() > 63 {
        errors.too_long(field, 63);
    }
    for problem in name_problems(NameRule::DnsSubdomain, &name.to_lowercase(), false) {
        errors.invalid(field, &name.into(), problem);
    }
}

/// Variables read from files need volumes that begin empty.
pub(super) fn files_of_variables(spec: &Value, field: &str, errors: &mut Errors) {
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for (index, container) in items(spec, list).iter().enumerate() {
            environment::files(container, &format!("{field}.{list}[{index}]"), spec, errors);
        }
    }
}
