//! Cells as a kube-apiserver 1.36 printed them.

use serde_json::json;

use super::*;

fn cells(group: &str, plural: &str, object: &Value) -> Vec<Value> {
    let now = "2026-01-01T01:00:00Z".parse().expect("a timestamp");
    printer(group, plural)(object, now)
}

fn metadata() -> Value {
    json!({"name": "x", "creationTimestamp": "2026-01-01T00:00:00Z"})
}

#[test]
fn a_running_pod_counts_its_containers() {
    let pod = json!({
        "metadata": metadata(),
        "spec": {"containers": [{"name": "a"}, {"name": "b"}], "initContainers": [{"name": "s", "restartPolicy": "Always"}], "nodeName": "n"},
        "status": {"phase": "Running", "podIPs": [{"ip": "10.1.1.1"}],
            "initContainerStatuses": [{"name": "s", "started": true, "ready": true, "restartCount": 1}],
            "containerStatuses": [
                {"name": "a", "ready": true, "restartCount": 0, "state": {"running": {}}},
                {"name": "b", "ready": false, "restartCount": 2, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                 "lastState": {"terminated": {"finishedAt": "2026-01-01T00:50:00Z"}}},
            ]},
    });
    assert_eq!(
        Value::from(cells("", "pods", &pod)),
        json!([
            "x",
            "2/3",
            "CrashLoopBackOff",
            "3 (10m ago)",
            "60m",
            "10.1.1.1",
            "n",
            "<none>",
            "<none>"
        ])
    );
}

#[test]
fn a_pod_says_what_keeps_it() {
    let reason = |status: Value, deleted: bool| {
        let mut pod = json!({"metadata": metadata(), "spec": {"containers": [{"name": "a"}], "initContainers": [{"name": "i"}]}, "status": status});
        if deleted {
            pod["metadata"]["deletionTimestamp"] = "2026-01-01T00:30:00Z".into();
        }
        cells("", "pods", &pod)[2].clone()
    };
    let init =
        |state: Value| json!({"phase": "Pending", "initContainerStatuses": [{"name": "i", "state": state}]});
    let container =
        |state: Value| json!({"phase": "Running", "containerStatuses": [{"name": "a", "state": state}]});
    assert_eq!(reason(json!({"phase": "Pending"}), false), "Pending");
    assert_eq!(
        reason(json!({"phase": "Failed", "reason": "Evicted"}), false),
        "Evicted"
    );
    assert_eq!(reason(json!({"phase": "Running"}), true), "Terminating");
    assert_eq!(reason(json!({"phase": "Succeeded"}), true), "Succeeded");
    assert_eq!(
        reason(json!({"phase": "Running", "reason": "NodeLost"}), true),
        "Unknown"
    );
    assert_eq!(reason(init(json!({"running": {}})), false), "Init:0/1");
    assert_eq!(
        reason(init(json!({"waiting": {"reason": "ImagePullBackOff"}})), false),
        "Init:ImagePullBackOff"
    );
    assert_eq!(
        reason(init(json!({"terminated": {"exitCode": 2}})), false),
        "Init:ExitCode:2"
    );
    assert_eq!(
        reason(
            container(json!({"terminated": {"exitCode": 0, "reason": "Completed"}})),
            false
        ),
        "Completed"
    );
    assert_eq!(
        reason(
            container(json!({"terminated": {"exitCode": 137, "signal": 9}})),
            false
        ),
        "Signal:9"
    );
    let gated =
        json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "reason": "SchedulingGated"}]});
    assert_eq!(reason(gated, false), "SchedulingGated");
}

#[test]
fn a_service_shows_how_it_is_reached() {
    let service = |spec: Value, status: Value| {
        let cells = cells(
            "",
            "services",
            &json!({"metadata": metadata(), "spec": spec, "status": status}),
        );
        Value::from(&cells[1..5])
    };
    let ports = json!([{"port": 53, "protocol": "UDP"}, {"port": 80, "nodePort": 30000, "protocol": "TCP"}]);
    assert_eq!(
        service(
            json!({"type": "ClusterIP", "clusterIPs": ["10.0.0.1"], "ports": ports}),
            json!({})
        ),
        json!(["ClusterIP", "10.0.0.1", "<none>", "53/UDP,80:30000/TCP"])
    );
    assert_eq!(
        service(
            json!({"type": "ExternalName", "externalName": "db.example.com"}),
            json!({})
        ),
        json!(["ExternalName", "<none>", "db.example.com", "<none>"])
    );
    assert_eq!(
        service(json!({"type": "LoadBalancer"}), json!({})),
        json!(["LoadBalancer", "<none>", "<pending>", "<none>"])
    );
    assert_eq!(
        service(
            json!({"type": "LoadBalancer", "externalIPs": ["9.9.9.9"]}),
            json!({"loadBalancer": {"ingress": [{"hostname": "lb"}, {"ip": "1.2.3.4"}]}})
        )[2],
        "1.2.3.4,lb,9.9.9.9"
    );
}

