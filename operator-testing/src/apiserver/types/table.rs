//! The table of every kind the server knows.
//!
//! Readers take a [`TypeSnapshot`] and keep it as long as they like; a change of a CustomResourceDefinition puts a new
//! snapshot in its place.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use serde_json::Value;

use super::{
    builtin_table::BUILT_INS, custom::CustomDefinition, decode, definitions::DefinitionId,
    resource::ResourceType, unserved, version::Version,
};

/// The kinds that the server knows, built-in and custom.
#[derive(Debug)]
pub struct TypeTable {
    current: RwLock<Arc<TypeSnapshot>>,
}

/// The kinds that the server knew at one moment.
#[derive(Clone, Debug, Default)]
pub struct TypeSnapshot {
    revision: u64,
    /// By the name of the definition.
    custom: BTreeMap<Arc<str>, Arc<CustomDefinition>>,
    /// The versions of the custom resources that are served, in the order versions are listed.
    groups: BTreeMap<Arc<str>, Vec<Version>>,
}

impl Default for TypeTable {
    fn default() -> Self {
        Self::new()
    }
}

impl TypeTable {
    /// A table with the built-in kinds.
    pub fn new() -> Self {
        Self {
            current: RwLock::new(Arc::new(TypeSnapshot::default())),
        }
    }

    /// The table as it is now.
    pub fn snapshot(&self) -> Arc<TypeSnapshot> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Serves the versions of a definition, in place of what an earlier form of the definition served.
    pub fn install(&self, definition: CustomDefinition) -> Arc<TypeSnapshot> {
        self.change(|next| {
            next.custom
                .insert(Arc::clone(&definition.name), Arc::new(definition));
        })
    }

    /// Serves the definition of that name no longer.
    pub fn remove(&self, name: &str) -> Arc<TypeSnapshot> {
        self.change(|next| {
            next.custom.remove(name);
        })
    }

    fn change(&self, edit: impl FnOnce(&mut TypeSnapshot)) -> Arc<TypeSnapshot> {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let mut next = TypeSnapshot::clone(&current);
        next.revision += 1;
        edit(&mut next);
        next.regroup();
        *current = Arc::new(next);
        Arc::clone(&current)
    }
}

impl TypeSnapshot {
    /// Rises with every change.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The resource of that group, version and plural.
    pub fn resource(&self, group: &str, version: &str, plural: &str) -> Option<&Arc<ResourceType>> {
        let version = self.version(group, version)?;
        version
            .resources
            .iter()
            .find(|resource| &*resource.plural == plural)
    }

    /// The resource with objects of that kind.
    pub fn by_kind(&self, group: &str, version: &str, kind: &str) -> Option<&Arc<ResourceType>> {
        let version = self.version(group, version)?;
        let mut found = version
            .resources
            .iter()
            .filter(|resource| &*resource.kind == kind);
        found.next()
    }

    /// The built-in resource with objects of that kind.
    pub fn builtin(&self, group: &str, version: &str, kind: &str) -> Option<&Arc<ResourceType>> {
        self.by_kind(group, version, kind)
            .filter(|resource| resource.custom.is_none())
    }

    /// What the decoder says of a value that is read as a built-in kind; `None` if nothing is wrong with it. Of several mistakes it
    /// tells the first in the order of the fields.
    pub fn misread(
        &self,
        group: &str,
        version: &str,
        kind: &str,
        value: &Value,
        order: &[String],
    ) -> Option<String> {
        if let Some(resource) = self.builtin(group, version, kind) {
            return resource.first_failure(&mut value.clone(), order);
        }
        let of_meta = unserved::UNVERSIONED.contains(&kind) || unserved::OPTIONS.contains(&kind);
        let id =
            DefinitionId::named(&format!("io.k8s.apimachinery.pkg.apis.meta.v1.{kind}")).filter(|_| of_meta);
        id.and_then(|id| decode::read_as(id.schema(), &mut value.clone()).err())
    }

    /// Whether the server has a type of its own for a kind, served or not.
    ///
    /// Source: the `register.go` files of `k8s.io/api` and `k8s.io/apimachinery/pkg/apis/meta/v1`.
    pub fn is_builtin(&self, group: &str, version: &str, kind: &str) -> bool {
        let is_object = |kind: &str| {
            self.builtin(group, version, kind).is_some() || unserved::is_known(group, version, kind)
        };
        if unserved::UNVERSIONED.contains(&kind) || is_object(kind) {
            return true;
        }
        if unserved::OPTIONS.contains(&kind) {
            return unserved::has_version(group, version)
                || self.version(group, version).is_some_and(|version| {
                    version.resources.iter().any(|resource| resource.custom.is_none())
                });
        }
        kind.strip_suffix("List").is_some_and(is_object)
    }

    /// The version that discovery prefers of the resource that holds objects of that kind, whatever its version.
    pub fn by_group_kind(&self, group: &str, kind: &str) -> Option<&Arc<ResourceType>> {
        self.versions_of(group)
            .flat_map(|version| &version.resources)
            .find(|resource| &*resource.kind == kind)
    }

    /// The version that discovery prefers of the resource of that group and plural.
    pub fn by_group_resource(&self, group: &str, plural: &str) -> Option<&Arc<ResourceType>> {
        self.versions_of(group)
            .flat_map(|version| &version.resources)
            .find(|resource| &*resource.plural == plural)
    }

    /// One version of a group.
    pub fn version(&self, group: &str, version: &str) -> Option<&Version> {
        self.versions_of(group).find(|known| &*known.version == version)
    }

