//! Nobody gives away what they do not hold.
//!
//! Sources: `k8s.io/kubernetes/pkg/registry/rbac/escalation_check.go` and the `policybased` storages beside it.

use serde::Deserialize as _;
use serde_json::Value;

use super::super::{
    access::{Access, Attributes, RoleRef, Rule, missing_rules, quoted},
    call::Call,
    meta::{self, Object},
    request::{User, Verb},
    status::{About, StatusError},
    store::Store,
};

const GROUP: &str = "rbac.authorization.k8s.io";

/// Checks a role or a binding before it is written.
///
/// # Errors
/// 403 if the user would give away more than they hold, 404 if a binding refers to a role that does not exist.
pub(super) fn check_roles(
    store: &Store,
    call: &Call<'_>,
    new: &Object,
    old: Option<&Object>,
) -> Result<(), StatusError> {
    if &*call.resource.group != GROUP || call.user.is_in(User::MASTERS) {
        return Ok(());
    }
    if old.is_some_and(|old| only_lets_go(old, new)) {
        return Ok(());
    }
    let check = Check { store, call };
    let wanted = match &*call.resource.plural {
        "roles" | "clusterroles" => check.rules_of_role(new)?,
        "rolebindings" | "clusterrolebindings" => check.rules_of_binding(new)?,
        _ => return Ok(()),
    };
    match wanted {
        Some(wanted) => check.holds(&wanted, new),
        None => Ok(()),
    }
}

/// Checks that a user who creates something by way of an update or an apply may create it.
///
/// # Errors
/// 403 if not.
pub(super) fn check_creation(store: &Store, call: &Call<'_>) -> Result<(), StatusError> {
    if !matches!(call.target.verb, Verb::Patch | Verb::Update) {
        return Ok(());
    }
    let attributes = Attributes::Resource {
        verb: "create".to_owned(),
        group: call.target.group.clone(),
        resource: call.target.resource.clone(),
        subresource: call.target.subresource.clone(),
        namespace: call.target.namespace.clone(),
        name: call.target.name.clone(),
    };
    call.access.require(store, call.user, &attributes)
}

struct Check<'a> {
    store: &'a Store,
    call: &'a Call<'a>,
}

impl Check<'_> {
    fn access(&self) -> &Access {
        self.call.access
    }

    fn may(&self, attributes: &Attributes) -> bool {
        self.access()
            .decide(self.store, self.call.user, attributes)
            .allowed
    }

    /// The rules of a role that have to be held; `None` if the user may escalate.
    fn rules_of_role(&self, role: &Object) -> Result<Option<Vec<Rule>>, StatusError> {
        let target = self.call.target;
        let escalate = Attributes::of_role("escalate", &target.resource, &target.namespace, &target.name);
        if self.may(&escalate) {
            return Ok(None);
        }
        if role.get("aggregationRule").is_some_and(|rule| !rule.is_null()) {
            let everything = |resources: &[&str], urls: &[&str]| {
                let list = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
                Rule {
                    api_groups: list(resources),
                    resources: list(resources),
                    non_resource_urls: list(urls),
                    verbs: list(&["*"]),
                    ..Rule::default()
                }
            };
            if !self
                .missing(&[everything(&["*"], &[]), everything(&[], &["*"])])
                .0
                .is_empty()
            {
                return Err(self.forbidden(
                    role,
                    "must have cluster-admin privileges to use an aggregationRule",
                ));
            }
        }
        let rules = role.get("rules").unwrap_or(&Value::Null);
        Ok(Some(
            Option::<Vec<Rule>>::deserialize(rules)
                .ok()
                .flatten()
                .unwrap_or_default(),
        ))
    }

    /// The rules that a binding gives away; `None` if the user may bind the role.
    fn rules_of_binding(&self, binding: &Object) -> Result<Option<Vec<Rule>>, StatusError> {
        let role = binding
            .get("roleRef")
            .and_then(|role| RoleRef::deserialize(role).ok())
            .unwrap_or_default();
        let resource = match role.kind.as_str() {
            "Role" => "roles",
            "ClusterRole" => "clusterroles",
            // Validation has something to say about it.
            _ => return Ok(None),
        };
        let namespace = &self.call.target.namespace;
        if self.may(&Attributes::of_role("bind", resource, namespace, &role.name)) {
            return Ok(None);
        }
        let policy = self.access().policy(self.store);
        match policy.referenced(&role, namespace) {
            Ok(rules) => Ok(Some(rules.to_vec())),
            Err(_) => Err(StatusError::not_found(About {
                group: GROUP,
                kind: &self.call.resource.plural,
                name: &role.name,
            })),
        }
    }

    fn missing(&self, wanted: &[Rule]) -> (std::collections::BTreeSet<String>, Vec<String>) {
        let policy = self.access().policy(self.store);
        let (held, errors) = policy.rules_for(self.call.user, &self.call.target.namespace);
        (missing_rules(&held, wanted), errors)
    }

    fn holds(&self, wanted: &[Rule], object: &Object) -> Result<(), StatusError> {
        let (missing, errors) = self.missing(wanted);
        if missing.is_empty() {
            return Ok(());
        }
        let lines: Vec<String> = missing.into_iter().collect();
        let User { name, groups, .. } = self.call.user;
        let mut message = format!(
            "user {name:?} (groups={}) is attempting to grant RBAC permissions not currently held:\n{}",
            quoted(groups),
            lines.join("\n")
        );
        if !errors.is_empty() {
            let errors = match errors.as_slice() {
                [one] => one.clone(),
                many => format!("[{}]", many.join(", ")),
            };
            message += &format!("; resolution errors: [{errors}]");
        }
        Err(self.forbidden(object, &message))
    }

    fn forbidden(&self, object: &Object, why: &str) -> StatusError {
        StatusError::forbidden(self.call.about_name(meta::text(object, "name")), why)
    }
}

/// Whether nothing changes but what the garbage collector needs for letting go of an object.
fn only_lets_go(old: &Object, new: &Object) -> bool {
    let rest = |object: &Object| {
        let mut object = object.clone();
        if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
            for field in ["ownerReferences", "finalizers", "managedFields"] {
                metadata.remove(field);
            }
        }
        object
    };
    old != new && rest(old) == rest(new)
}
