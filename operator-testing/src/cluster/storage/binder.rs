//! `persistentvolume-binder-controller`: gives every claim a volume of its own, as a dynamic provisioner would, whatever its class.

use serde_json::{Value, json};

use crate::{
    apiserver::{status::StatusError, store::ObjectKey},
    cluster::{
        controller::{Context, Controller, Next, Seen},
        kind::{PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES},
        object::{self, text},
    },
};

/// The simulated binder and provisioner. Keys without a namespace are volumes.
#[derive(Debug, Default)]
pub(crate) struct Binder;

impl Controller for Binder {
    fn name(&self) -> &'static str {
        "persistentvolume-binder-controller"
    }

    fn observe(&mut self, seen: &Seen, _cx: &Context<'_>, wake: &mut Vec<ObjectKey>) {
        if seen.is(&PERSISTENT_VOLUME_CLAIMS) {
            wake.push(seen.key().clone());
            if seen.after().is_none() {
                let volume = seen.before().map(|claim| text(claim, "/spec/volumeName"));
                wake.extend(
                    volume
                        .filter(|name| !name.is_empty())
                        .map(|name| ObjectKey::new("", name)),
                );
            }
        } else if seen.is(&PERSISTENT_VOLUMES) {
            wake.push(seen.key().clone());
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, cx: &Context<'_>) -> Result<Next, StatusError> {
        if key.namespace().is_empty() {
            release(key, cx)?;
        } else if let Some(claim) = cx.client.get(&PERSISTENT_VOLUME_CLAIMS, key)?
            && !object::is_deleting(&claim)
            && text(&claim, "/status/phase") != "Bound"
        {
            bind(claim, cx)?;
        }
        Ok(Next::Done)
    }
}

/// Makes the volume of a claim and binds the two.
fn bind(mut claim: Value, cx: &Context<'_>) -> Result<(), StatusError> {
    let name = match text(&claim, "/spec/volumeName") {
        "" => format!("pvc-{}", object::uid(&claim)),
        name => name.to_owned(),
    };
    let key = ObjectKey::new("", &name);
    let mut volume = match cx.client.get(&PERSISTENT_VOLUMES, &key)? {
        Some(volume) => volume,
        None => cx
            .client
            .create(&PERSISTENT_VOLUMES, "", volume_for(&claim, &name))?,
    };
    let owner = text(&volume, "/spec/claimRef/uid");
    if !owner.is_empty() && owner != object::uid(&claim) {
        return Ok(());
    }
    if owner.is_empty() {
        volume["spec"]["claimRef"] = reference(&claim);
        volume = cx.client.replace(&PERSISTENT_VOLUMES, &volume)?;
    }
    if text(&volume, "/status/phase") != "Bound" {
        volume["status"] = json!({"phase": "Bound", "lastPhaseTransitionTime": object::timestamp(cx.now)});
        volume = cx.client.replace_status(&PERSISTENT_VOLUMES, &volume)?;
    }
    if text(&claim, "/spec/volumeName").is_empty() {
        claim["spec"]["volumeName"] = name.into();
        object::set_annotation(&mut claim, "pv.kubernetes.io/bind-completed", "yes");
        object::set_annotation(&mut claim, "pv.kubernetes.io/bound-by-controller", "yes");
        claim = cx.client.replace(&PERSISTENT_VOLUME_CLAIMS, &claim)?;
    }
    claim["status"]["phase"] = "Bound".into();
    claim["status"]["accessModes"] = volume["spec"]["accessModes"].clone();
    claim["status"]["capacity"] = volume["spec"]["capacity"].clone();
    cx.client.replace_status(&PERSISTENT_VOLUME_CLAIMS, &claim)?;
    Ok(())
}

fn reference(claim: &Value) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "namespace": object::namespace(claim),
        "name": object::name(claim),
        "uid": object::uid(claim),
        "resourceVersion": claim["metadata"]["resourceVersion"],
    })
}

fn volume_for(claim: &Value, name: &str) -> Value {
    let mut volume = json!({
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {
            "name": name,
            "annotations": {"pv.kubernetes.io/provisioned-by": "simulated"},
        },
        "spec": {
            "accessModes": claim["spec"]["accessModes"],
            "capacity": {"storage": claim.pointer("/spec/resources/requests/storage").cloned().unwrap_or_else(|| "1Gi".into())},
            "claimRef": reference(claim),
            "hostPath": {"path": format!("/simulated/{name}"), "type": "DirectoryOrCreate"},
            "persistentVolumeReclaimPolicy": "Delete",
            "volumeMode": claim.pointer("/spec/volumeMode").cloned().unwrap_or_else(|| "Filesystem".into()),
        },
    });
    if let Some(class) = claim.pointer("/spec/storageClassName") {
        volume["spec"]["storageClassName"] = class.clone();
    }
    volume
}

/// Deletes or releases a volume whose claim is gone.
fn release(key: &ObjectKey, cx: &Context<'_>) -> Result<(), StatusError> {
    let Some(mut volume) = cx.client.get(&PERSISTENT_VOLUMES, key)? else {
        return Ok(());
    };
    let claim = ObjectKey::new(
        text(&volume, "/spec/claimRef/namespace"),
        text(&volume, "/spec/claimRef/name"),
    );
    if claim.name().is_empty() || object::is_deleting(&volume) {
        return Ok(());
    }
    let owner = cx.client.get(&PERSISTENT_VOLUME_CLAIMS, &claim)?;
    if owner.is_some_and(|claim| object::uid(&claim) == text(&volume, "/spec/claimRef/uid")) {
        return Ok(());
    }
    if text(&volume, "/spec/persistentVolumeReclaimPolicy") == "Delete" {
        return cx.client.delete(&PERSISTENT_VOLUMES, key, json!({}));
    }
    if text(&volume, "/status/phase") != "Released" {
        volume["status"] = json!({"phase": "Released", "lastPhaseTransitionTime": object::timestamp(cx.now)});
        cx.client.replace_status(&PERSISTENT_VOLUMES, &volume)?;
    }
    Ok(())
}
