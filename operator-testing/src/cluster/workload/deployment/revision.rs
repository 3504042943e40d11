//! Which ReplicaSet holds which revision of a Deployment.

use serde_json::{Value, json};

use crate::cluster::{
    kind::DEPLOYMENTS,
    object::{self, int},
};

pub(super) const REVISION: &str = "deployment.kubernetes.io/revision";
pub(super) const DESIRED_REPLICAS: &str = "deployment.kubernetes.io/desired-replicas";
pub(super) const MAX_REPLICAS: &str = "deployment.kubernetes.io/max-replicas";
const HISTORY: &str = "deployment.kubernetes.io/revision-history";
const TEMPLATE_HASH: &str = "pod-template-hash";

/// Annotations of the Deployment that its ReplicaSets do not get.
const NOT_COPIED: [&str; 6] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    HISTORY,
    DESIRED_REPLICAS,
    MAX_REPLICAS,
    "deprecated.deployment.rollback.to",
];

/// The position of the oldest ReplicaSet with the Deployment's template; `sets` are sorted by age.
pub(super) fn find_new(deployment: &Value, sets: &[Value]) -> Option<usize> {
    let wanted = comparable(&deployment["spec"]["template"]);
    sets.iter()
        .position(|set| comparable(&set["spec"]["template"]) == wanted)
}

/// A template without what the controller itself adds to it.
fn comparable(template: &Value) -> Value {
    let mut template = template.clone();
    if let Some(Value::Object(metadata)) = template.get_mut("metadata") {
        if let Some(Value::Object(labels)) = metadata.get_mut("labels") {
            labels.remove(TEMPLATE_HASH);
        }
        metadata.retain(|field, value| {
            field != "creationTimestamp" && value.as_object().is_none_or(|map| !map.is_empty())
        });
    }
    template
}

/// The number of the current template: one more than the greatest of the others.
pub(super) fn next(sets: &[Value], new: Option<usize>) -> i64 {
    let others = sets.iter().enumerate().filter(|(index, _)| Some(*index) != new);
    1 + others.map(|(_, set)| number(set)).max().unwrap_or_default()
}

fn number(set: &Value) -> i64 {
    object::annotation(set, REVISION)
        .and_then(|number| number.parse().ok())
        .unwrap_or_default()
}

/// A ReplicaSet for the current template, without a size.
pub(super) fn new_set(deployment: &Value, template_hash: &str) -> Value {
    let mut template = deployment["spec"]["template"].clone();
    object::set_label(&mut template, TEMPLATE_HASH, template_hash);
    let mut selector = deployment["spec"]["selector"].clone();
    object::member(&mut selector, "matchLabels")[TEMPLATE_HASH] = template_hash.into();
    let mut set = json!({
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": format!("{}-{template_hash}", object::name(deployment)),
            "namespace": object::namespace(deployment),
            "labels": template["metadata"]["labels"],
            "ownerReferences": [object::controller_reference(deployment, &DEPLOYMENTS)],
        },
        "spec": {"replicas": 0, "selector": selector, "template": template},
    });
    if let Some(min_ready) = int(deployment, "/spec/minReadySeconds").filter(|seconds| *seconds > 0) {
        set["spec"]["minReadySeconds"] = min_ready.into();
    }
    set
}

/// Copies the Deployment's annotations and notes the revision; says whether anything changed.
pub(super) fn annotate(deployment: &Value, set: &mut Value, revision: i64, existed: bool) -> bool {
    let before = set["metadata"].get("annotations").cloned();
    let copied = deployment
        .pointer("/metadata/annotations")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter(|(name, _)| !NOT_COPIED.contains(&name.as_str()));
    for (name, value) in copied {
        object::set_annotation(set, name, value.clone());
    }
    let old = object::annotation(set, REVISION).map(str::to_owned);
    if number(set) < revision {
        object::set_annotation(set, REVISION, revision.to_string());
        if let Some(old) = old.filter(|old| existed && !old.is_empty()) {
            // a rollback: the ReplicaSet was another revision before
            let history = match object::annotation(set, HISTORY) {
                Some(history) if !history.is_empty() => format!("{history},{old}"),
                _ => old,
            };
            object::set_annotation(set, HISTORY, history);
        }
    }
    set["metadata"].get("annotations") != before.as_ref()
}

