//! Jobs and CronJobs, and Pods on every node.

use std::time::Duration;

use operator_testing::cluster::{Cluster, PodBehavior};
use serde_json::{Value, json};

use super::{Api, PODS, seconds};

const JOBS: &str = "/apis/batch/v1/namespaces/default/jobs";
const CRON_JOBS: &str = "/apis/batch/v1/namespaces/default/cronjobs";
const DAEMON_SETS: &str = "/apis/apps/v1/namespaces/default/daemonsets";

fn job_spec() -> Value {
    json!({
        "completions": 3, "parallelism": 2, "backoffLimit": 1,
        "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "busybox:1"}]}},
    })
}

fn ended(job: &Value) -> Vec<&str> {
    let conditions = job["status"]["conditions"].as_array();
    conditions
        .into_iter()
        .flatten()
        .map(|condition| condition["type"].as_str().unwrap())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_job_completes_when_enough_pods_have() {
    let behavior = PodBehavior::Ready {
        after: Duration::from_secs(1),
        runs_for: Duration::from_secs(2),
    };
    let cluster = Cluster::builder().pods(behavior).start();
    let api = Api::of(&cluster);
    api.post(
        JOBS,
        json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "sum"}, "spec": job_spec()}),
    )
    .await;
    seconds(2).await;
    let path = format!("{JOBS}/sum");
    assert_eq!(api.get(&path).await["status"]["active"], 2);
    seconds(8).await;
    let job = api.get(&path).await;
    assert_eq!(job["status"]["succeeded"], 3, "{job}");
    assert_eq!(ended(&job), ["SuccessCriteriaMet", "Complete"]);
    assert_eq!(api.names(PODS).await.len(), 3);
    api.delete(&path, json!({"propagationPolicy": "Background"}))
        .await;
    seconds(1).await;
    assert!(api.names(PODS).await.is_empty(), "the Pods go with their Job");
}

#[tokio::test(start_paused = true)]
async fn a_job_gives_up_after_its_limit() {
    let fails = PodBehavior::Fails {
        after: Duration::from_secs(1),
        exit_code: 1,
    };
    let cluster = Cluster::builder().pods(fails).start();
    let api = Api::of(&cluster);
    api.post(
        JOBS,
        json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "sum"}, "spec": job_spec()}),
    )
    .await;
    seconds(100).await;
    let job = api.get(&format!("{JOBS}/sum")).await;
    assert_eq!(ended(&job), ["FailureTarget", "Failed"]);
    assert_eq!(job["status"]["conditions"][1]["reason"], "BackoffLimitExceeded");
}

#[tokio::test(start_paused = true)]
async fn a_cron_job_makes_jobs_and_keeps_the_last_ones() {
    let cluster = Cluster::start();
    let api = Api::of(&cluster);
    let cron = json!({
        "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "backup"},
        "spec": {"schedule": "*/5 * * * *", "successfulJobsHistoryLimit": 2, "jobTemplate": {"spec": job_spec()}},
    });
    api.post(CRON_JOBS, cron).await;
    seconds(290).await;
    assert!(api.names(JOBS).await.is_empty());
    seconds(20).await;
    assert_eq!(api.names(JOBS).await.len(), 1);
    seconds(1200).await;
    assert_eq!(api.names(JOBS).await.len(), 2, "older ones are deleted");
    let cron = api.get(&format!("{CRON_JOBS}/backup")).await;
    assert_eq!(
        cron["status"]["lastScheduleTime"], "2026-01-01T00:25:00Z",
        "{cron}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_daemon_set_has_a_pod_on_every_node() {
    let cluster = Cluster::start();
    let api = Api::of(&cluster);
    let mut set = super::workload("DaemonSet", "agent", 1, "agent:1");
    set["spec"].as_object_mut().unwrap().remove("replicas");
    api.post(DAEMON_SETS, set).await;
    api.post(
        "/api/v1/nodes",
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-2"}}),
    )
    .await;
    seconds(1).await;
    let status = api.get(&format!("{DAEMON_SETS}/agent")).await["status"].clone();
    assert_eq!(
        status,
        json!({
            "currentNumberScheduled": 2, "desiredNumberScheduled": 2, "numberAvailable": 2, "numberMisscheduled": 0,
            "numberReady": 2, "observedGeneration": 1, "updatedNumberScheduled": 2,
        })
    );
    let pods = api.get(PODS).await;
    let mut nodes: Vec<_> = pods["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pod| pod["spec"]["nodeName"].as_str().unwrap())
        .collect();
    nodes.sort_unstable();
    assert_eq!(nodes, ["node-1", "node-2"]);
    let template = json!({"spec": {"containers": [{"name": "main", "image": "agent:2"}]}});
    api.patch(
        &format!("{DAEMON_SETS}/agent"),
        json!({"spec": {"template": template}}),
    )
    .await;
    seconds(1).await;
    let pods = api.get(PODS).await;
    for pod in pods["items"].as_array().unwrap() {
        assert_eq!(pod["spec"]["containers"][0]["image"], "agent:2");
    }
}
