//! Ownership of the number of replicas, seen through the scale subresource.
//!
//! A scale object shows one field of its parent. Its managers are those of the parent that own the replicas, and what a
//! write to the scale changes about them is carried back to the parent.
//!
//! Source: `k8s.io/apimachinery/pkg/util/managedfields/scalehandler.go`.

use serde_json::Value;

use super::{
    element::Element,
    fields_v1,
    managers::{Entry, Managers, store},
    set::FieldSet,
};

const SCALE_VERSION: &str = "autoscaling/v1";

/// Where each served version of the parent keeps its replicas.
#[derive(Clone, Debug, Default)]
pub struct ReplicasPaths {
    paths: Vec<(String, Vec<Element>)>,
}

impl ReplicasPaths {
    /// Adds a version (`group/version`) with the path of its replicas; an empty path for a version without a scale.
    #[must_use]
    pub fn version<'a>(mut self, api_version: &str, path: impl IntoIterator<Item = &'a str>) -> Self {
        let path = path.into_iter().map(Element::field).collect();
        self.paths.push((api_version.to_owned(), path));
        self
    }

    fn of(&self, api_version: &str) -> Option<&[Element]> {
        let found = self.paths.iter().find(|(known, _)| known == api_version);
        found.map(|(_, path)| path.as_slice())
    }
}

/// Gives a scale object the managers of its parent's replicas.
///
/// # Errors
/// What is wrong with the `managedFields` of the parent.
pub fn show(parent: &Value, scale: &mut Value, paths: &ReplicasPaths) -> Result<(), String> {
    let mut shown = Managers::default();
    for entry in Managers::of(parent)?.iter() {
        let owns = paths
            .of(&entry.api_version)
            .is_some_and(|path| entry.fields.has_path(path));
        if owns {
            shown.put(Entry {
                api_version: SCALE_VERSION.into(),
                fields: replicas_of_scale(),
                ..entry.clone()
            });
        }
    }
    shown.store(scale);
    Ok(())
}

/// Gives the parent, an object in `api_version`, the managers that a written scale object has.
///
/// # Errors
/// What is wrong with the `managedFields` of either.
pub fn carry_back(
    scale: &Value,
    parent: &mut Value,
    api_version: &str,
    paths: &ReplicasPaths,
) -> Result<(), String> {
    let before = Managers::of(parent)?;
    let mut written = Managers::of(scale)?;
    let mut after = Managers::default();
    for entry in before.iter() {
        let Some(path) = paths.of(&entry.api_version) else {
            continue;
        };
        if !entry.fields.has_path(path) || written.remove(&entry.id).is_some() {
            after.put(entry.clone());
            continue;
        }
        let mut replicas = FieldSet::default();
        replicas.insert(path);
        let fields = entry.fields.clone().difference(&replicas);
        if !fields.is_empty() {
            after.put(Entry {
                fields,
                ..entry.clone()
            });
        }
    }
    let has_replicas = [Element::field("spec"), Element::field("replicas")];
    for entry in written
        .iter()
        .filter(|entry| entry.fields.has_path(&has_replicas))
    {
        let mut fields = FieldSet::default();
        fields.insert(paths.of(api_version).unwrap_or_default());
        after.put(Entry {
            id: entry.id.clone(),
            api_version: api_version.to_owned(),
            time: before.get(&entry.id).and_then(|entry| entry.time),
            fields,
        });
    }
    store(parent, after.encode());
    Ok(())
}

/// Whether a write of the scale stores the books of an object in another order than every other write: it keeps them as maps of
/// text for a while, and so sorts numbers among their keys as text.
#[must_use]
pub fn reorders(parent: &Value) -> bool {
    let is_sorted = |entry: &Entry| fields_v1::is_in_text_order(&entry.fields);
    Managers::of(parent).is_ok_and(|managers| !managers.iter().all(is_sorted))
}

fn replicas_of_scale() -> FieldSet {
    FieldSet::of_fields(&[&["spec", "replicas"]])
}
