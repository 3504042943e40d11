//! `deployment-controller`: one ReplicaSet for each version of the template, and Pods moved from the old to the new ones.
//!
//! [`rollout`] decides the sizes, [`revision`] which ReplicaSet is which, [`status`] what is reported; this file does it.

mod revision;
mod rollout;
mod status;

use serde_json::{Value, json};

use super::claim;
use crate::{
    apiserver::{status::StatusError, store::ObjectKey},
    cluster::{
        controller::{Context, Controller, Next, Seen},
        hash,
        kind::{DEPLOYMENTS, PODS, REPLICA_SETS},
        object, pod,
    },
};
use revision::{DESIRED_REPLICAS, REVISION};
pub(in crate::cluster) use rollout::{Round, scaled};

/// The simulated `deployment-controller`.
#[derive(Debug, Default)]
pub(crate) struct Deployments;

impl Controller for Deployments {
    fn name(&self) -> &'static str {
        "deployment-controller"
    }

    fn observe(&mut self, seen: &Seen, cx: &Context<'_>, wake: &mut Vec<ObjectKey>) {
        if seen.is(&DEPLOYMENTS) {
            wake.push(seen.key().clone());
        } else if seen.is(&REPLICA_SETS) {
            claim::observe(seen, &DEPLOYMENTS, cx.client, wake);
        } else if seen.is(&PODS) && seen.after().is_none_or(pod::is_finished) {
            // a Recreate rollout waits for the last old Pod to go
            let sets = seen
                .states()
                .filter_map(|pod| object::controller_key(pod, &REPLICA_SETS));
            for set in sets {
                if let Ok(Some(set)) = cx.client.get(&REPLICA_SETS, &set) {
                    wake.extend(object::controller_key(&set, &DEPLOYMENTS));
                }
            }
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, cx: &Context<'_>) -> Result<Next, StatusError> {
        let Some(deployment) = cx.client.get(&DEPLOYMENTS, key)? else {
            return Ok(Next::Done);
        };
        if deployment["spec"]["selector"] == json!({}) {
            return Ok(Next::Done);
        }
        let mut sets = claim::dependents(cx.client, &deployment, &DEPLOYMENTS, &REPLICA_SETS, |_| true)?;
        object::sort_by_age(&mut sets);
        let mut sync = Sync { cx, deployment, sets };
        sync.run()
    }
}

/// When the annotations that say what a size was decided by are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Notes {
    WithSize,
    Always,
}

/// One pass over a Deployment; what it writes it also changes here.
struct Sync<'a> {
    cx: &'a Context<'a>,
    deployment: Value,
    /// Oldest first.
    sets: Vec<Value>,
}

