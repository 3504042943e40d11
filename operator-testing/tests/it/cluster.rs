//! The simulated controllers, all of them together around a server.

mod batch;
mod collector;
mod deployment;
mod network;
mod pods;
mod statefulset;

use std::time::Duration;

use operator_testing::cluster::{Cluster, PodBehavior};
use serde_json::{Value, json};

/// A cluster whose Pods are ready two seconds after they were bound.
fn slow_cluster() -> Cluster {
    Cluster::builder()
        .pods(PodBehavior::ready_after(Duration::from_secs(2)))
        .start()
}

/// The API of a cluster, in few words.
struct Api {
    client: kube::Client,
}

impl Api {
    fn of(cluster: &Cluster) -> Self {
        Self {
            client: cluster.client(),
        }
    }

    async fn send(&self, method: &str, path: &str, kind: &str, body: &Value) -> Value {
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", kind)
            .body(if body.is_null() {
                Vec::new()
            } else {
                body.to_string().into_bytes()
            })
            .unwrap();
        let text = self.client.request_text(request).await;
        match text {
            Ok(text) => serde_json::from_str(&text).unwrap(),
            Err(kube::Error::Api(status)) if status.code == 404 => Value::Null,
            Err(error) => panic!("{method} {path}: {error}"),
        }
    }

    async fn get(&self, path: &str) -> Value {
        self.send("GET", path, "application/json", &Value::Null).await
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        self.send("POST", path, "application/json", &body).await
    }

    async fn patch(&self, path: &str, body: Value) -> Value {
        self.send("PATCH", path, "application/merge-patch+json", &body)
            .await
    }

    async fn delete(&self, path: &str, options: Value) -> Value {
        self.send("DELETE", path, "application/json", &options).await
    }

    /// The names of a collection's objects, in the order of the server.
    async fn names(&self, path: &str) -> Vec<String> {
        let list = self.get(path).await;
        let items = list["items"].as_array().unwrap();
        items
            .iter()
            .map(|item| item["metadata"]["name"].as_str().unwrap().to_owned())
            .collect()
    }
}

const PODS: &str = "/api/v1/namespaces/default/pods";
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";
const REPLICA_SETS: &str = "/apis/apps/v1/namespaces/default/replicasets";
const STATEFUL_SETS: &str = "/apis/apps/v1/namespaces/default/statefulsets";

/// Lets so many seconds of the paused clock go by.
async fn seconds(count: u64) {
    tokio::time::sleep(Duration::from_secs(count)).await;
}

fn workload(kind: &str, name: &str, replicas: u32, image: &str) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "main", "image": image}]},
            },
        },
    })
}
