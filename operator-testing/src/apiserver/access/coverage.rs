//! Whether the rules that somebody holds cover the rules that they want to give away.
//!
//! Sources: `k8s.io/component-helpers/auth/rbac/validation/policy_comparator.go`,
//! `k8s.io/kubernetes/pkg/registry/rbac/validation/policy_compact.go`.

use std::collections::BTreeSet;

use super::rule::{Rule, url_covers};

/// The parts of `wanted` that no rule of `held` covers, as messages show them.
pub(crate) fn missing(held: &[Rule], wanted: &[Rule]) -> BTreeSet<String> {
    let uncovered = wanted
        .iter()
        .flat_map(split)
        .filter(|part| !held.iter().any(|rule| covers(rule, part)));
    compact(uncovered).iter().map(ToString::to_string).collect()
}

/// A rule as rules of one verb for one thing.
fn split(rule: &Rule) -> Vec<Rule> {
    let one = |word: &String| vec![word.clone()];
    let mut parts = Vec::new();
    for group in &rule.api_groups {
        for resource in &rule.resources {
            for verb in &rule.verbs {
                let part = Rule {
                    api_groups: one(group),
                    resources: one(resource),
                    verbs: one(verb),
                    ..Rule::default()
                };
                if rule.resource_names.is_empty() {
                    parts.push(part);
                } else {
                    parts.extend(rule.resource_names.iter().map(|name| Rule {
                        resource_names: one(name),
                        ..part.clone()
                    }));
                }
            }
        }
    }
    for url in &rule.non_resource_urls {
        parts.extend(rule.verbs.iter().map(|verb| Rule {
            non_resource_urls: one(url),
            verbs: one(verb),
            ..Rule::default()
        }));
    }
    parts
}

fn covers(rule: &Rule, part: &Rule) -> bool {
    let holds = |list: &[String], wanted: &[String]| {
        list.iter().any(|item| item == "*") || wanted.iter().all(|word| list.contains(word))
    };
    let resources = holds(&rule.resources, &part.resources)
        || part.resources.iter().all(|resource| {
            rule.resources.contains(resource)
                || resource
                    .split_once('/')
                    .is_some_and(|(_, subresource)| rule.resources.contains(&format!("*/{subresource}")))
        });
    let urls = part
        .non_resource_urls
        .iter()
        .all(|path| rule.non_resource_urls.iter().any(|url| url_covers(url, path)));
    let names = rule.resource_names.is_empty()
        || (!part.resource_names.is_empty()
            && part
                .resource_names
                .iter()
                .all(|name| rule.resource_names.contains(name)));
    holds(&rule.verbs, &part.verbs) && holds(&rule.api_groups, &part.api_groups) && resources && urls && names
}

/// Joins the verbs of rules for the same resource.
fn compact(parts: impl Iterator<Item = Rule>) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for mut part in parts {
        let twin = rules.iter_mut().find(|rule| {
            part.non_resource_urls.is_empty()
                && rule.non_resource_urls.is_empty()
                && rule.api_groups == part.api_groups
                && rule.resources == part.resources
                && rule.resource_names == part.resource_names
        });
        match twin {
            Some(rule) => rule.verbs.append(&mut part.verbs),
            None => rules.push(part),
        }
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(groups: &[&str], resources: &[&str], verbs: &[&str], names: &[&str]) -> Rule {
        let list = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        Rule {
            api_groups: list(groups),
            resources: list(resources),
            verbs: list(verbs),
            resource_names: list(names),
            ..Rule::default()
        }
    }

    #[test]
    fn what_is_missing_is_compact() {
        let held = [
            rule(&[""], &["configmaps"], &["get", "list"], &[]),
            rule(&["apps"], &["*/status"], &["*"], &["web"]),
        ];
        let missing = |wanted: Rule| {
            missing(&held, &[wanted])
                .into_iter()
                .collect::<Vec<_>>()
                .join("\n")
        };
        assert_eq!(missing(rule(&[""], &["configmaps"], &["get"], &["one"])), "");
        assert_eq!(
            missing(rule(&["apps"], &["deployments/status"], &["patch"], &["web"])),
            ""
        );
        assert_eq!(
            missing(rule(
                &[""],
                &["configmaps", "secrets"],
                &["get", "delete", "list"],
                &[]
            )),
            "{APIGroups:[\"\"], Resources:[\"configmaps\"], Verbs:[\"delete\"]}\n{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\" \"delete\" \"list\"]}"
        );
        assert_eq!(
            missing(rule(&["apps"], &["deployments/status"], &["patch"], &[])),
            r#"{APIGroups:["apps"], Resources:["deployments/status"], Verbs:["patch"]}"#
        );
    }
}
