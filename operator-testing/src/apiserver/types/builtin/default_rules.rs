//! Defaults that depend on other fields.
//!
//! Source: `k8s.io/kubernetes/pkg/apis/*/*/defaults.go`.

use serde_json::{Value, json};

use super::{
    fields::{at, default, has, items, items_mut, number, object_mut, remove, text},
    image,
    validate::services::is_external,
};

/// What the type of a Secret is converted from before anything else: texts become data.
fn merge_string_data(secret: &mut Value) {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let Some(Value::Object(texts)) = remove(secret, "stringData") else {
        return;
    };
    let Some(data) = object_mut(secret, "data") else {
        return;
    };
    for (key, value) in texts {
        let bytes = value.as_str().unwrap_or_default().as_bytes();
        data.insert(key, STANDARD.encode(bytes).into());
    }
}

/// Rules of a definition that come before its table of defaults.
pub(super) fn before(definition: &str, value: &mut Value) {
    match definition {
        "core.v1.Secret" => merge_string_data(value),
        // without a type it is a rolling update, with whatever belongs to one
        "apps.v1.StatefulSetUpdateStrategy" if text(value, "type").is_empty() => {
            default(value, "rollingUpdate", json!({}));
        }
        "core.v1.Container" | "core.v1.EphemeralContainer" => pull_policy(value),
        "core.v1.PodSpec" => {
            account(value);
            if value["hostNetwork"] == true {
                host_ports(value);
            }
        }
        "rbac.v1.Subject" => {
            if matches!(text(value, "kind"), "User" | "Group") {
                default(value, "apiGroup", "rbac.authorization.k8s.io");
            }
        }
        "apps.v1.StatefulSetSpec" => {
            for claim in items_mut(value, "volumeClaimTemplates") {
                default(claim, "apiVersion", "v1");
                default(claim, "kind", "PersistentVolumeClaim");
            }
        }
        "core.v1.ReplicationController" => {
            let labels = at(value, &["spec", "template", "metadata", "labels"]).clone();
            if !labels.is_null() {
                default(&mut value["spec"], "selector", labels.clone());
                default(&mut value["metadata"], "labels", labels);
            }
        }
        "batch.v1.Job" => job(value),
        "core.v1.Namespace" => {
            let name = value["metadata"]["name"].clone();
            if let (Some(labels), Value::String(_)) = (object_mut(&mut value["metadata"], "labels"), &name) {
                labels.insert("kubernetes.io/metadata.name".into(), name);
            }
            default(&mut value["status"], "phase", "Active");
        }
        _ => {}
    }
}

/// Rules of a definition that come after its table of defaults.
pub(super) fn after(definition: &str, value: &mut Value) {
    match definition {
        "apps.v1.DeploymentStrategy" => {
            rolling(
                value,
                &[("maxUnavailable", json!("25%")), ("maxSurge", json!("25%"))],
            );
        }
        "apps.v1.DaemonSetUpdateStrategy" => {
            rolling(value, &[("maxUnavailable", json!(1)), ("maxSurge", json!(0))]);
            // to the server's own form these two are never missing
            for field in ["maxUnavailable", "maxSurge"] {
                if has(value, "rollingUpdate") {
                    default(&mut value["rollingUpdate"], field, 0);
                }
            }
        }
        "apps.v1.StatefulSetUpdateStrategy"
            if text(value, "type") == "RollingUpdate" && has(value, "rollingUpdate") =>
        {
            default(&mut value["rollingUpdate"], "partition", 0);
        }
        "core.v1.Volume" => {
            let sources = value
                .as_object()
                .map_or(0, |fields| fields.keys().filter(|key| *key != "name").count());
            if sources == 0 {
                default(value, "emptyDir", json!({}));
            }
        }
        "core.v1.Pod" => pod(value),
        "core.v1.ServicePort" if matches!(&value["targetPort"], Value::Null) || value["targetPort"] == 0 => {
            value["targetPort"] = value["port"].clone();
        }
        "core.v1.ServiceSpec" => service(value),
        "networking.v1.NetworkPolicySpec" => {
            let mut types = vec!["Ingress"];
            if !items(value, "egress").is_empty() {
                types.push("Egress");
            }
            default(value, "policyTypes", types);
        }
        "autoscaling.v2.HorizontalPodAutoscalerSpec" => autoscaler(value),
        "resource.v1.ExactDeviceRequest" | "resource.v1.DeviceSubRequest"
            if text(value, "allocationMode") == "ExactCount" =>
        {
            default(value, "count", 1);
        }
        "core.v1.LimitRangeItem" => limit_range_item(value),
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition" => {
            definition_names(value);
        }
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ServiceReference"
        | "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.ServiceReference" => {
            default(value, "port", 443);
        }
        _ => {}
    }
}

/// Rules of a definition that need the defaults of everything within.
pub(super) fn last(definition: &str, value: &mut Value) {
    if definition == "core.v1.Pod" {
        // A limit without a request asks for all of it. Templates keep what was written.
        for list in ["initContainers", "containers"] {
            for container in items_mut(&mut value["spec"], list) {
                requests_from_limits(&mut container["resources"]);
            }
        }
    }
}

fn pull_policy(container: &mut Value) {
    let policy = match image::tag(text(container, "image")) {
        Some("latest") => "Always",
        _ => "IfNotPresent",
    };
    default(container, "imagePullPolicy", policy);
}

