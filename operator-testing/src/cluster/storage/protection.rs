//! `persistentvolumeclaim-protection-controller` and `persistentvolume-protection-controller`: what is in use stays until it is not.

use serde_json::Value;

use crate::{
    apiserver::{status::StatusError, store::ObjectKey},
    cluster::{
        controller::{Context, Controller, Next, Seen},
        kind::{Kind, PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, PODS},
        object::{self, text},
        pod,
    },
};

const CLAIM_FINALIZER: &str = "kubernetes.io/pvc-protection";
const VOLUME_FINALIZER: &str = "kubernetes.io/pv-protection";

/// Keeps claims while Pods use them.
#[derive(Debug, Default)]
pub(crate) struct ClaimProtection;

impl Controller for ClaimProtection {
    fn name(&self) -> &'static str {
        "persistentvolumeclaim-protection-controller"
    }

    fn observe(&mut self, seen: &Seen, _cx: &Context<'_>, wake: &mut Vec<ObjectKey>) {
        if seen.is(&PERSISTENT_VOLUME_CLAIMS) {
            wake.push(seen.key().clone());
        } else if seen.is(&PODS) && seen.after().is_none_or(pod::is_finished) {
            let namespace = seen.key().namespace();
            let claims = seen.states().flat_map(claims_of);
            wake.extend(claims.map(|claim| ObjectKey::new(namespace, claim)));
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, cx: &Context<'_>) -> Result<Next, StatusError> {
        let claim = cx.client.get(&PERSISTENT_VOLUME_CLAIMS, key)?;
        let Some(claim) = claim.filter(|claim| is_held(claim, CLAIM_FINALIZER)) else {
            return Ok(Next::Done);
        };
        let pods = cx.client.list(&PODS, Some(key.namespace()))?;
        let in_use = pods
            .iter()
            .filter(|pod| !pod::is_finished(pod))
            .any(|pod| claims_of(pod).any(|claim| claim == key.name()));
        if !in_use {
            let_go(claim, &PERSISTENT_VOLUME_CLAIMS, CLAIM_FINALIZER, cx)?;
        }
        Ok(Next::Done)
    }
}

/// Keeps volumes while they are bound.
#[derive(Debug, Default)]
pub(crate) struct VolumeProtection;

impl Controller for VolumeProtection {
    fn name(&self) -> &'static str {
        "persistentvolume-protection-controller"
    }

    fn observe(&mut self, seen: &Seen, _cx: &Context<'_>, wake: &mut Vec<ObjectKey>) {
        if seen.is(&PERSISTENT_VOLUMES) {
            wake.push(seen.key().clone());
        } else if seen.is(&PERSISTENT_VOLUME_CLAIMS) && seen.after().is_none() {
            let volumes = seen.states().map(|claim| text(claim, "/spec/volumeName"));
            wake.extend(
                volumes
                    .filter(|name| !name.is_empty())
                    .map(|name| ObjectKey::new("", name)),
            );
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, cx: &Context<'_>) -> Result<Next, StatusError> {
        let volume = cx.client.get(&PERSISTENT_VOLUMES, key)?;
        let Some(volume) = volume.filter(|volume| is_held(volume, VOLUME_FINALIZER)) else {
            return Ok(Next::Done);
        };
        let claim = ObjectKey::new(
            text(&volume, "/spec/claimRef/namespace"),
            text(&volume, "/spec/claimRef/name"),
        );
        let bound = !claim.name().is_empty()
            && cx
                .client
                .get(&PERSISTENT_VOLUME_CLAIMS, &claim)?
                .is_some_and(|claim| object::uid(&claim) == text(&volume, "/spec/claimRef/uid"));
        if !bound {
            let_go(volume, &PERSISTENT_VOLUMES, VOLUME_FINALIZER, cx)?;
        }
        Ok(Next::Done)
    }
}

fn claims_of(pod: &Value) -> impl Iterator<Item = &str> {
    object::list(pod, "/spec/volumes")
        .iter()
        .map(|volume| text(volume, "/persistentVolumeClaim/claimName"))
        .filter(|claim| !claim.is_empty())
}

fn is_held(object: &Value, finalizer: &str) -> bool {
    object::is_deleting(object) && object::has_finalizer(object, finalizer)
}

fn let_go(mut object: Value, kind: &Kind, finalizer: &str, cx: &Context<'_>) -> Result<(), StatusError> {
    object::remove_finalizer(&mut object, finalizer);
    cx.client.replace(kind, &object)?;
    Ok(())
}