#[test]
fn workloads_show_ready_of_desired_and_their_selector() {
    let deployment = json!({
        "metadata": metadata(),
        "spec": {"replicas": 3, "selector": {"matchLabels": {"b": "c"}, "matchExpressions": [
            {"key": "a", "operator": "In", "values": ["z", "y"]}, {"key": "d", "operator": "DoesNotExist"}, {"key": "e", "operator": "Exists"}]},
            "template": {"spec": {"containers": [{"name": "c", "image": "i"}, {"name": "d", "image": "j"}]}}},
        "status": {"readyReplicas": 2, "updatedReplicas": 3, "availableReplicas": 1},
    });
    assert_eq!(
        Value::from(cells("apps", "deployments", &deployment)),
        json!(["x", "2/3", 3, 1, "60m", "c,d", "i,j", "a in (y,z),b=c,!d,e"])
    );
    let job = json!({"metadata": metadata(), "spec": {"completions": 2, "parallelism": 1, "template": {"spec": {}}},
        "status": {"succeeded": 1, "startTime": "2026-01-01T00:00:00Z", "completionTime": "2026-01-01T00:01:30Z", "conditions": [{"type": "Complete", "status": "True"}]}});
    assert_eq!(
        Value::from(cells("batch", "jobs", &job)),
        json!(["x", "Complete", "1/2", "90s", "60m", "", "", "<none>"])
    );
}

#[test]
fn events_of_both_groups_read_alike() {
    let core = json!({"metadata": metadata(), "type": "Normal", "reason": "Made", "message": " hello\n", "count": 4,
        "firstTimestamp": "2026-01-01T00:10:00Z", "lastTimestamp": "2026-01-01T00:59:00Z",
        "involvedObject": {"kind": "Database", "name": "db"}, "source": {"component": "op", "host": "h"}});
    let own = json!({"metadata": metadata(), "type": "Normal", "reason": "Made", "note": " hello\n", "deprecatedCount": 4,
        "deprecatedFirstTimestamp": "2026-01-01T00:10:00Z", "deprecatedLastTimestamp": "2026-01-01T00:59:00Z",
        "regarding": {"kind": "Database", "name": "db"}, "deprecatedSource": {"component": "op", "host": "h"}});
    let expected = json!([
        "60s",
        "Normal",
        "Made",
        "database/db",
        "",
        "op, h",
        "hello",
        "50m",
        4,
        "x"
    ]);
    assert_eq!(Value::from(cells("", "events", &core)), expected);
    assert_eq!(Value::from(cells("events.k8s.io", "events", &own)), expected);
    let single = json!({"metadata": metadata(), "eventTime": "2026-01-01T00:59:30.000000Z", "reportingController": "c", "reportingInstance": "i", "regarding": {"kind": "Pod"}});
    assert_eq!(
        Value::from(cells("events.k8s.io", "events", &single)),
        json!(["30s", "", "", "pod", "", "c, i", "", "30s", 1, "x"])
    );
}

#[test]
fn kinds_without_a_printer_show_when_they_were_made() {
    let role = json!({"metadata": metadata()});
    assert_eq!(
        Value::from(cells("rbac.authorization.k8s.io", "roles", &role)),
        json!(["x", "2026-01-01T00:00:00Z"])
    );
}

#[test]
fn every_built_in_resource_with_columns_fills_them() {
    let types = crate::apiserver::types::TypeTable::new().snapshot();
    for resource in types.resources().filter(|resource| !resource.columns.is_empty()) {
        let cells = cells(
            &resource.group,
            &resource.plural,
            &json!({"metadata": metadata()}),
        );
        // One kind of the real server sends a cell more than it has columns.
        let extra = usize::from(&*resource.plural == "ipaddresses");
        assert_eq!(
            cells.len(),
            resource.columns.len() + extra,
            "{}",
            resource.group_resource()
        );
    }
}
