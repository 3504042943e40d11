//! Admission webhooks.

use std::time::Duration;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams},
};
use operator_testing::apiserver::{ApiServer, WebhookAddress};
use serde_json::{Value, json};

use super::{configure, hook, patching, serve};

fn map(metadata: Value) -> ConfigMap {
    serde_json::from_value(json!({"metadata": metadata, "data": {"k": "v"}})).unwrap()
}

fn maps(server: &ApiServer) -> Api<ConfigMap> {
    Api::namespaced(server.client(), "default")
}

/// Adds one to the annotation `count`.
fn count(request: &Value) -> Value {
    let annotations = &request["object"]["metadata"]["annotations"];
    let seen: u32 = annotations["count"].as_str().unwrap_or("0").parse().unwrap();
    patching(
        &json!([{"op": "add", "path": "/metadata/annotations", "value": {"count": (seen + 1).to_string()}}]),
    )
}

fn message(error: kube::Error) -> String {
    match error {
        kube::Error::Api(status) => format!("{} {}", status.code, status.message),
        other => other.to_string(),
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_webhook_sees_and_changes() {
    let server = ApiServer::new();
    let asked = serve(&server, |_, _| {
        patching(&json!([{"op": "add", "path": "/metadata/labels", "value": {"hooked": "yes"}}]))
    });
    configure(&server, "Mutating", &[hook("label", "/label", json!({}))]).await;
    let maps = maps(&server);
    let created = maps
        .create(&PostParams::default(), &map(json!({"generateName": "g-"})))
        .await
        .unwrap();
    assert_eq!(created.metadata.labels.as_ref().unwrap()["hooked"], "yes");
    let [request] = &asked.all()[..] else {
        panic!("it is asked once");
    };
    assert_eq!(
        (&request["operation"], &request["namespace"]),
        (&json!("CREATE"), &json!("default"))
    );
    assert_eq!(request.get("name"), None, "the name is made up later");
    assert_eq!(request["object"]["metadata"].get("uid"), None, "so is the uid");
    assert_eq!(request["object"]["kind"], "ConfigMap");
    assert_eq!(
        request["options"],
        json!({"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"})
    );
    let managers = created.metadata.managed_fields.unwrap();
    let fields = serde_json::to_value(&managers[0].fields_v1).unwrap();
    assert!(
        fields["f:metadata"].get("f:labels").is_none(),
        "nobody owns what webhooks add: {fields}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_chain_sees_what_was_changed_before_and_some_are_asked_again() {
    let server = ApiServer::new();
    let asked = serve(&server, |_, request| count(request));
    let again = json!({"reinvocationPolicy": "IfNeeded"});
    configure(
        &server,
        "Mutating",
        &[
            hook("a", "/a", again.clone()),
            hook("b", "/b", again),
            hook("c", "/c", json!({})),
        ],
    )
    .await;
    let created = maps(&server)
        .create(&PostParams::default(), &map(json!({"name": "a"})))
        .await
        .unwrap();
    assert_eq!(created.metadata.annotations.unwrap()["count"], "5");
    assert_eq!(asked.all().len(), 5);
    let annotations = server.audit_log().pop().unwrap().annotations;
    assert_eq!(
        annotations["mutation.webhook.admission.k8s.io/round_1_index_1"],
        r#"{"configuration":"hooks","mutated":true,"webhook":"b.example.com"}"#
    );
}

#[tokio::test(start_paused = true)]
async fn denials_carry_the_words_and_the_code_of_the_webhook() {
    let server = ApiServer::new();
    serve(&server, |path, _| match path {
        "/deny" => {
            json!({"allowed": false, "warnings": ["careful"], "status": {"message": "no way", "code": 403, "reason": "Forbidden"}})
        }
        _ => json!({"allowed": true, "auditAnnotations": {"k": "v"}}),
    });
    configure(
        &server,
        "Validating",
        &[
            hook("fine", "/fine", json!({})),
            hook(
                "deny",
                "/deny",
                json!({"objectSelector": {"matchLabels": {"bad": "yes"}}}),
            ),
        ],
    )
    .await;
    let maps = maps(&server);
    let refused = maps
        .create(
            &PostParams::default(),
            &map(json!({"name": "a", "labels": {"bad": "yes"}})),
        )
        .await
        .unwrap_err();
    assert_eq!(
        message(refused),
        "403 admission webhook \"deny.example.com\" denied the request: no way"
    );
    maps.create(&PostParams::default(), &map(json!({"name": "a"})))
        .await
        .unwrap();
    let annotations = server.audit_log().pop().unwrap().annotations;
    assert_eq!(annotations["fine.example.com/k"], "v");
}

#[tokio::test(start_paused = true)]
async fn a_webhook_that_does_not_answer_in_time_leaves_it_to_its_failure_policy() {
    let server = ApiServer::new();
    server.answer_webhooks(WebhookAddress::service("default", "hooks"), |_| async {
        tokio::time::sleep(Duration::from_secs(60)).await;
        http::Response::new(String::new())
    });
    configure(
        &server,
        "Validating",
        &[
            hook(
                "slow",
                "/slow",
                json!({"timeoutSeconds": 3, "objectSelector": {"matchLabels": {"strict": "yes"}}}),
            ),
            hook(
                "lax",
                "/lax",
                json!({"timeoutSeconds": 3, "failurePolicy": "Ignore"}),
            ),
        ],
    )
    .await;
    let maps = maps(&server);
    let before = server.clock().now();
    let refused = maps
        .create(
            &PostParams::default(),
            &map(json!({"name": "a", "labels": {"strict": "yes"}})),
        )
        .await
        .unwrap_err();
    assert_eq!(server.clock().now().duration_since(before).as_secs(), 3);
    assert_eq!(
        message(refused),
        "500 Internal error occurred: failed calling webhook \"slow.example.com\": failed to call webhook: \
         Post \"https://hooks.default.svc:443/slow?timeout=3s\": context deadline exceeded"
    );
    maps.create(&PostParams::default(), &map(json!({"name": "a"})))
        .await
        .unwrap();
    let annotations = server.audit_log().pop().unwrap().annotations;
    assert_eq!(
        annotations["failed-open.validating.webhook.admission.k8s.io/round_0_index_0"],
        "lax.example.com"
    );
}

#[tokio::test(start_paused = true)]
async fn the_object_that_is_judged_is_the_one_that_is_stored() {
    let server = ApiServer::new();
    let asked = serve(&server, |_, _| json!({"allowed": true}));
    configure(&server, "Validating", &[hook("look", "/look", json!({}))]).await;
    let created = maps(&server)
        .create(&PostParams::default(), &map(json!({"generateName": "g-"})))
        .await
        .unwrap();
    let seen = &asked.all()[0]["object"]["metadata"];
    assert_eq!(seen["uid"].as_str(), created.metadata.uid.as_deref());
    assert_eq!(seen["name"].as_str(), created.metadata.name.as_deref());
}

#[tokio::test(start_paused = true)]
async fn an_object_that_changes_meanwhile_is_judged_again() {
    let server = ApiServer::new();
    let maps = maps(&server);
    maps.create(&PostParams::default(), &map(json!({"name": "a"})))
        .await
        .unwrap();
    let rival = server.loopback("rival");
    let (asked, ask) = tokio::sync::mpsc::unbounded_channel::<Value>();
    let ask = std::sync::Mutex::new(ask);
    let once = std::sync::atomic::AtomicBool::new(true);
    server.answer_webhooks(WebhookAddress::service("default", "hooks"), move |request| {
        let review: Value = serde_json::from_slice(request.body()).unwrap();
        asked.send(review["request"].clone()).unwrap();
        if once.swap(false, std::sync::atomic::Ordering::SeqCst) {
            // somebody else writes while the webhook thinks; nobody asks about that
            let status =
                json!({"metadata": {"name": "a", "namespace": "default"}, "data": {"rival": "was here"}});
            drop(rival.replace("", "v1", "configmaps", &status));
        }
        let answer = json!({"apiVersion": review["apiVersion"], "kind": review["kind"],
            "response": {"uid": review["request"]["uid"], "allowed": true}});
        async move { http::Response::new(answer.to_string()) }
    });
    let only_patches = json!({"matchConditions": [{"name": "patches", "expression": "request.userInfo.username != 'rival'"}]});
    configure(&server, "Validating", &[hook("look", "/look", only_patches)]).await;
    let patch = Patch::Merge(json!({"data": {"mine": "too"}}));
    let patched = maps.patch("a", &PatchParams::default(), &patch).await.unwrap();
    let data = patched.data.unwrap();
    assert_eq!(
        (data["rival"].as_str(), data["mine"].as_str()),
        ("was here", "too")
    );
    let mut ask = ask.lock().unwrap();
    assert_eq!(ask.try_recv().unwrap()["object"]["data"].get("rival"), None);
    assert_eq!(ask.try_recv().unwrap()["object"]["data"]["rival"], "was here");
}

#[tokio::test(start_paused = true)]
async fn deletions_and_dry_runs() {
    let server = ApiServer::new();
    serve(&server, |path, request| {
        match (path, request["operation"].as_str()) {
            ("/protect", Some("DELETE")) if request["oldObject"]["metadata"]["name"] == "kept" => {
                json!({"allowed": false, "status": {"reason": "Protected"}})
            }
            _ => json!({"allowed": true}),
        }
    });
    configure(
        &server,
        "Validating",
        &[hook(
            "protect",
            "/protect",
            json!({"sideEffects": "NoneOnDryRun"}),
        )],
    )
    .await;
    let maps = maps(&server);
    for name in ["a", "kept"] {
        maps.create(&PostParams::default(), &map(json!({"name": name})))
            .await
            .unwrap();
    }
    let refused = maps.delete("kept", &DeleteParams::default()).await.unwrap_err();
    assert_eq!(
        message(refused),
        "400 admission webhook \"protect.example.com\" denied the request: Protected"
    );
    let all = maps
        .delete_collection(&DeleteParams::default(), &ListParams::default())
        .await
        .unwrap_err();
    assert!(message(all).ends_with("denied the request: Protected"));
    assert!(
        maps.get_opt("a").await.unwrap().is_none(),
        "it came before the one that is protected"
    );

    let dry = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    maps.create(&dry, &map(json!({"name": "dry"}))).await.unwrap();
    assert!(maps.get_opt("dry").await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn patches_that_do_not_fit_are_the_webhooks_fault() {
    let server = ApiServer::new();
    serve(&server, |path, _| match path {
        "/remove" => patching(&json!([{"op": "remove", "path": "/nope/x"}])),
        "/type" => patching(&json!([{"op": "add", "path": "/data", "value": 3}])),
        "/unknown" => patching(&json!([{"op": "add", "path": "/bogus", "value": 3}])),
        _ => json!({"allowed": true, "patchType": "JSONPatch"}),
    });
    let labelled = |name: &str| {
        hook(
            name,
            &format!("/{name}"),
            json!({"objectSelector": {"matchLabels": {"to": name}}}),
        )
    };
    configure(
        &server,
        "Mutating",
        &[
            labelled("remove"),
            labelled("type"),
            labelled("unknown"),
            labelled("empty"),
        ],
    )
    .await;
    let maps = maps(&server);
    for (to, expected) in [
        (
            "remove",
            "500 Internal error occurred: remove operation does not apply: doc is missing path: \"/nope/x\": missing value",
        ),
        (
            "type",
            "500 Internal error occurred: json: cannot unmarshal number into Go struct field ConfigMap.data of type \
             map[string]string",
        ),
        (
            "empty",
            "500 Internal error occurred: failed calling webhook \"empty.example.com\": received invalid webhook response: \
             webhook returned response.patchType but not response.patch",
        ),
    ] {
        let refused = maps
            .create(
                &PostParams::default(),
                &map(json!({"name": "a", "labels": {"to": to}})),
            )
            .await
            .unwrap_err();
        assert_eq!(message(refused), expected);
    }
    maps.create(
        &PostParams::default(),
        &map(json!({"name": "a", "labels": {"to": "unknown"}})),
    )
    .await
    .unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_asks_the_same_questions() {
    async fn run() -> (Vec<Value>, String) {
        let server = ApiServer::builder().seed(7).build();
        let asked = serve(&server, |_, request| count(request));
        configure(&server, "Mutating", &[hook("a", "/a", json!({}))]).await;
        configure(
            &server,
            "Validating",
            &[hook("b", "/b", json!({"failurePolicy": "Ignore"}))],
        )
        .await;
        let maps = maps(&server);
        for _ in 0..3 {
            maps.create(&PostParams::default(), &map(json!({"generateName": "g-"})))
                .await
                .unwrap();
        }
        (asked.all(), format!("{:?}", server.audit_log()))
    }
    assert_eq!(run().await, run().await);
}
