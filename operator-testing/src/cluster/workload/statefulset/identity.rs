//! The Pods and claims of a StatefulSet: what they are called and what they look like.

use serde_json::{Value, json};

use crate::cluster::{
    kind::STATEFUL_SETS,
    object::{self, int, text},
    pod,
};

const REVISION_LABEL: &str = "controller-revision-hash";

/// The name of the Pod at an ordinal.
pub(super) fn pod_name(set: &Value, ordinal: i64) -> String {
    format!("{}-{ordinal}", object::name(set))
}

/// The ordinal of a Pod, if its name says that it is one of the set's.
pub(super) fn ordinal(set: &Value, pod: &Value) -> Option<i64> {
    let digits = object::name(pod)
        .strip_prefix(object::name(set))?
        .strip_prefix('-')?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(())?;
    digits.parse().ok()
}

/// The first ordinal.
pub(super) fn start(set: &Value) -> i64 {
    int(set, "/spec/ordinals/start").unwrap_or_default()
}

/// The name of the revision that a Pod was made from.
pub(super) fn revision(pod: &Value) -> &str {
    object::label(pod, REVISION_LABEL)
}

/// The claims of the Pod at an ordinal, in the order of their templates.
pub(super) fn claims(set: &Value, ordinal: i64) -> Vec<Value> {
    object::list(set, "/spec/volumeClaimTemplates")
        .iter()
        .map(|template| {
            let mut claim = template.clone();
            claim["apiVersion"] = "v1".into();
            claim["kind"] = "PersistentVolumeClaim".into();
            if let Value::Object(members) = &mut claim {
                members.remove("status");
            }
            let name = format!("{}-{}", object::name(template), pod_name(set, ordinal));
            claim["metadata"]["name"] = name.into();
            claim["metadata"]["namespace"] = object::namespace(set).into();
            let wanted = set
                .pointer("/spec/selector/matchLabels")
                .and_then(Value::as_object);
            for (label, value) in wanted.into_iter().flatten() {
                object::set_label(&mut claim, label, value.clone());
            }
            if text(set, "/spec/persistentVolumeClaimRetentionPolicy/whenDeleted") == "Delete" {
                claim["metadata"]["ownerReferences"] =
                    json!([object::controller_reference(set, &STATEFUL_SETS)]);
            }
            claim
        })
        .collect()
}

/// The Pod at an ordinal, made from the template of a revision.
pub(super) fn pod(set: &Value, template: &Value, revision: &str, ordinal: i64) -> Value {
    let mut pod = pod::from_template(template, &object::controller_reference(set, &STATEFUL_SETS));
    let name = pod_name(set, ordinal);
    pod["metadata"]["name"] = name.clone().into();
    pod["metadata"]["generateName"] = format!("{}-", object::name(set)).into();
    object::set_label(&mut pod, "statefulset.kubernetes.io/pod-name", name.clone());
    object::set_label(&mut pod, "apps.kubernetes.io/pod-index", ordinal.to_string());
    object::set_label(&mut pod, REVISION_LABEL, revision);
    pod["spec"]["hostname"] = name.into();
    if !text(set, "/spec/serviceName").is_empty() {
        pod["spec"]["subdomain"] = set["spec"]["serviceName"].clone();
    }
    let claims = claims(set, ordinal);
    let mut volumes: Vec<Value> = object::list(set, "/spec/volumeClaimTemplates")
        .iter()
        .zip(&claims)
        .map(|(template, claim)| {
            json!({
                "name": object::name(template),
                "persistentVolumeClaim": {"claimName": object::name(claim)},
            })
        })
        .collect();
    let others = object::list(&pod, "/spec/volumes")
        .iter()
        .filter(|volume| !volumes.iter().any(|claimed| claimed["name"] == volume["name"]))
        .cloned()
        .collect::<Vec<_>>();
    volumes.extend(others);
    if !volumes.is_empty() {
        pod["spec"]["volumes"] = volumes.into();
    }
    pod
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set() -> Value {
        json!({
            "metadata": {"name": "db", "namespace": "ns", "uid": "u"},
            "spec": {
                "serviceName": "db-headless",
                "selector": {"matchLabels": {"app": "db"}},
                "volumeClaimTemplates": [{"metadata": {"name": "data", "labels": {"x": "y"}}, "spec": {"accessModes": []}}],
            },
        })
    }

    #[test]
    fn only_names_with_an_ordinal_belong_to_the_set() {
        for (name, expected) in [
            ("db-0", Some(0)),
            ("db-12", Some(12)),
            ("db-", None),
            ("db-+1", None),
            ("dbx-1", None),
            ("db", None),
        ] {
            assert_eq!(
                ordinal(&set(), &json!({"metadata": {"name": name}})),
                expected,
                "{name}"
            );
        }
    }

    #[test]
    fn a_pod_has_its_identity_and_its_claims() {
        let template = json!({
            "metadata": {"labels": {"app": "db"}},
            "spec": {"containers": [], "volumes": [{"name": "data", "emptyDir": {}}, {"name": "tmp", "emptyDir": {}}]},
        });
        let pod = pod(&set(), &template, "db-1", 2);
        assert_eq!(
            pod["metadata"]["labels"],
            json!({
                "app": "db", "apps.kubernetes.io/pod-index": "2", "controller-revision-hash": "db-1",
                "statefulset.kubernetes.io/pod-name": "db-2",
            })
        );
        assert_eq!(
            (text(&pod, "/spec/hostname"), text(&pod, "/spec/subdomain")),
            ("db-2", "db-headless")
        );
        assert_eq!(
            pod["spec"]["volumes"],
            json!([
                {"name": "data", "persistentVolumeClaim": {"claimName": "data-db-2"}},
                {"name": "tmp", "emptyDir": {}},
            ])
        );
        let claims = claims(&set(), 2);
        assert_eq!(object::name(&claims[0]), "data-db-2");
        assert_eq!(claims[0]["metadata"]["labels"], json!({"x": "y", "app": "db"}));
        assert_eq!(claims[0]["metadata"].get("ownerReferences"), None);
    }
}
