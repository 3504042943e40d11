//! Conversion webhooks.

use futures::{StreamExt as _, TryStreamExt as _};
use kube::{
    Api,
    api::{DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams, WatchEvent, WatchParams},
};
use operator_testing::apiserver::ApiServer;
use serde_json::{Value, json};

use super::{Asked, api, create, serve, typed};

const GROUP: &str = "example.com";

/// Foos whose `spec.host` is called `spec.address` in v2.
async fn foos(server: &ApiServer) -> Asked {
    let asked = serve(server, |path, request| {
        if path == "/fail" {
            return json!({"result": {"status": "Failure", "message": "cannot convert"}});
        }
        let wanted = request["desiredAPIVersion"].as_str().unwrap();
        let (from, to) = if wanted.ends_with("v2") {
            ("host", "address")
        } else {
            ("address", "host")
        };
        let converted = request["objects"]
            .as_array()
            .unwrap()
            .iter()
            .cloned()
            .map(|mut object| {
                object["apiVersion"] = wanted.into();
                if let Some(value) = object["spec"].as_object_mut().unwrap().remove(from) {
                    object["spec"][to] = value;
                }
                object
            });
        json!({"result": {"status": "Success"}, "convertedObjects": converted.collect::<Vec<_>>()})
    });
    create(
        server,
        "apiextensions.k8s.io",
        "v1",
        "CustomResourceDefinition",
        "",
        definition("v1", "/convert"),
    )
    .await;
    asked
}

fn definition(storage: &str, path: &str) -> Value {
    let version = |name: &str, field: &str| {
        json!({"name": name, "served": true, "storage": name == storage, "schema": {"openAPIV3Schema": {
            "type": "object",
            "properties": {"spec": {"type": "object", "properties": {
                field: {"type": "string"}, "size": {"type": "integer", "default": 1},
            }}},
        }}})
    };
    json!({
        "metadata": {"name": "foos.example.com"},
        "spec": {
            "group": GROUP, "scope": "Namespaced", "names": {"plural": "foos", "kind": "Foo"},
            "conversion": {"strategy": "Webhook", "webhook": {
                "conversionReviewVersions": ["v1"],
                "clientConfig": {"service": {"namespace": "default", "name": "hooks", "path": path}},
            }},
            "versions": [version("v1", "host"), version("v2", "address")],
        },
    })
}

fn version(server: &ApiServer, version: &str) -> Api<DynamicObject> {
    api(server, GROUP, version, "Foo", "default")
}

fn foo(version: &str, name: &str, spec: Value) -> DynamicObject {
    serde_json::from_value(typed(
        GROUP,
        version,
        "Foo",
        json!({"metadata": {"name": name}, "spec": spec}),
    ))
    .unwrap()
}

