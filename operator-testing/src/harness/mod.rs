//! Running a real operator against a simulated cluster, under paused time.
//!
//! A [`Harness`] holds the cluster and what is needed to follow it: [`eventually`](Harness::eventually) waits for something to
//! become true, [`never`](Harness::never) sees to it that something does not, [`settles`](Harness::settles) waits until nobody
//! writes any more. None of them polls: they look after every write. One that fails prints what happened meanwhile: the writes
//! with their differences, and the last requests.
//!
//! An operator is any future that is given a client: it is started with [`run`](Harness::run), and dropping what that returns is
//! a crash.
//!
//! # Example
//! ```
//! # use std::time::Duration;
//! use k8s_openapi::api::{apps::v1::Deployment, core::v1::Pod};
//! use kube::{Api, api::{ListParams, PostParams}};
//! use operator_testing::harness::Harness;
//! # use serde_json::json;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let harness = Harness::start();
//! let deployments: Api<Deployment> = Api::default_namespaced(harness.client());
//! deployments.create(&PostParams::default(), &serde_json::from_value(json!({
//!     "metadata": {"name": "web"},
//!     "spec": {
//!         "replicas": 2,
//!         "selector": {"matchLabels": {"app": "web"}},
//!         "template": {
//!             "metadata": {"labels": {"app": "web"}},
//!             "spec": {"containers": [{"name": "main", "image": "nginx:1"}]},
//!         },
//!     },
//! }))?).await?;
//! harness.eventually("the deployment is available", Duration::from_secs(60), async || {
//!     let status = deployments.get("web").await.ok()?.status?;
//!     (status.available_replicas == Some(2)).then_some(())
//! }).await;
//! harness.settles(Duration::from_secs(60)).await;
//! # Ok(())
//! # }
//! ```

mod assertions;
mod journal;
mod running;

pub use journal::{Entry, Journal};
pub use running::{Harness, Running};
