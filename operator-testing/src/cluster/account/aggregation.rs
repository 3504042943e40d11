//! `clusterrole-aggregation-controller`: fills cluster roles such as `admin` with the rules of those that they select.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    apiserver::{status::StatusError, store::ObjectKey},
    cluster::{
        controller::{Context, Controller, Next, Seen},
        kind::CLUSTER_ROLES,
        object, selector,
    },
};

/// The simulated `clusterrole-aggregation-controller`.
#[derive(Debug, Default)]
pub(crate) struct RoleAggregation {
    /// The roles that select others, with their selectors.
    selecting: BTreeMap<ObjectKey, Vec<Value>>,
}

impl Controller for RoleAggregation {
    fn name(&self) -> &'static str {
        "clusterrole-aggregation-controller"
    }

    fn observe(&mut self, seen: &Seen, _cx: &Context<'_>, wake: &mut Vec<ObjectKey>) {
        if !seen.is(&CLUSTER_ROLES) {
            return;
        }
        match seen.after().map(selectors) {
            Some(selectors) if !selectors.is_empty() => {
                self.selecting.insert(seen.key().clone(), selectors.to_vec());
                wake.push(seen.key().clone());
            }
            _ => {
                self.selecting.remove(seen.key());
            }
        }
        let concerned = self.selecting.iter().filter(|(_, selectors)| {
            selectors.iter().any(|wanted| {
                seen.states()
                    .any(|state| selector::matches(wanted, object::labels(state)))
            })
        });
        wake.extend(concerned.map(|(key, _)| key.clone()));
    }

    fn reconcile(&mut self, key: &ObjectKey, cx: &Context<'_>) -> Result<Next, StatusError> {
        let Some(mut role) = cx.client.get(&CLUSTER_ROLES, key)? else {
            return Ok(Next::Done);
        };
        if selectors(&role).is_empty() {
            return Ok(Next::Done);
        }
        let roles = cx.client.list(&CLUSTER_ROLES, None)?;
        let rules = collect(&role, &roles);
        if object::list(&role, "/rules") != rules {
            role["rules"] = rules.into();
            cx.client.replace(&CLUSTER_ROLES, &role)?;
        }
        Ok(Next::Done)
    }
}

fn selectors(role: &Value) -> &[Value] {
    object::list(role, "/aggregationRule/clusterRoleSelectors")
}

/// The rules of the selected roles in the order of their names, each once.
fn collect(role: &Value, roles: &[Value]) -> Vec<Value> {
    let mut rules: Vec<Value> = Vec::new();
    for wanted in selectors(role) {
        let selected = roles.iter().filter(|other| {
            object::name(other) != object::name(role) && selector::matches(wanted, object::labels(other))
        });
        for rule in selected.flat_map(|other| object::list(other, "/rules")) {
            if !rules.contains(rule) {
                rules.push(rule.clone());
            }
        }
    }
    rules
}

#[cfg(test)]
#[allow(
    clippy::needless_pass_by_value,
    reason = "values are written where they are used"
)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_role_takes_the_rules_of_those_it_selects_once() {
        let rule = |resource: &str| json!({"apiGroups": [""], "resources": [resource], "verbs": ["get"]});
        let role = |name: &str, label: &str, rules: Value| json!({"metadata": {"name": name, "labels": {"to": label}}, "rules": rules});
        let mut sum = role("sum", "sum", json!([]));
        sum["aggregationRule"] = json!({"clusterRoleSelectors": [{"matchLabels": {"to": "sum"}}]});
        let roles = [
            role("a", "sum", json!([rule("pods")])),
            role("b", "other", json!([rule("nodes")])),
            role("c", "sum", json!([rule("pods"), rule("secrets")])),
            sum.clone(),
        ];
        assert_eq!(collect(&sum, &roles), [rule("pods"), rule("secrets")]);
    }
}