    /// The versions of a group, the preferred one first; none if the group is unknown.
    pub fn versions_of(&self, group: &str) -> impl Iterator<Item = &Version> {
        let built_in = BUILT_INS.iter().filter(move |version| &*version.group == group);
        built_in.chain(self.groups.get(group).into_iter().flatten())
    }

    /// The names of the groups in discovery order: the core group (empty), the built-in ones, then the custom ones by name.
    pub fn groups(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for version in BUILT_INS.iter() {
            if names.last() != Some(&&*version.group) {
                names.push(&version.group);
            }
        }
        names.extend(
            self.groups
                .keys()
                .map(|name| &**name)
                .filter(|name| !is_built_in_group(name)),
        );
        names
    }

    /// Every served version of every group in discovery order.
    pub fn versions(&self) -> impl Iterator<Item = &Version> {
        self.groups()
            .into_iter()
            .flat_map(|group| self.versions_of(group))
    }

    /// Every resource of every served version in discovery order.
    pub fn resources(&self) -> impl Iterator<Item = &Arc<ResourceType>> {
        self.versions().flat_map(|version| &version.resources)
    }

    /// The custom definition of that name (`plural.group`).
    pub fn definition(&self, name: &str) -> Option<&Arc<CustomDefinition>> {
        self.custom.get(name)
    }

    /// Every custom definition, by name.
    pub fn definitions(&self) -> impl Iterator<Item = &Arc<CustomDefinition>> {
        self.custom.values()
    }

    fn regroup(&mut self) {
        let mut groups: BTreeMap<Arc<str>, Vec<Version>> = BTreeMap::new();
        for resource in self.custom.values().flat_map(|definition| &definition.served) {
            let versions = groups.entry(Arc::clone(&resource.group)).or_default();
            match versions
                .iter_mut()
                .find(|known| known.version == resource.version)
            {
                Some(known) => known.resources.push(Arc::clone(resource)),
                None => versions.push(Version {
                    group: Arc::clone(&resource.group),
                    version: Arc::clone(&resource.version),
                    resources: vec![Arc::clone(resource)],
                }),
            }
        }
        for versions in groups.values_mut() {
            versions.sort_by_key(|known| version_priority(&known.version));
        }
        self.groups = groups;
    }
}

/// Whether a group of that name belongs to the server itself.
pub(super) fn is_built_in_group(group: &str) -> bool {
    BUILT_INS.iter().any(|version| &*version.group == group)
}

/// Sorts versions the way discovery prefers them: `v2`, `v1`, `v2beta1`, `v1beta2`, `v1alpha1`, then other names by alphabet.
///
/// Source: `k8s.io/apimachinery/pkg/version/helpers.go`.
pub(super) fn version_priority(version: &str) -> impl Ord + use<> {
    use std::cmp::Reverse;
    let parsed = parse_version(version);
    match parsed {
        Some((major, stage, minor)) => (0, Reverse(stage), Reverse(major), Reverse(minor), String::new()),
        None => (1, Reverse(0), Reverse(0), Reverse(0), version.to_owned()),
    }
}

/// The major number, the stage (stable is 2, beta 1, alpha 0) and the number within the stage.
fn parse_version(version: &str) -> Option<(u64, u8, u64)> {
    let rest = version.strip_prefix('v')?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (major, stage) = rest.split_at(digits);
    let major = number(major)?;
    if stage.is_empty() {
        return Some((major, 2, 0));
    }
    let (level, minor) = match stage.strip_prefix("beta") {
        Some(minor) => (1, minor),
        None => (0, stage.strip_prefix("alpha")?),
    };
    Some((major, level, number(minor)?))
}

fn number(digits: &str) -> Option<u64> {
    if digits.starts_with('0') || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_preferred_by_stability_then_by_number() {
        let mut versions = vec![
            "foo1",
            "v1alpha1",
            "v10",
            "v2beta1",
            "v1",
            "v3beta1",
            "foo10",
            "v12alpha1",
            "v11beta2",
            "v2",
            "v01",
        ];
        versions.sort_by_key(|version| version_priority(version));
        assert_eq!(
            versions,
            [
                "v10",
                "v2",
                "v1",
                "v11beta2",
                "v3beta1",
                "v2beta1",
                "v12alpha1",
                "v1alpha1",
                "foo1",
                "foo10",
                "v01"
            ]
        );
    }

    #[test]
    fn built_in_kinds_are_found_every_way() {
        let table = TypeTable::new().snapshot();
        let deployments = table.resource("apps", "v1", "deployments").unwrap();
        assert_eq!(deployments.group_kind(), "Deployment.apps");
        assert!(deployments.namespaced && deployments.rules.generation);
        assert!(
            deployments
                .schema
                .as_ref()
                .unwrap()
                .properties
                .contains_key("spec")
        );
        assert_eq!(table.by_kind("", "v1", "Pod").unwrap().group_resource(), "pods");
        assert_eq!(
            &*table
                .by_group_kind("autoscaling", "HorizontalPodAutoscaler")
                .unwrap()
                .version,
            "v2"
        );
        assert!(table.resource("apps", "v1", "foos").is_none());
        assert_eq!(table.groups()[0], "");
        assert_eq!(
            table
                .groups()
                .iter()
                .filter(|group| **group == "autoscaling")
                .count(),
            1
        );
    }

    #[test]
    fn every_built_in_kind_that_can_be_written_has_a_schema() {
        let table = TypeTable::new().snapshot();
        let without: Vec<_> = table
            .resources()
            .filter(|resource| resource.schema.is_none())
            .map(|resource| resource.group_resource())
            .collect();
        assert!(without.is_empty(), "{without:?}");
    }
}