#[tokio::test(start_paused = true)]
async fn objects_are_read_and_written_in_every_version() {
    let server = ApiServer::new();
    let asked = foos(&server).await;
    let (v1, v2) = (version(&server, "v1"), version(&server, "v2"));
    v1.create(&PostParams::default(), &foo("v1", "a", json!({"host": "h"})))
        .await
        .unwrap();
    assert!(asked.all().is_empty(), "it is stored in that version");
    let seen = v2.get("a").await.unwrap();
    assert_eq!(seen.data["spec"], json!({"address": "h", "size": 1}));
    assert_eq!(
        asked.all()[0]["objects"][0]["metadata"].get("resourceVersion"),
        None
    );

    let created = v2
        .create(&PostParams::default(), &foo("v2", "b", json!({"address": "i"})))
        .await
        .unwrap();
    assert_eq!(created.data["spec"], json!({"address": "i", "size": 1}));
    assert_eq!(
        v1.get("b").await.unwrap().data["spec"],
        json!({"host": "i", "size": 1})
    );

    let before = asked.all().len();
    let list = v2.list(&ListParams::default()).await.unwrap();
    let addresses: Vec<_> = list
        .items
        .iter()
        .map(|foo| foo.data["spec"]["address"].clone())
        .collect();
    assert_eq!(addresses, ["h", "i"]);
    assert_eq!(asked.all().len(), before + 1, "a list is one question");

    let patch = Patch::Merge(json!({"spec": {"address": "j"}}));
    let patched = v2.patch("a", &PatchParams::default(), &patch).await.unwrap();
    assert_eq!(patched.metadata.generation, Some(2));
    assert_eq!(v1.get("a").await.unwrap().data["spec"]["host"], "j");
    let unchanged = v2.patch("a", &PatchParams::default(), &patch).await.unwrap();
    assert_eq!(
        unchanged.metadata.resource_version,
        patched.metadata.resource_version
    );
    v2.delete("a", &DeleteParams::default()).await.unwrap();
    assert!(v1.get_opt("a").await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn fields_are_owned_across_versions() {
    let server = ApiServer::new();
    foos(&server).await;
    let (v1, v2) = (version(&server, "v1"), version(&server, "v2"));
    v1.create(&PostParams::default(), &foo("v1", "a", json!({"host": "h"})))
        .await
        .unwrap();
    let config = Patch::Apply(foo("v2", "a", json!({"address": "i"})));
    let refused = v2
        .patch("a", &PatchParams::apply("x"), &config)
        .await
        .unwrap_err();
    assert!(matches!(refused, kube::Error::Api(status) if status.is_conflict()));
    let forced = v2
        .patch("a", &PatchParams::apply("x").force(), &config)
        .await
        .unwrap();
    assert_eq!(forced.data["spec"]["address"], "i");
    let config = Patch::Apply(foo("v1", "a", json!({"host": "j"})));
    v1.patch("a", &PatchParams::apply("y").force(), &config)
        .await
        .unwrap();
    let managers: Vec<_> = v1
        .get("a")
        .await
        .unwrap()
        .metadata
        .managed_fields
        .unwrap()
        .into_iter()
        .map(|entry| (entry.manager.unwrap(), entry.api_version.unwrap()))
        .collect();
    assert_eq!(
        managers,
        [
            ("y".to_owned(), "example.com/v1".to_owned()),
            ("operator-testing".to_owned(), "example.com/v1".to_owned())
        ],
        "the field that x owned in the other version is the one that y took"
    );
}

#[tokio::test(start_paused = true)]
async fn watches_show_the_version_that_they_ask_for() {
    let server = ApiServer::new();
    foos(&server).await;
    let (v1, v2) = (version(&server, "v1"), version(&server, "v2"));
    v1.create(&PostParams::default(), &foo("v1", "a", json!({"host": "h"})))
        .await
        .unwrap();
    let events = v2.watch(&WatchParams::default(), "0").await.unwrap();
    let patch = Patch::Merge(json!({"spec": {"host": "i"}}));
    v1.patch("a", &PatchParams::default(), &patch).await.unwrap();
    v1.delete("a", &DeleteParams::default()).await.unwrap();
    let seen: Vec<_> = events.take(3).try_collect().await.unwrap();
    let shown: Vec<_> = seen
        .iter()
        .map(|event| match event {
            WatchEvent::Added(foo) => ("added", foo.data["spec"]["address"].clone()),
            WatchEvent::Modified(foo) => ("modified", foo.data["spec"]["address"].clone()),
            WatchEvent::Deleted(foo) => ("deleted", foo.data["spec"]["address"].clone()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("added", json!("h")),
            ("modified", json!("i")),
            ("deleted", json!("i"))
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn objects_stay_in_the_version_they_were_stored_in() {
    let server = ApiServer::new();
    let asked = foos(&server).await;
    let (v1, v2) = (version(&server, "v1"), version(&server, "v2"));
    v1.create(&PostParams::default(), &foo("v1", "a", json!({"host": "h"})))
        .await
        .unwrap();
    let definitions = api(
        &server,
        "apiextensions.k8s.io",
        "v1",
        "CustomResourceDefinition",
        "",
    );
    let patch = Patch::Merge(json!({"spec": definition("v2", "/convert")["spec"]}));
    definitions
        .patch("foos.example.com", &PatchParams::default(), &patch)
        .await
        .unwrap();
    let before = asked.all().len();
    assert_eq!(v1.get("a").await.unwrap().data["spec"]["host"], "h");
    assert_eq!(asked.all().len(), before, "it is still stored as v1");
    assert_eq!(v2.get("a").await.unwrap().data["spec"]["address"], "h");
    let touch = Patch::Merge(json!({"metadata": {"labels": {"touched": "yes"}}}));
    v1.patch("a", &PatchParams::default(), &touch).await.unwrap();
    let before = asked.all().len();
    assert_eq!(v2.get("a").await.unwrap().data["spec"]["address"], "h");
    assert_eq!(asked.all().len(), before, "now it is stored as v2");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_converted_cannot_be_seen() {
    let server = ApiServer::new();
    foos(&server).await;
    let (v1, v2) = (version(&server, "v1"), version(&server, "v2"));
    v1.create(&PostParams::default(), &foo("v1", "a", json!({"host": "h"})))
        .await
        .unwrap();
    let definitions = api(
        &server,
        "apiextensions.k8s.io",
        "v1",
        "CustomResourceDefinition",
        "",
    );
    let patch = Patch::Merge(json!({"spec": definition("v1", "/fail")["spec"]}));
    definitions
        .patch("foos.example.com", &PatchParams::default(), &patch)
        .await
        .unwrap();
    let message = |error: kube::Error| match error {
        kube::Error::Api(status) => format!("{} {}", status.code, status.message),
        other => other.to_string(),
    };
    assert_eq!(
        message(v2.get("a").await.unwrap_err()),
        "500 conversion webhook for example.com/v1, Kind=Foo failed: cannot convert"
    );
    assert_eq!(
        message(v2.list(&ListParams::default()).await.unwrap_err()),
        "429 storage is (re)initializing: failed to list example.com/v2, Kind=Foo: \
         conversion webhook for example.com/v1, Kind=Foo failed: cannot convert"
    );
    let created = v2
        .create(&PostParams::default(), &foo("v2", "b", json!({"address": "i"})))
        .await;
    assert_eq!(
        message(created.unwrap_err()),
        "500 conversion webhook for example.com/v2, Kind=Foo failed: cannot convert"
    );
    assert_eq!(
        v1.list(&ListParams::default()).await.unwrap().items.len(),
        1,
        "nothing was written"
    );
}
