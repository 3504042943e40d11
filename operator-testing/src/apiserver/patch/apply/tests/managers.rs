//! Who owns what after applies and other writes.

use serde_json::json;

use super::Shelf;
use crate::apiserver::patch::apply::{Applied, scale};

#[test]
fn two_managers_share_an_object() {
    let mut shelf = Shelf::config_map();
    shelf.applies(
        "alpha",
        json!({"metadata": {"labels": {"x": "1"}}, "data": {"k1": "v1"}}),
    );
    shelf.applies(
        "beta",
        json!({"metadata": {"labels": {"y": "2"}}, "data": {"k1": "v1", "k2": "v2"}}),
    );
    shelf.owned(&[
        (
            "alpha Apply",
            json!({"f:data": {"f:k1": {}}, "f:metadata": {"f:labels": {"f:x": {}}}}),
        ),
        (
            "beta Apply",
            json!({"f:data": {"f:k1": {}, "f:k2": {}}, "f:metadata": {"f:labels": {"f:y": {}}}}),
        ),
    ]);
    shelf.conflicts(
        "gamma",
        json!({"data": {"k2": "other", "k1": "x"}}),
        "Apply failed with 3 conflicts: conflicts with \"alpha\":\n- .data.k1\nconflicts with \"beta\":\n- .data.k1\n- .data.k2",
    );
    shelf.force("gamma", json!({"data": {"k1": "forced"}}));
    shelf.owned(&[
        ("alpha Apply", json!({"f:metadata": {"f:labels": {"f:x": {}}}})),
        (
            "beta Apply",
            json!({"f:data": {"f:k2": {}}, "f:metadata": {"f:labels": {"f:y": {}}}}),
        ),
        ("gamma Apply", json!({"f:data": {"f:k1": {}}})),
    ]);
}

#[test]
fn what_the_last_owner_drops_is_removed() {
    let mut shelf = Shelf::config_map();
    shelf.applies(
        "alpha",
        json!({"metadata": {"labels": {"l": "1"}}, "data": {"k1": "1", "k2": "2"}}),
    );
    shelf.applies("beta", json!({"data": {"k1": "1", "b": "1"}}));
    shelf.applies("alpha", json!({"data": {"k2": "2"}}));
    assert_eq!(shelf.object()["data"], json!({"b": "1", "k1": "1", "k2": "2"}));
    assert!(shelf.object()["metadata"].get("labels").is_none());
    shelf.applies("beta", json!({}));
    assert_eq!(shelf.object()["data"], json!({"k2": "2"}));
    shelf.owned(&[("alpha Apply", json!({"f:data": {"f:k2": {}}}))]);
    shelf.applies("alpha", json!({}));
    assert!(shelf.object().get("data").is_none());
    shelf.owned(&[]);
}

#[test]
fn updates_own_what_they_change() {
    let mut shelf = Shelf::config_map();
    shelf.update("writer", json!({"data": {"k": "v", "k2": "v2"}}));
    shelf.owned(&[(
        "writer Update",
        json!({"f:data": {".": {}, "f:k": {}, "f:k2": {}}}),
    )]);
    shelf.conflicts(
        "alpha",
        json!({"data": {"k": "w"}}),
        r#"Apply failed with 1 conflict: conflict with "writer" using v1: .data.k"#,
    );
    shelf.applies("alpha", json!({"data": {"k": "v", "mine": "1"}}));
    shelf.force("alpha", json!({"data": {"k": "w", "mine": "1"}}));
    shelf.owned(&[
        ("alpha Apply", json!({"f:data": {"f:k": {}, "f:mine": {}}})),
        ("writer Update", json!({"f:data": {".": {}, "f:k2": {}}})),
    ]);
    shelf.update("writer", json!({"data": {"k": "u", "k2": "v2", "mine": "1"}}));
    shelf.owned(&[
        ("alpha Apply", json!({"f:data": {"f:mine": {}}})),
        (
            "writer Update",
            json!({"f:data": {".": {}, "f:k": {}, "f:k2": {}}}),
        ),
    ]);
    shelf.update("writer", json!({"data": {"k": "u"}}));
    // Sharing a value is no change of the object, so the entry has no time.
    shelf.applies("alpha", json!({"data": {"k": "u"}}));
    assert_eq!(shelf.time_of("alpha"), None);
    shelf.update("writer", json!({}));
    shelf.owned(&[]);
}

