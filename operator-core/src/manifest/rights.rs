//! The rights an operator needs, worked out from what its controllers declare.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::rbac::v1::{
    ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, RoleRef, Subject,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::meta::{Declaration, Rule};

/// Everything an operator may do.
///
/// # Guarantees
/// The rules are minimal and sorted: the same declarations give the same text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    verbs: BTreeMap<(String, String), BTreeSet<String>>,
}

impl Rights {
    /// No rights.
    pub fn new() -> Self {
        Self::default()
    }

    /// The rights that controllers need for what they declare, events included.
    ///
    /// Of the main kind: read it, patch it where there is a finalizer, write its status, and, where anything is owned,
    /// refer to it as an owner that blocks deletion. Of owned kinds: read, apply, prune. Of watched kinds: read. And what
    /// the reconciler says with `#[rbac]`.
    pub fn of<'a>(declarations: impl IntoIterator<Item = &'a Declaration>) -> Self {
        const READ: [&str; 3] = ["get", "list", "watch"];
        let mut rights = Self::new();
        for declaration in declarations {
            let main = &declaration.main;
            rights.grant(&main.group, &main.plural, READ);
            if declaration.finalizer {
                rights.grant(&main.group, &main.plural, ["patch"]);
            }
            rights.grant(&main.group, &format!("{}/status", main.plural), ["patch"]);
            if !declaration.owns.is_empty() {
                rights.grant(&main.group, &format!("{}/finalizers", main.plural), ["update"]);
            }
            for owned in &declaration.owns {
                rights.grant(&owned.group, &owned.plural, READ);
                rights.grant(&owned.group, &owned.plural, ["create", "delete", "patch"]);
            }
            for watched in &declaration.watches {
                rights.grant(&watched.group, &watched.plural, READ);
            }
            rights.grant("events.k8s.io", "events", ["create", "patch"]);
            for rule in &declaration.rights {
                rights.add(rule);
            }
        }
        rights
    }

    /// What the election of a leader needs, in the operator's own namespace.
    pub fn of_election() -> Self {
        let mut rights = Self::new();
        rights.grant("coordination.k8s.io", "leases", ["create", "get", "update"]);
        rights
    }

    /// Adds a right that cannot be worked out.
    pub fn add(&mut self, rule: &Rule) {
        for resource in &rule.resources {
            self.grant(&rule.group, resource, rule.verbs.iter().map(String::as_str));
        }
    }

    /// Whether this may be done.
    pub fn allow(&self, group: &str, resource: &str, verb: &str) -> bool {
        let known = self.verbs.get(&(group.to_owned(), resource.to_owned()));
        known.is_some_and(|verbs| verbs.contains(verb))
    }

    /// The rules, resources with the same verbs joined.
    pub fn rules(&self) -> Vec<Rule> {
        let mut joined: BTreeMap<(&str, &BTreeSet<String>), BTreeSet<String>> = BTreeMap::new();
        for ((group, resource), verbs) in &self.verbs {
            joined.entry((group, verbs)).or_default().insert(resource.clone());
        }
        let mut rules: Vec<Rule> = joined
            .into_iter()
            .map(|((group, verbs), resources)| Rule {
                group: group.to_owned(),
                resources,
                verbs: verbs.clone(),
            })
            .collect();
        rules.sort();
        rules
    }

    /// The rights in the whole cluster.
    pub fn cluster_role(&self, name: &str) -> ClusterRole {
        ClusterRole {
            metadata: named(name, None),
            rules: Some(self.policy()),
            ..ClusterRole::default()
        }
    }

    /// The rights in one namespace.
    pub fn role(&self, name: &str, namespace: &str) -> Role {
        Role {
            metadata: named(name, Some(namespace)),
            rules: Some(self.policy()),
        }
    }

    fn policy(&self) -> Vec<PolicyRule> {
        let rules = self.rules().into_iter();
        rules
            .map(|rule| PolicyRule {
                api_groups: Some(vec![rule.group]),
                resources: Some(rule.resources.into_iter().collect()),
                verbs: rule.verbs.into_iter().collect(),
                ..PolicyRule::default()
            })
            .collect()
    }

    fn grant<'a>(&mut self, group: &str, resource: &str, verbs: impl IntoIterator<Item = &'a str>) {
        let known = self
            .verbs
            .entry((group.to_owned(), resource.to_owned()))
            .or_default();
        known.extend(verbs.into_iter().map(str::to_owned));
    }
}

/// Gives a service account the rights of a role in the same or in another namespace.
pub(super) fn role_binding(
    role: &str,
    namespace: &str,
    account: &str,
    account_namespace: &str,
) -> RoleBinding {
    RoleBinding {
        metadata: named(role, Some(namespace)),
        role_ref: role_ref("Role", role),
        subjects: Some(vec![subject(account, account_namespace)]),
    }
}

/// Gives a service account the rights of a cluster role.
pub(super) fn cluster_role_binding(role: &str, account: &str, account_namespace: &str) -> ClusterRoleBinding {
    ClusterRoleBinding {
        metadata: named(role, None),
        role_ref: role_ref("ClusterRole", role),
        subjects: Some(vec![subject(account, account_namespace)]),
    }
}

fn role_ref(kind: &str, name: &str) -> RoleRef {
    RoleRef {
        api_group: Some("rbac.authorization.k8s.io".to_owned()),
        kind: kind.to_owned(),
        name: name.to_owned(),
    }
}

fn subject(account: &str, namespace: &str) -> Subject {
    Subject {
        kind: "ServiceAccount".to_owned(),
        name: account.to_owned(),
        namespace: Some(namespace.to_owned()),
        ..Subject::default()
    }
}

pub(super) fn named(name: &str, namespace: Option<&str>) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        namespace: namespace.map(str::to_owned),
        ..ObjectMeta::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::api::apps::v1::StatefulSet;
    use k8s_openapi::api::core::v1::{ConfigMap, Secret, Service};

    fn declaration() -> Declaration {
        let mut declaration = Declaration::of::<Secret>("secrets");
        declaration.own::<Service>();
        declaration.own::<ConfigMap>();
        declaration.own::<StatefulSet>();
        declaration.watch::<ConfigMap>();
        declaration
    }

    #[test]
    fn rules_are_joined_by_verbs_and_sorted() {
        let rules = Rights::of([&declaration()]).rules();
        let own = ["create", "delete", "get", "list", "patch", "watch"];
        assert_eq!(
            rules,
            [
                Rule::new("", ["configmaps", "services"], own),
                Rule::new("", ["secrets"], ["get", "list", "watch"]),
                Rule::new("", ["secrets/finalizers"], ["update"]),
                Rule::new("", ["secrets/status"], ["patch"]),
                Rule::new("apps", ["statefulsets"], own),
                Rule::new("events.k8s.io", ["events"], ["create", "patch"]),
            ]
        );
    }

    #[test]
    fn a_finalizer_needs_a_patch_of_the_main_kind() {
        let mut declaration = declaration();
        assert!(!Rights::of([&declaration]).allow("", "secrets", "patch"));
        declaration.finalizer = true;
        assert!(Rights::of([&declaration]).allow("", "secrets", "patch"));
        assert!(!Rights::of([&declaration]).allow("", "secrets", "delete"));
    }

    #[test]
    fn what_cannot_be_worked_out_is_added() {
        let mut rights = Rights::of_election();
        rights.add(&Rule::new("", ["pods/exec"], ["create"]));
        assert!(rights.allow("", "pods/exec", "create"));
        assert!(rights.allow("coordination.k8s.io", "leases", "update"));
        assert_eq!(rights.role("op", "ns").rules.unwrap().len(), 2);
    }
}
