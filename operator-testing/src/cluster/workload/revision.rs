//! ControllerRevisions: the history of a workload's template.

use serde_json::{Value, json};

use super::claim;
use crate::{
    apiserver::{status::StatusError, store::ObjectKey},
    cluster::{
        client::Client,
        hash,
        kind::{CONTROLLER_REVISIONS, Kind},
        object::{self, int},
    },
};

/// How a kind of workload names its revisions.
#[derive(Clone, Copy)]
pub(super) struct Naming {
    /// The label that holds the hash of a revision.
    pub(super) label: &'static str,
    /// The hash of a revision, from its data, its template and the number of collisions.
    pub(super) hash: fn(&Value, &Value, i64) -> String,
}

impl Naming {
    /// As StatefulSets do.
    pub(super) const BY_DATA: Self = Self {
        label: "controller.kubernetes.io/hash",
        hash: |data, _, collisions| hash::of_revision(data, collisions),
    };

    /// As DaemonSets do.
    pub(super) const BY_TEMPLATE: Self = Self {
        label: "controller-revision-hash",
        hash: |_, template, collisions| hash::of_template(template, collisions),
    };
}

/// The revisions of a workload, oldest first, with the one of its current template.
pub(super) struct History {
    /// All of them, sorted by number.
    pub(super) revisions: Vec<Value>,
    /// The position of the current template's.
    pub(super) update: usize,
    /// How many names were taken by other templates.
    pub(super) collisions: i64,
}

impl History {
    /// Reads the history and makes it current: a template seen before gets the newest number, a new one a new revision.
    pub(super) fn sync(
        client: &Client,
        owner: &Value,
        kind: &Kind,
        naming: Naming,
    ) -> Result<Self, StatusError> {
        let mut revisions = claim::dependents(client, owner, kind, &CONTROLLER_REVISIONS, |_| true)?;
        revisions.sort_by(|a, b| (number(a), object::name(a)).cmp(&(number(b), object::name(b))));
        let collisions = int(owner, "/status/collisionCount").unwrap_or_default();
        let data = data(&owner["spec"]["template"]);
        let next = revisions.last().map_or(1, |last| number(last) + 1);
        match revisions.iter().rposition(|revision| revision["data"] == data) {
            Some(index) if index + 1 == revisions.len() => Ok(Self {
                update: index,
                revisions,
                collisions,
            }),
            Some(index) => {
                let mut revision = revisions.remove(index);
                revision["revision"] = next.into();
                revisions.push(client.replace(&CONTROLLER_REVISIONS, &revision)?);
                Ok(Self {
                    update: revisions.len() - 1,
                    revisions,
                    collisions,
                })
            }
            None => {
                let (revision, collisions) = create(client, owner, kind, naming, next, collisions)?;
                revisions.push(revision);
                Ok(Self {
                    update: revisions.len() - 1,
                    revisions,
                    collisions,
                })
            }
        }
    }

    /// The position of the revision of this name.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.revisions
            .iter()
            .position(|revision| object::name(revision) == name)
    }

    /// Deletes the oldest revisions that are neither in use nor within the limit.
    pub(super) fn truncate(
        &self,
        client: &Client,
        limit: i64,
        in_use: impl Fn(&str) -> bool,
    ) -> Result<(), StatusError> {
        let Ok(limit) = usize::try_from(limit) else {
            return Ok(());
        };
        let idle: Vec<&Value> = self
            .revisions
            .iter()
            .filter(|revision| !in_use(object::name(revision)))
            .collect();
        let surplus = idle.len().saturating_sub(limit);
        for revision in idle.into_iter().take(surplus) {
            client.delete(&CONTROLLER_REVISIONS, &object::key(revision), json!({}))?;
        }
        Ok(())
    }
}

fn create(
    client: &Client,
    owner: &Value,
    kind: &Kind,
    naming: Naming,
    number: i64,
    mut collisions: i64,
) -> Result<(Value, i64), StatusError> {
    let template = &owner["spec"]["template"];
    let data = data(template);
    loop {
        let hash = (naming.hash)(&data, template, collisions);
        let name = format!("{}-{hash}", object::name(owner));
        let mut labels = owner
            .pointer("/spec/template/metadata/labels")
            .cloned()
            .unwrap_or_else(|| json!({}));
        labels[naming.label] = hash.into();
        let mut revision = json!({
            "apiVersion": "apps/v1",
            "kind": "ControllerRevision",
            "metadata": {
                "name": name,
                "namespace": object::namespace(owner),
                "labels": labels,
                "ownerReferences": [object::controller_reference(owner, kind)],
            },
            "data": data,
            "revision": number,
        });
        if let Some(annotations) = owner.pointer("/metadata/annotations") {
            revision["metadata"]["annotations"] = annotations.clone();
        }
        let namespace = object::namespace(owner);
        match client.create(&CONTROLLER_REVISIONS, namespace, revision) {
            Err(error) if error.reason == "AlreadyExists" => {
                let taken = client.get(&CONTROLLER_REVISIONS, &ObjectKey::new(namespace, &name))?;
                if let Some(same) = taken.filter(|taken| taken["data"] == data) {
                    return Ok((same, collisions));
                }
                collisions += 1;
            }
            made => return Ok((made?, collisions)),
        }
    }
}

fn number(revision: &Value) -> i64 {
    int(revision, "/revision").unwrap_or_default()
}

/// A template as a revision keeps it: a patch that replaces the template.
fn data(template: &Value) -> Value {
    let mut template = template.clone();
    template["$patch"] = "replace".into();
    json!({"spec": {"template": template}})
}

/// The template that a revision keeps.
pub(super) fn template(revision: &Value) -> Value {
    let mut template = revision["data"]["spec"]["template"].clone();
    if let Value::Object(members) = &mut template {
        members.remove("$patch");
    }
    template
}