#[test]
fn an_update_without_a_change_keeps_the_time() {
    let mut shelf = Shelf::config_map();
    shelf.update("writer", json!({"data": {"k": "v"}}));
    let before = shelf.object().clone();
    shelf.update("writer", json!({"data": {"k": "v"}}));
    assert_eq!(*shelf.object(), before);
    shelf.update("writer", json!({"data": {"k": "w"}}));
    assert_ne!(
        shelf.time_of("writer"),
        before
            .pointer("/metadata/managedFields/0/time")
            .and_then(|time| time.as_str())
    );
}

#[test]
fn forgotten_managers_come_back_with_the_first_apply() {
    let mut shelf = Shelf::config_map();
    shelf.applies("alpha", json!({"data": {"k": "v"}}));
    shelf.update(
        "writer",
        json!({"metadata": {"managedFields": []}, "data": {"k": "v"}}),
    );
    shelf.owned(&[]);
    shelf.update("writer", json!({"data": {"k": "v", "n": "1"}}));
    shelf.owned(&[]);
    shelf.conflicts(
        "alpha",
        json!({"data": {"k": "w"}}),
        r#"Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.k"#,
    );
    shelf.applies("alpha", json!({"data": {"k": "v", "k2": "2"}}));
    shelf.owned(&[
        ("alpha Apply", json!({"f:data": {"f:k": {}, "f:k2": {}}})),
        (
            "before-first-apply Update",
            json!({"f:data": {".": {}, "f:k": {}, "f:n": {}}}),
        ),
    ]);
    shelf.update(
        "writer",
        json!({
            "metadata": {"managedFields": [{"manager": "m", "operation": "Steal"}]},
            "data": {"k": "v", "k2": "2", "n": "1"},
        }),
    );
    assert_eq!(shelf.managers().len(), 2, "an invalid list is ignored");
}

#[test]
fn an_empty_struct_belongs_to_nobody() {
    let mut shelf = Shelf::deployment();
    shelf.update(
        "kubectl",
        json!({
            "metadata": {"labels": {"app": "web"}},
            "spec": {
                "replicas": 1,
                "selector": {"matchLabels": {"app": "web"}},
                "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%"}},
                "template": {
                    "metadata": {"labels": {"app": "web"}},
                    "spec": {
                        "containers": [{"name": "main", "image": "nginx", "resources": {}, "ports": [{"containerPort": 80, "protocol": "TCP"}]}],
                        "securityContext": {},
                    },
                },
            },
            "status": {},
        }),
    );
    shelf.owned(&[(
        "kubectl Update",
        json!({
            "f:metadata": {"f:labels": {".": {}, "f:app": {}}},
            "f:spec": {
                "f:replicas": {},
                "f:selector": {},
                "f:strategy": {"f:rollingUpdate": {".": {}, "f:maxSurge": {}}, "f:type": {}},
                "f:template": {
                    "f:metadata": {"f:labels": {".": {}, "f:app": {}}},
                    "f:spec": {
                        "f:containers": {
                            "k:{\"name\":\"main\"}": {
                                ".": {}, "f:image": {}, "f:name": {}, "f:resources": {},
                                "f:ports": {
                                    ".": {},
                                    "k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}, "f:protocol": {}},
                                },
                            },
                        },
                        "f:securityContext": {},
                    },
                },
            },
        }),
    )]);
}

#[test]
fn subresources_own_their_part_only() {
    let mut shelf = Shelf::deployment().through("", &[&["status"]]);
    shelf.applies(
        "alpha",
        json!({"spec": {"replicas": 2}, "status": {"replicas": 7}}),
    );
    shelf.owned(&[("alpha Apply", json!({"f:spec": {"f:replicas": {}}}))]);
    let mut status = shelf.through("status", &[&["spec"], &["metadata", "labels"]]);
    status.force(
        "alpha",
        json!({
            "metadata": {"labels": {"l": "1"}},
            "spec": {"replicas": 9},
            "status": {"replicas": 4, "conditions": [{"type": "Available", "status": "True"}]},
        }),
    );
    status.owned(&[
        ("alpha Apply", json!({"f:spec": {"f:replicas": {}}})),
        (
            "alpha Apply status",
            json!({
                "f:status": {
                    "f:conditions": {"k:{\"type\":\"Available\"}": {".": {}, "f:status": {}, "f:type": {}}},
                    "f:replicas": {},
                },
            }),
        ),
    ]);
    status.conflicts(
        "gamma",
        json!({"status": {"replicas": 5}}),
        r#"Apply failed with 1 conflict: conflict with "alpha" with subresource "status": .status.replicas"#,
    );
}

