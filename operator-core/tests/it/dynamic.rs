//! A controller of a kind that is only known at run time.

use std::sync::{Arc, Mutex};

use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::api::events::v1::Event;
use kube::api::{DeleteParams, ListParams};
use kube::core::{ApiResource, GroupVersionKind};
use kube::{Api, ResourceExt};
use operator_core::Operator;
use operator_core::controller::Controller;
use operator_core::meta::{Dynamic, ObjectKey};
use operator_core::reconcile::{Action, Context, Reconciler};
use operator_core::shutdown::Shutdown;
use operator_core::toolkit::{Note, WriteError};
use serde_json::json;
use std::time::Duration;

use super::gadget::{self, Gadget};

/// Gives each object of whatever kind a map and a status.
#[derive(Clone, Default)]
struct Generic(Arc<Mutex<Vec<String>>>);

impl Generic {
    fn note(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    fn lines(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Reconciler for Generic {
    type Resource = Dynamic;
    type Error = WriteError;

    async fn reconcile(&self, object: Arc<Dynamic>, cx: &Context<Dynamic>) -> Result<Action, WriteError> {
        let size = object.data["spec"]["size"].as_i64().unwrap_or_default();
        self.note(format!("{} of size {size}", cx.key()));
        // A child whose kind the compiler does not know either.
        let maps = ApiResource::erase::<ConfigMap>(&());
        let mut child = Dynamic::new(&format!("{}-map", cx.key().name()), &maps);
        child.data = json!({"data": {"size": size.to_string()}});
        cx.apply(&object, child).await?;
        let status = json!({"phase": "Ready", "observedGeneration": object.metadata.generation});
        cx.update_status(&object, &status).await?;
        Ok(Action::await_change())
    }

    async fn cleanup(&self, object: Arc<Dynamic>, cx: &Context<Dynamic>) -> Result<Action, WriteError> {
        self.note(format!("{} goes", cx.key()));
        cx.event(&object, Note::normal("Removed", "it is being removed"))
            .await;
        Ok(Action::await_change())
    }
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_is_known_at_run_time_is_reconciled_like_any_other() {
    let server = gadget::server().await;
    let client = server.client();
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("example.com", "v1", "Gadget"));
    let generic = Generic::default();
    let controller = Controller::dynamic(generic.clone(), kind.clone(), true).owns::<ConfigMap>();
    let declaration = controller.declaration();
    assert_eq!((declaration.main, declaration.finalizer), (kind, true));
    let operator = Operator::new("generic").controller(controller);
    assert!(operator.definitions().is_empty() && operator.rights().allow("example.com", "gadgets", "watch"));
    let shutdown = Shutdown::new();
    let running = tokio::spawn(operator.run_with(client.clone(), shutdown.clone()));
    gadget::create(&client, "g").await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(
        generic.lines(),
        ["default/g of size 1"],
        "the echoes of its own writes wake nobody"
    );

    let gadgets: Api<Gadget> = Api::namespaced(client.clone(), "default");
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), "default");
    let gadget = gadgets.get("g").await.unwrap();
    assert_eq!(gadget.finalizers(), ["example.com/gadget"]);
    assert_eq!(gadget.status.unwrap().phase.as_deref(), Some("Ready"));
    let map = maps.get("g-map").await.unwrap();
    let owner = &map.owner_references()[0];
    assert_eq!(
        (
            owner.kind.as_str(),
            owner.name.as_str(),
            owner.controller,
            map.data.as_ref().unwrap()["size"].as_str()
        ),
        ("Gadget", "g", Some(true), "1")
    );

    maps.delete("g-map", &DeleteParams::default()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(
        generic.lines(),
        ["default/g of size 1"],
        "a child that is gone wakes its owner"
    );
    assert!(maps.get_opt("g-map").await.unwrap().is_some());

    gadgets.delete("g", &DeleteParams::default()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(generic.lines(), ["default/g goes"]);
    assert!(gadgets.get_opt("g").await.unwrap().is_none());
    let events: Api<Event> = Api::namespaced(client.clone(), "default");
    let events = events.list(&ListParams::default()).await.unwrap();
    let regarding = events.items[0].regarding.clone().unwrap();
    assert_eq!(
        (regarding.kind.as_deref(), regarding.name.as_deref()),
        (Some("Gadget"), Some("g"))
    );
    shutdown.drain();
    running.await.unwrap().unwrap();
}

/// Reads a cache by a kind that is known at run time.
struct Looks {
    kind: ApiResource,
    seen: Arc<Mutex<Vec<usize>>>,
}

impl Reconciler for Looks {
    type Resource = ConfigMap;
    type Error = WriteError;

    async fn reconcile(&self, _: Arc<ConfigMap>, cx: &Context<ConfigMap>) -> Result<Action, WriteError> {
        let store = cx.stores().dynamic(&self.kind).unwrap();
        let sizes = store
            .list()
            .iter()
            .filter(|gadget| gadget.data["spec"]["size"] == 1)
            .count();
        self.seen.lock().unwrap().push(sizes);
        Ok(Action::await_change())
    }
}

#[tokio::test(start_paused = true)]
async fn a_cache_of_such_a_kind_can_be_read() {
    let server = gadget::server().await;
    let client = server.client();
    gadget::create(&client, "g").await;
    gadget::create(&client, "h").await;
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("example.com", "v1", "Gadget"));
    let seen = Arc::default();
    let looks = Looks {
        kind: kind.clone(),
        seen: Arc::clone(&seen),
    };
    let watched = operator_core::source::Source::watched_kind(kind, |gadget, _| {
        vec![ObjectKey::namespaced(
            "default",
            &format!("map-{}", gadget.key().name()),
        )]
    });
    let controller = Controller::new(looks).source(watched).when(super::notes::is_map);
    let world = super::world::World::on(server);
    world.create_map("map-g", &[]).await;
    let running = world.reconcile(controller);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(*seen.lock().unwrap(), [2]);
    world.end(running).await;
}
