//! The same seed gives the same run: the same requests in the same order.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::api::{DeleteParams, ObjectMeta};
use operator_core::controller::Controller;
use operator_core::reconcile::{Action, Context, Reconciler};
use operator_core::toolkit::WriteError;
use operator_testing::apiserver::ApiServer;

use super::world::{SECOND, World, pass};

/// Gives every map a secret, fails by chance, and cleans up.
struct Chancy;

#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("bad luck")]
    Luck,
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl Reconciler for Chancy {
    type Resource = ConfigMap;
    type Error = Trouble;

    async fn reconcile(&self, map: Arc<ConfigMap>, cx: &Context<ConfigMap>) -> Result<Action, Trouble> {
        if cx.dice().unit() < 0.3 {
            return Err(Trouble::Luck);
        }
        let secret = Secret {
            metadata: ObjectMeta {
                name: Some(format!("{}-secret", cx.key().name())),
                labels: Some([("luck".to_owned(), format!("{}", cx.dice().number() % 3))].into()),
                ..ObjectMeta::default()
            },
            ..Secret::default()
        };
        cx.clock().sleep(SECOND.mul_f64(cx.dice().unit())).await;
        cx.apply(&map, secret).await?;
        Ok(if cx.dice().unit() < 0.5 {
            Action::requeue_after(SECOND * 5)
        } else {
            Action::await_change()
        })
    }

    async fn cleanup(&self, _: Arc<ConfigMap>, _: &Context<ConfigMap>) -> Result<Action, Trouble> {
        Ok(Action::await_change())
    }
}

fn run(seed: u64) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let world = World::on(ApiServer::builder().seed(7).build());
        for number in 0..20 {
            world.create_map(&format!("map-{number}"), &[]).await;
        }
        let controller = Controller::new(Chancy)
            .owns::<Secret>()
            .fields("metadata.namespace=default");
        let running = world.run(world.manager_with_seed(seed).controller(controller));
        for number in 0..10 {
            pass(SECOND * 3).await;
            world.set_data(&format!("map-{number}"), "k", "v").await;
            world
                .maps()
                .delete(&format!("map-{}", number + 10), &DeleteParams::default())
                .await
                .unwrap();
        }
        pass(SECOND * 10).await;
        world.end(running).await;
        let log = world.server.audit_log();
        log.iter()
            .map(|entry| format!("{} {} {}", entry.verb, entry.path, entry.code))
            .collect()
    })
}

#[test]
fn the_same_seed_gives_the_same_requests_in_the_same_order() {
    let first = run(1);
    assert!(first.len() > 100, "{} requests", first.len());
    assert_eq!(first, run(1));
    assert_ne!(first, run(2));
}
