//! The finalizer protocol, with a crash at every write.

use std::collections::BTreeSet;
use std::sync::Arc;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use kube::{Api, Client, ResourceExt};
use operator_core::clock::Clock;
use operator_core::toolkit::{Claim, Toolkit, WriteError};
use operator_testing::apiserver::ApiServer;
use serde_json::json;

use crate::faults::{Crash, Fate};

const OURS: &str = "example.com/ours";
const THEIRS: &str = "example.com/theirs";

/// What the operator makes outside of the cluster: one thing for each object, by uid.
type World = BTreeSet<String>;

fn maps(client: Client) -> Api<ConfigMap> {
    Api::namespaced(client, "default")
}

async fn create(client: &Client, finalizers: &[&str]) -> Arc<ConfigMap> {
    let mut map = ConfigMap::default();
    map.metadata.name = Some("thing".into());
    map.metadata.finalizers = Some(finalizers.iter().map(|&finalizer| finalizer.to_owned()).collect());
    Arc::new(
        maps(client.clone())
            .create(&PostParams::default(), &map)
            .await
            .unwrap(),
    )
}

/// One run of the operator for one object, as a controller makes it.
async fn operate(
    toolkit: &Toolkit,
    admin: &Client,
    object: Arc<ConfigMap>,
    world: &mut World,
) -> Result<(), WriteError> {
    match toolkit.claim_finalizer(object, OURS).await? {
        Claim::Reconcile(object) => {
            let stored = maps(admin.clone()).get("thing").await.unwrap();
            assert!(
                stored.finalizers().iter().any(|held| held == OURS),
                "work began without protection"
            );
            world.insert(object.uid().unwrap());
            Ok(())
        }
        Claim::Cleanup(object) => {
            world.remove(&object.uid().unwrap());
            toolkit.release_finalizer(object, OURS).await
        }
        Claim::Nothing => Ok(()),
    }
}

/// Runs the operator until it has nothing more to do, starting it anew whenever it crashes.
///
/// A new process knows nothing. With `stale` its cache shows the object as it was before the first attempt.
async fn settle(server: &ApiServer, crash: &Crash, stale: bool, world: &mut World) {
    let admin = server.client();
    let first = maps(admin.clone()).get("thing").await.unwrap();
    for _ in 0..5 {
        let toolkit = Toolkit::new(crash.client(server), "operator", Clock::default());
        let current = maps(admin.clone()).get_opt("thing").await.unwrap();
        let Some(object) = (if stale { Some(first.clone()) } else { current }) else {
            return;
        };
        if operate(&toolkit, &admin, Arc::new(object), world).await.is_ok() {
            // A crash after the last answer is one between two runs.
            crash.restart();
            return;
        }
        crash.restart();
    }
    panic!("the operator does not come to rest");
}

/// The whole life of one object; answers with how many writes the operator made.
async fn life(crash: Crash, stale: bool, theirs: bool) -> usize {
    let server = ApiServer::new();
    let admin = server.client();
    let mut world = World::new();
    create(&admin, if theirs { &[THEIRS] } else { &[] }).await;
    settle(&server, &crash, stale, &mut world).await;
    assert_eq!(world.len(), 1, "the work was not done");
    maps(admin.clone())
        .delete("thing", &DeleteParams::default())
        .await
        .unwrap();
    settle(&server, &crash, stale, &mut world).await;
    assert!(world.is_empty(), "something was left behind");
    let left = maps(admin.clone()).get_opt("thing").await.unwrap();
    let finalizers = left.map(|left| left.finalizers().to_vec());
    assert_eq!(finalizers, theirs.then(|| vec![THEIRS.to_owned()]));
    crash.writes()
}

#[tokio::test]
async fn it_holds_at_every_crash_point() {
    for theirs in [false, true] {
        let writes = life(Crash::default(), false, theirs).await;
        assert_eq!(writes, 2, "one write adds the finalizer, one removes it");
        for write in 0..writes {
            for fate in Fate::ALL {
                for stale in [false, true] {
                    let crash = Crash::at(write, fate);
                    life(crash.clone(), stale, theirs).await;
                    assert!(crash.happened(), "write {write} was never made");
                }
            }
        }
    }
}

#[tokio::test]
async fn an_object_that_was_deleted_before_the_first_work_is_left_alone() {
    let server = ApiServer::new();
    let admin = server.client();
    let stale = create(&admin, &[THEIRS]).await;
    maps(admin.clone())
        .delete("thing", &DeleteParams::default())
        .await
        .unwrap();
    let toolkit = Toolkit::new(server.client(), "operator", Clock::default());
    let claim = toolkit.claim_finalizer(stale, OURS).await.unwrap();
    assert!(matches!(claim, Claim::Nothing), "{claim:?}");
    assert_eq!(maps(admin).get("thing").await.unwrap().finalizers(), [THEIRS]);
}

#[tokio::test]
async fn a_new_object_of_the_same_name_is_not_cleaned_up_for_the_old_one() {
    let server = ApiServer::new();
    let admin = server.client();
    let toolkit = Toolkit::new(server.client(), "operator", Clock::default());
    let old = create(&admin, &[OURS]).await;
    maps(admin.clone())
        .delete("thing", &DeleteParams::default())
        .await
        .unwrap();
    let dying = Arc::new(maps(admin.clone()).get("thing").await.unwrap());
    toolkit.release_finalizer(Arc::clone(&dying), OURS).await.unwrap();
    let new = create(&admin, &[OURS]).await;
    assert_ne!(old.uid(), new.uid());
    for cached in [old, dying] {
        // The stale copies ask for a reconcile and for a cleanup; neither may reach the new object.
        let claim = toolkit.claim_finalizer(Arc::clone(&cached), OURS).await.unwrap();
        assert!(!matches!(claim, Claim::Cleanup(_)), "{claim:?}");
        toolkit.release_finalizer(cached, OURS).await.unwrap();
    }
    assert_eq!(maps(admin).get("thing").await.unwrap().finalizers(), [OURS]);
}

#[tokio::test]
async fn what_others_change_meanwhile_is_kept() {
    let server = ApiServer::new();
    let admin = server.client();
    let stale = create(&admin, &[]).await;
    let patch = json!({"metadata": {"finalizers": [THEIRS], "labels": {"a": "b"}}});
    maps(admin.clone())
        .patch("thing", &PatchParams::default(), &Patch::Merge(patch))
        .await
        .unwrap();
    let toolkit = Toolkit::new(server.client(), "operator", Clock::default());
    let Claim::Reconcile(object) = toolkit.claim_finalizer(Arc::clone(&stale), OURS).await.unwrap() else {
        panic!("it is alive");
    };
    assert_eq!(object.finalizers(), [THEIRS, OURS]);
    assert_eq!(object.labels()["a"], "b");
    toolkit.release_finalizer(object, OURS).await.unwrap();
    assert_eq!(maps(admin).get("thing").await.unwrap().finalizers(), [THEIRS]);
}

#[tokio::test]
async fn a_held_finalizer_costs_nothing() {
    let server = ApiServer::new();
    let object = create(&server.client(), &[OURS]).await;
    server.clear_audit_log();
    let toolkit = Toolkit::new(server.client(), "operator", Clock::default());
    assert!(matches!(
        toolkit.claim_finalizer(object, OURS).await.unwrap(),
        Claim::Reconcile(_)
    ));
    assert_eq!(server.audit_log(), []);
}