/// Notes the sizes that the ReplicaSet was given its own by; says whether anything changed.
pub(super) fn note_sizes(set: &mut Value, desired: i64, most: i64) -> bool {
    let mut changed = false;
    for (name, value) in [(DESIRED_REPLICAS, desired), (MAX_REPLICAS, most)] {
        let value = value.to_string();
        if object::annotation(set, name) != Some(&value) {
            object::set_annotation(set, name, value);
            changed = true;
        }
    }
    changed
}

/// The names of the old ReplicaSets beyond the history limit that have nothing left to do, oldest revision first.
pub(super) fn superfluous(deployment: &Value, sets: &[Value], new: Option<usize>) -> Vec<String> {
    let Some(limit) =
        int(deployment, "/spec/revisionHistoryLimit").and_then(|limit| usize::try_from(limit).ok())
    else {
        return Vec::new();
    };
    let mut old: Vec<&Value> = sets
        .iter()
        .enumerate()
        .filter(|(index, set)| Some(*index) != new && !object::is_deleting(set))
        .map(|(_, set)| set)
        .collect();
    old.sort_by_key(|set| number(set));
    let surplus = old.len().saturating_sub(limit);
    old.into_iter()
        .take(surplus)
        .filter(|set| {
            int(set, "/status/replicas").unwrap_or_default() == 0
                && int(set, "/spec/replicas").unwrap_or_default() == 0
                && object::generation(set) <= int(set, "/status/observedGeneration").unwrap_or_default()
        })
        .map(|set| object::name(set).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployment() -> Value {
        json!({
            "metadata": {"name": "web", "namespace": "ns", "uid": "u", "annotations": {
                "team": "a", "kubectl.kubernetes.io/last-applied-configuration": "{}", REVISION: "7",
            }},
            "spec": {
                "selector": {"matchLabels": {"app": "web"}}, "revisionHistoryLimit": 1,
                "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}},
            },
        })
    }

    fn set(name: &str, revision: &str, size: i64) -> Value {
        json!({
            "metadata": {"name": name, "annotations": {REVISION: revision}},
            "spec": {"replicas": size}, "status": {"replicas": size},
        })
    }

    #[test]
    fn the_new_set_is_the_one_with_the_same_template() {
        let deployment = deployment();
        let new = new_set(&deployment, "abc");
        assert_eq!(object::name(&new), "web-abc");
        assert_eq!(
            new["spec"]["selector"]["matchLabels"],
            json!({"app": "web", "pod-template-hash": "abc"})
        );
        assert_eq!(
            new["metadata"]["labels"],
            new["spec"]["template"]["metadata"]["labels"]
        );
        let mut other = new.clone();
        other["spec"]["template"]["spec"]["containers"] = json!([{"name": "c"}]);
        assert_eq!(find_new(&deployment, &[other.clone(), new]), Some(1));
        assert_eq!(find_new(&deployment, &[other]), None);
    }

    #[test]
    fn a_rollback_takes_the_next_number_and_remembers_the_old_one() {
        let deployment = deployment();
        let mut first = set("a", "1", 0);
        let sets = [first.clone(), set("b", "2", 3)];
        let number = next(&sets, Some(0));
        assert_eq!(number, 3);
        assert!(annotate(&deployment, &mut first, number, true));
        assert_eq!(
            first["metadata"]["annotations"],
            json!({REVISION: "3", HISTORY: "1", "team": "a"})
        );
        assert!(
            !annotate(&deployment, &mut first, number, true),
            "the second time nothing changes"
        );
    }

    #[test]
    fn only_empty_sets_beyond_the_limit_go() {
        let sets = [
            set("a", "1", 0),
            set("b", "2", 1),
            set("c", "3", 0),
            set("d", "4", 2),
        ];
        assert_eq!(superfluous(&deployment(), &sets, Some(3)), ["a"]);
        assert_eq!(
            superfluous(&deployment(), &sets[1..], Some(2)),
            [""; 0],
            "b still has a Pod"
        );
    }
}