impl Sync<'_> {
    fn run(&mut self) -> Result<Next, StatusError> {
        if object::is_deleting(&self.deployment) {
            let new = revision::find_new(&self.deployment, &self.sets);
            return self.report_without_progress(new);
        }
        self.report_pause()?;
        if object::flag(&self.deployment, "/spec/paused") || self.is_scaling() {
            return self.scale();
        }
        if object::text(&self.deployment, "/spec/strategy/type") == "Recreate" {
            self.recreate()
        } else {
            self.roll()
        }
    }

    /// Whether the number of replicas has changed since the ReplicaSets were last sized.
    fn is_scaling(&self) -> bool {
        let wanted = rollout::wanted(&self.deployment).to_string();
        self.sets
            .iter()
            .filter(|set| rollout::size(set) > 0)
            .any(|set| object::annotation(set, DESIRED_REPLICAS).is_some_and(|desired| desired != wanted))
    }

    /// Keeps the proportions of a rollout while the Deployment is scaled or paused.
    fn scale(&mut self) -> Result<Next, StatusError> {
        let new = self.new_set(false)?;
        for (index, size) in rollout::rescale(&self.deployment, &self.sets, new) {
            self.resize(index, size, Notes::Always)?;
        }
        if object::flag(&self.deployment, "/spec/paused") {
            self.clean_up(new)?;
        }
        self.report_without_progress(new)
    }

    fn roll(&mut self) -> Result<Next, StatusError> {
        let new = self.new_set(true)?;
        let Some(index) = new else {
            return self.report(new);
        };
        let up = rollout::new_size(&self.deployment, &self.sets, index);
        if self.resize(index, up, Notes::WithSize)? {
            return self.report(new);
        }
        let down = rollout::scale_down_old(&self.deployment, &self.sets, index);
        if !down.is_empty() {
            for (index, size) in down {
                self.resize(index, size, Notes::WithSize)?;
            }
            return self.report(new);
        }
        if status::is_complete(&self.deployment, &self.deployment["status"]) {
            self.clean_up(new)?;
        }
        self.report(new)
    }

    fn recreate(&mut self) -> Result<Next, StatusError> {
        let new = self.new_set(false)?;
        let old: Vec<usize> = (0..self.sets.len())
            .filter(|index| Some(*index) != new && rollout::size(&self.sets[*index]) > 0)
            .collect();
        if !old.is_empty() {
            for index in old {
                self.resize(index, 0, Notes::WithSize)?;
            }
            return self.report(new);
        }
        if self.has_old_pods(new)? {
            return self.report(new);
        }
        let new = match new {
            Some(index) => Some(index),
            None => self.new_set(true)?,
        };
        if let Some(index) = new
            && self.resize(index, rollout::wanted(&self.deployment), Notes::WithSize)?
        {
            return self.report(new);
        }
        if status::is_complete(&self.deployment, &self.deployment["status"]) {
            self.clean_up(new)?;
        }
        self.report(new)
    }

    fn has_old_pods(&self, new: Option<usize>) -> Result<bool, StatusError> {
        let new_uid = new.map(|index| object::uid(&self.sets[index]));
        let pods = self
            .cx
            .client
            .list(&PODS, Some(object::namespace(&self.deployment)))?;
        Ok(pods.iter().filter(|pod| !pod::is_finished(pod)).any(|pod| {
            object::controller_of(pod).is_some_and(|owner| {
                let uid = object::text(owner, "/uid");
                Some(uid) != new_uid && self.sets.iter().any(|set| object::uid(set) == uid)
            })
        }))
    }

    /// The position of the ReplicaSet of the current template, brought up to date; made if it is missing and `make` says so.
    fn new_set(&mut self, make: bool) -> Result<Option<usize>, StatusError> {
        let existing = revision::find_new(&self.deployment, &self.sets);
        let number = revision::next(&self.sets, existing);
        if let Some(index) = existing {
            let mut set = self.sets[index].clone();
            let mut changed = revision::annotate(&self.deployment, &mut set, number, true);
            let min_ready = object::int(&self.deployment, "/spec/minReadySeconds").unwrap_or_default();
            if object::int(&set, "/spec/minReadySeconds").unwrap_or_default() != min_ready {
                set["spec"]["minReadySeconds"] = min_ready.into();
                changed = true;
            }
            if changed {
                self.sets[index] = self.cx.client.replace(&REPLICA_SETS, &set)?;
                return Ok(existing);
            }
            let message = format!("Found new replica set \"{}\"", object::name(&set));
            let revision = object::annotation(&set, REVISION).unwrap_or_default().to_owned();
            self.note_revision(&revision, "FoundNewReplicaSet", &message, false)?;
            return Ok(existing);
        }
        if !make {
            return Ok(None);
        }
        self.make_set(number).map(Some)
    }

    fn make_set(&mut self, number: i64) -> Result<usize, StatusError> {
        let collisions = object::int(&self.deployment, "/status/collisionCount").unwrap_or_default();
        let template_hash = hash::of_template(&self.deployment["spec"]["template"], collisions);
        let mut set = revision::new_set(&self.deployment, &template_hash);
        self.sets.push(set.clone());
        let index = self.sets.len() - 1;
        let size = rollout::new_size(&self.deployment, &self.sets, index);
        set["spec"]["replicas"] = size.into();
        revision::annotate(&self.deployment, &mut set, number, false);
        revision::note_sizes(
            &mut set,
            rollout::wanted(&self.deployment),
            rollout::most(&self.deployment),
        );
        let namespace = object::namespace(&self.deployment).to_owned();
        let name = object::name(&set).to_owned();
        match self.cx.client.create(&REPLICA_SETS, &namespace, set) {
            Ok(made) => self.sets[index] = made,
            Err(error) if error.reason == "AlreadyExists" => {
                // a hash that is taken by another template: the next one is salted with the count
                self.deployment["status"]["collisionCount"] = (collisions + 1).into();
                self.cx.client.replace_status(&DEPLOYMENTS, &self.deployment)?;
                return Err(error);
            }
            Err(error) => {
                let message = format!("Failed to create new replica set \"{name}\": {}", error.message);
                if status::has_deadline(&self.deployment) {
                    status::set_condition(
                        &mut self.deployment["status"],
                        status::condition(
                            "Progressing",
                            "False",
                            "ReplicaSetCreateError",
                            &message,
                            self.cx.now,
                        ),
                    );
                    self.deployment = self.cx.client.replace_status(&DEPLOYMENTS, &self.deployment)?;
                }
                return Err(error);
            }
        }
        if size > 0 {
            let message = format!("Scaled up replica set {name} from 0 to {size}");
            self.cx.client.event(
                &self.deployment,
                &DEPLOYMENTS,
                "ScalingReplicaSet",
                &message,
                self.cx.now,
            );
        }
        let message = format!("Created new replica set \"{name}\"");
        self.note_revision(&number.to_string(), "NewReplicaSetCreated", &message, true)?;
        Ok(index)
    }

    /// Writes the revision onto the Deployment, and the first thing there is to say about progress.
    fn note_revision(
        &mut self,
        revision: &str,
        reason: &str,
        message: &str,
        always: bool,
    ) -> Result<(), StatusError> {
        let mut changed = false;
        if object::annotation(&self.deployment, REVISION) != Some(revision) {
            object::set_annotation(&mut self.deployment, REVISION, revision);
            changed = true;
        }
        let progressing = status::find(&self.deployment["status"], "Progressing");
        if status::has_deadline(&self.deployment) && (always || progressing.is_none()) {
            let condition = status::condition("Progressing", "True", reason, message, self.cx.now);
            status::set_condition(object::member(&mut self.deployment, "status"), condition);
            changed = true;
        }
        if changed {
            self.deployment = self.cx.client.replace_status(&DEPLOYMENTS, &self.deployment)?;
        }
        Ok(())
    }

    /// Gives a ReplicaSet a size; says whether that was another one.
    fn resize(&mut self, index: usize, size: i64, notes: Notes) -> Result<bool, StatusError> {
        let mut set = self.sets[index].clone();
        let before = rollout::size(&set);
        if before == size && notes == Notes::WithSize {
            return Ok(false);
        }
        let noted = revision::note_sizes(
            &mut set,
            rollout::wanted(&self.deployment),
            rollout::most(&self.deployment),
        );
        if before == size && !noted {
            return Ok(false);
        }
        set["spec"]["replicas"] = size.into();
        self.sets[index] = self.cx.client.replace(&REPLICA_SETS, &set)?;
        if before != size {
            let direction = if before < size { "up" } else { "down" };
            let message = format!(
                "Scaled {direction} replica set {} from {before} to {size}",
                object::name(&set)
            );
            self.cx.client.event(
                &self.deployment,
                &DEPLOYMENTS,
                "ScalingReplicaSet",
                &message,
                self.cx.now,
            );
        }
        Ok(before != size)
    }

    /// Deletes old ReplicaSets beyond the history limit.
    fn clean_up(&self, new: Option<usize>) -> Result<(), StatusError> {
        for name in revision::superfluous(&self.deployment, &self.sets, new) {
            let key = ObjectKey::new(object::namespace(&self.deployment), &name);
            self.cx.client.delete(&REPLICA_SETS, &key, json!({}))?;
        }
        Ok(())
    }

    fn report_pause(&mut self) -> Result<(), StatusError> {
        let Some(condition) = status::pause_condition(&self.deployment, self.cx.now) else {
            return Ok(());
        };
        status::set_condition(object::member(&mut self.deployment, "status"), condition);
        self.deployment = self.cx.client.replace_status(&DEPLOYMENTS, &self.deployment)?;
        Ok(())
    }

    fn report_without_progress(&mut self, new: Option<usize>) -> Result<Next, StatusError> {
        let status = status::compute(&self.deployment, &self.sets, new, self.cx.now);
        self.write_status(status)?;
        Ok(Next::Done)
    }

    fn report(&mut self, new: Option<usize>) -> Result<Next, StatusError> {
        let computed = status::compute(&self.deployment, &self.sets, new, self.cx.now);
        let new = new.map(|index| &self.sets[index]);
        let status = status::with_progress(&self.deployment, computed, new, &self.sets, self.cx.now);
        self.write_status(status)?;
        Ok(Next::after(status::time_left(&self.deployment, self.cx.now)))
    }

    fn write_status(&mut self, status: Value) -> Result<(), StatusError> {
        if self.deployment["status"] != status {
            self.deployment["status"] = status;
            self.deployment = self.cx.client.replace_status(&DEPLOYMENTS, &self.deployment)?;
        }
        Ok(())
    }
}
