//! The roles and bindings of a store, ready to be asked.
//!
//! Sources: `k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac/rbac.go`, `k8s.io/kubernetes/pkg/registry/rbac/validation/rule.go`.

use std::{collections::BTreeMap, fmt, sync::Arc};

use serde::Deserialize;

use super::{Attributes, rule::Rule};
use crate::apiserver::{
    request::User,
    store::{ResourceKey, Revision, Store, Stored},
};

const GROUP: &str = "rbac.authorization.k8s.io";
const RESOURCES: [&str; 4] = ["clusterroles", "clusterrolebindings", "roles", "rolebindings"];

/// Who may do what.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    /// When each of the four resources last changed.
    revisions: [Revision; 4],
    /// The rules of roles by namespace and name; cluster roles lie in no namespace.
    roles: BTreeMap<(String, String), Arc<[Rule]>>,
    /// The bindings by namespace; cluster role bindings lie in no namespace.
    bindings: BTreeMap<String, Vec<Binding>>,
}

/// An answer of the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) allowed: bool,
    /// What allowed it, or what went wrong; often empty.
    pub(crate) reason: String,
}

impl Decision {
    pub(super) fn allowed(reason: String) -> Self {
        Self {
            allowed: true,
            reason,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Role {
    #[serde(default)]
    rules: Option<Vec<Rule>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Binding {
    metadata: Named,
    role_ref: RoleRef,
    #[serde(default)]
    subjects: Option<Vec<Subject>>,
}

#[derive(Debug, Deserialize)]
struct Named {
    #[serde(default)]
    name: String,
    #[serde(default)]
    namespace: String,
}

/// The role that a binding gives away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct RoleRef {
    pub(crate) kind: String,
    pub(crate) name: String,
}

#[derive(Debug, Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Subject {
    kind: String,
    name: String,
    namespace: String,
}

impl Policy {
    /// Reads the roles and bindings of a store.
    pub(super) fn read(store: &Store) -> Self {
        let mut policy = Self {
            revisions: revisions(store),
            ..Self::default()
        };
        for resource in ["clusterroles", "roles"] {
            for stored in objects(store, resource) {
                let (Ok(role), Ok(Holder { metadata })) = (
                    serde_json::from_slice::<Role>(stored.json()),
                    serde_json::from_slice(stored.json()),
                ) else {
                    continue;
                };
                let rules = role.rules.unwrap_or_default().into();
                policy.roles.insert((metadata.namespace, metadata.name), rules);
            }
        }
        for resource in ["clusterrolebindings", "rolebindings"] {
            for stored in objects(store, resource) {
                let Ok(binding) = serde_json::from_slice::<Binding>(stored.json()) else {
                    continue;
                };
                let namespace = binding.metadata.namespace.clone();
                policy.bindings.entry(namespace).or_default().push(binding);
            }
        }
        policy
    }

    /// Whether the store still holds what was read.
    pub(super) fn is_current(&self, store: &Store) -> bool {
        self.revisions == revisions(store)
    }

    /// Whether a user may do something.
    pub(crate) fn decide(&self, user: &User, attributes: &Attributes) -> Decision {
        let mut errors: Vec<String> = Vec::new();
        let allowing = self.visit(user, attributes.namespace(), |granted| match granted {
            Ok((rule, source)) => rule
                .allows(attributes)
                .then(|| format!("RBAC: allowed by {source}")),
            Err(error) => {
                if !errors.contains(&error) {
                    errors.push(error);
                }
                None
            }
        });
        if let Some(reason) = allowing {
            return Decision::allowed(reason);
        }
        let reason = match errors.as_slice() {
            [] => String::new(),
            [one] => format!("RBAC: {one}"),
            many => format!("RBAC: [{}]", many.join(", ")),
        };
        Decision {
            allowed: false,
            reason,
        }
    }

    /// Every rule that applies to a user in a namespace, and what went wrong while they were collected.
    pub(crate) fn rules_for(&self, user: &User, namespace: &str) -> (Vec<Rule>, Vec<String>) {
        let (mut rules, mut errors) = (Vec::new(), Vec::new());
        self.visit(user, namespace, |granted| {
            match granted {
                Ok((rule, _)) => rules.push(rule.clone()),
                Err(error) => errors.push(error),
            }
            None::<()>
        });
        (rules, errors)
    }

    /// The rules that a role reference stands for in a namespace.
    ///
    /// # Errors
    /// The message of the real server.
    pub(crate) fn referenced(&self, role: &RoleRef, namespace: &str) -> Result<&Arc<[Rule]>, String> {
        let namespace = match role.kind.as_str() {
            "Role" => namespace,
            "ClusterRole" => "",
            other => return Err(format!("unsupported role reference kind: {other:?}")),
        };
        self.roles
            .get(&(namespace.to_owned(), role.name.clone()))
            .ok_or_else(|| {
                format!(
                    "{}.{GROUP} {:?} not found",
                    role.kind.to_ascii_lowercase(),
                    role.name
                )
            })
    }

    /// Calls `each` for every rule that applies until it gives an answer: bindings of the cluster first, each in the order
    /// of names.
    fn visit<'a, T>(
        &'a self,
        user: &User,
        namespace: &str,
        mut each: impl FnMut(Result<(&'a Rule, Grant<'a>), String>) -> Option<T>,
    ) -> Option<T> {
        let places = if namespace.is_empty() {
            &[""][..]
        } else {
            &["", namespace]
        };
        for place in places {
            for binding in self.bindings.get(*place).into_iter().flatten() {
                let Some(subject) = binding.subject_for(user) else {
                    continue;
                };
                match self.referenced(&binding.role_ref, place) {
                    Ok(rules) => {
                        for rule in rules.iter() {
                            let answer = each(Ok((rule, Grant { binding, subject })));
                            if answer.is_some() {
                                return answer;
                            }
                        }
                    }
                    Err(error) => {
                        let answer = each(Err(error));
                        if answer.is_some() {
                            return answer;
                        }
                    }
                }
            }
        }
        None
    }
}

#[derive(Deserialize)]
struct Holder {
    metadata: Named,
}

/// Which binding gives a rule to whom.
#[derive(Clone, Copy)]
struct Grant<'a> {
    binding: &'a Binding,
    subject: &'a Subject,
}