#[test]
fn scaling_takes_the_replicas() {
    let paths = scale::ReplicasPaths::default().version("apps/v1", ["spec", "replicas"]);
    let mut shelf = Shelf::deployment();
    shelf.applies("alpha", json!({"spec": {"replicas": 3, "minReadySeconds": 1}}));
    let mut parent = shelf.object().clone();
    let mut shown = Shelf::new(
        "autoscaling/v1",
        "Scale",
        Some(super::builtin("io.k8s.api.autoscaling.v1.Scale")),
    );
    shown.subresource = "scale";
    let mut scale_object = shown.whole(json!({"spec": {"replicas": 3}}));
    scale::show(&parent, &mut scale_object, &paths).expect("valid managers");
    shown.object = Some(scale_object);
    shown.owned(&[("alpha Apply", json!({"f:spec": {"f:replicas": {}}}))]);
    shown.update("hpa", json!({"spec": {"replicas": 5}}));
    scale::carry_back(shown.object(), &mut parent, "apps/v1", &paths).expect("valid managers");
    parent["spec"]["replicas"] = 5.into();
    shelf.object = Some(parent);
    shelf.owned(&[
        ("alpha Apply", json!({"f:spec": {"f:minReadySeconds": {}}})),
        ("hpa Update scale", json!({"f:spec": {"f:replicas": {}}})),
    ]);
    assert_eq!(shelf.time_of("hpa"), None);
    shelf.conflicts(
        "alpha",
        json!({"spec": {"replicas": 3, "minReadySeconds": 1}}),
        r#"Apply failed with 1 conflict: conflict with "hpa" with subresource "scale" using apps/v1: .spec.replicas"#,
    );
}

#[test]
fn kubectl_takes_over_what_its_annotation_says() {
    let mut shelf = Shelf::config_map();
    let last =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "v"}});
    let annotations = json!({"kubectl.kubernetes.io/last-applied-configuration": last.to_string()});
    shelf.update(
        "kubectl-client-side-apply",
        json!({"metadata": {"annotations": annotations}, "data": {"k": "v", "other": "1"}}),
    );
    shelf.conflicts(
        "kubectl",
        json!({"data": {"k": "w", "other": "2"}}),
        r#"Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using v1: .data.other"#,
    );
    shelf.applies("kubectl", json!({"data": {"k": "w"}}));
    assert_eq!(shelf.object()["data"]["k"], "w");
    let annotation =
        shelf.object()["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"]
            .as_str()
            .expect("the annotation stays");
    assert!(annotation.contains(r#""k":"w""#), "{annotation}");
}

#[test]
fn the_same_configuration_again_is_no_write() {
    let mut shelf = Shelf::deployment();
    let config = json!({
        "metadata": {"labels": {"app": "web"}},
        "spec": {"template": {"spec": {"containers": [{"name": "a", "image": "1", "args": ["x"], "ports": [{"containerPort": 80}]}]}}},
    });
    shelf.applies("alpha", config.clone());
    assert!(shelf.repeats("alpha", config.clone()));
    assert_eq!(shelf.apply("alpha", config.clone()), Ok(Applied::Unchanged));
    // Defaults and the fields of others do not matter.
    let mut live = shelf.object().clone();
    live["spec"]["replicas"] = 1.into();
    live["spec"]["template"]["spec"]["containers"][0]["ports"][0]["protocol"] = "TCP".into();
    shelf.object = Some(live);
    assert!(shelf.repeats("alpha", config.clone()));
    assert_eq!(shelf.apply("alpha", config.clone()), Ok(Applied::Unchanged));
    assert!(!shelf.repeats("beta", config.clone()));
    let mut other = config.clone();
    other["spec"]["template"]["spec"]["containers"][0]["image"] = "2".into();
    let mut more = config.clone();
    more["metadata"]["labels"]["more"] = "1".into();
    let less = json!({"spec": config["spec"]});
    for other in [other, more, less] {
        assert!(!shelf.repeats("alpha", other));
    }
}