fn account(spec: &mut Value) {
    if has(spec, "serviceAccountName") {
        spec["serviceAccount"] = spec["serviceAccountName"].clone();
    } else if has(spec, "serviceAccount") {
        spec["serviceAccountName"] = spec["serviceAccount"].clone();
    }
}

fn host_ports(spec: &mut Value) {
    for list in ["containers", "initContainers"] {
        for container in items_mut(spec, list) {
            for port in items_mut(container, "ports") {
                let same = port["containerPort"].clone();
                default(port, "hostPort", same);
            }
        }
    }
}

fn pod(pod: &mut Value) {
    let spec = &mut pod["spec"];
    default(spec, "enableServiceLinks", true);
}

fn requests_from_limits(resources: &mut Value) {
    let Some(limits) = resources["limits"].as_object().cloned() else {
        return;
    };
    if limits.is_empty() {
        return;
    }
    let Some(requests) = object_mut(resources, "requests") else {
        return;
    };
    for (name, limit) in limits {
        requests.entry(name).or_insert(limit);
    }
}

fn rolling(strategy: &mut Value, defaults: &[(&str, Value)]) {
    if text(strategy, "type") != "RollingUpdate" {
        return;
    }
    default(strategy, "rollingUpdate", json!({}));
    for (field, value) in defaults {
        default(&mut strategy["rollingUpdate"], field, value.clone());
    }
}

fn job(job: &mut Value) {
    let labels = at(job, &["spec", "template", "metadata", "labels"]).clone();
    if !labels.is_null() {
        default(&mut job["metadata"], "labels", labels);
    }
    let spec = &mut job["spec"];
    if !has(spec, "completions") && !has(spec, "parallelism") {
        spec["completions"] = 1.into();
    }
    default(spec, "parallelism", 1);
    let limit = if has(spec, "backoffLimitPerIndex") {
        i32::MAX
    } else {
        6
    };
    default(spec, "backoffLimit", limit);
    default(spec, "completionMode", "NonIndexed");
    default(spec, "suspend", false);
    default(spec, "manualSelector", false);
    let replaces = if has(spec, "podFailurePolicy") {
        "Failed"
    } else {
        "TerminatingOrFailed"
    };
    default(spec, "podReplacementPolicy", replaces);
}

fn service(spec: &mut Value) {
    let kind = text(spec, "type").to_owned();
    if text(spec, "sessionAffinity") == "None" {
        remove(spec, "sessionAffinityConfig");
    } else if text(spec, "sessionAffinity") == "ClientIP"
        && number(at(spec, &["sessionAffinityConfig", "clientIP"]), "timeoutSeconds") == 0
        && at(spec, &["sessionAffinityConfig", "clientIP", "timeoutSeconds"]).is_null()
    {
        spec["sessionAffinityConfig"] = json!({"clientIP": {"timeoutSeconds": 10800}});
    }
    if is_external(spec) {
        default(spec, "externalTrafficPolicy", "Cluster");
    }
    if matches!(&*kind, "ClusterIP" | "NodePort" | "LoadBalancer") {
        default(spec, "internalTrafficPolicy", "Cluster");
    }
    if kind == "LoadBalancer" {
        default(spec, "allocateLoadBalancerNodePorts", true);
    }
}

fn autoscaler(spec: &mut Value) {
    if items(spec, "metrics").is_empty() {
        spec["metrics"] = json!([{"type": "Resource", "resource": {
            "name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}]);
    }
    if !has(spec, "behavior") {
        return;
    }
    let up = json!([
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15},
    ]);
    let down = json!([{"type": "Percent", "value": 100, "periodSeconds": 15}]);
    for (direction, policies) in [("scaleUp", up), ("scaleDown", down)] {
        let behavior = &mut spec["behavior"];
        default(behavior, direction, json!({}));
        let rules = &mut behavior[direction];
        default(rules, "selectPolicy", "Max");
        default(rules, "policies", policies);
        if direction == "scaleUp" {
            default(rules, "stabilizationWindowSeconds", 0);
        }
    }
}

fn limit_range_item(item: &mut Value) {
    if text(item, "type") != "Container" {
        return;
    }
    for (from, to) in [
        ("max", "default"),
        ("default", "defaultRequest"),
        ("min", "defaultRequest"),
    ] {
        let Some(source) = item[from].as_object().cloned() else {
            continue;
        };
        let Some(target) = object_mut(item, to) else {
            continue;
        };
        for (name, value) in source {
            target.entry(name).or_insert(value);
        }
    }
}

fn definition_names(definition: &mut Value) {
    let kind = at(definition, &["spec", "names", "kind"])
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let spec = &mut definition["spec"];
    if !kind.is_empty() {
        default(&mut spec["names"], "singular", kind.to_lowercase());
        default(&mut spec["names"], "listKind", format!("{kind}List"));
    }
    default(spec, "conversion", json!({"strategy": "None"}));
    let stored = items(spec, "versions")
        .iter()
        .find(|version| version["storage"] == true);
    let stored = stored.map(|version| version["name"].clone());
    if let (Some(name), true) = (stored, items(&definition["status"], "storedVersions").is_empty()) {
        definition["status"]["storedVersions"] = json!([name]);
    }
}