impl fmt::Display for Grant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Named { name, namespace } = &self.binding.metadata;
        let RoleRef { kind, name: role } = &self.binding.role_ref;
        if namespace.is_empty() {
            write!(f, "ClusterRoleBinding {name:?} of {kind} {role:?} to ")?;
        } else {
            let name = format!("{name}/{namespace}");
            write!(f, "RoleBinding {name:?} of {kind} {role:?} to ")?;
        }
        let Subject { kind, name, .. } = self.subject;
        if kind == "ServiceAccount" {
            let home = self.subject.home(namespace);
            write!(f, "{kind} {:?}", format!("{name}/{home}"))
        } else {
            write!(f, "{kind} {name:?}")
        }
    }
}

impl Binding {
    fn subject_for(&self, user: &User) -> Option<&Subject> {
        let home = &self.metadata.namespace;
        let subjects = self.subjects.iter().flatten();
        subjects.into_iter().find(|subject| subject.is(user, home))
    }
}

impl Subject {
    /// The namespace of a service account.
    fn home<'a>(&'a self, binding: &'a str) -> &'a str {
        if self.namespace.is_empty() {
            binding
        } else {
            &self.namespace
        }
    }

    fn is(&self, user: &User, binding: &str) -> bool {
        match self.kind.as_str() {
            "User" => user.name == self.name,
            "Group" => user.is_in(&self.name),
            "ServiceAccount" => {
                let home = self.home(binding);
                let account = user
                    .name
                    .strip_prefix("system:serviceaccount:")
                    .and_then(|rest| rest.split_once(':'));
                !home.is_empty() && account == Some((home, self.name.as_str()))
            }
            _ => false,
        }
    }
}

fn revisions(store: &Store) -> [Revision; 4] {
    RESOURCES.map(|resource| store.changed(&ResourceKey::new(GROUP, resource)))
}

fn objects(store: &Store, resource: &str) -> Vec<Arc<Stored>> {
    let resource = ResourceKey::new(GROUP, resource);
    store.list(&resource, None, None).cloned().collect()
}
