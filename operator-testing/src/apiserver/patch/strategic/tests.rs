use serde_json::json;

use super::*;
use crate::apiserver::types::DefinitionId;

fn deployment() -> &'static Schema {
    DefinitionId::named("io.k8s.api.apps.v1.Deployment")
        .expect("a built-in kind")
        .schema()
}

#[expect(clippy::needless_pass_by_value, reason = "reads better where it is called")]
fn pod_spec(spec: Value) -> Value {
    json!({"spec": {"template": {"spec": spec}}})
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "reads better where it is called")]
fn check(object: Value, patch: Value, expected: Value) {
    let result = apply(&pod_spec(object), &pod_spec(patch.clone()), deployment());
    assert_eq!(result, Ok(pod_spec(expected)), "{patch}");
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "reads better where it is called")]
fn refused(object: Value, patch: Value, code: u16, message: &str) {
    let error = apply(&pod_spec(object), &pod_spec(patch.clone()), deployment()).expect_err("refused");
    assert_eq!((error.code, error.message.as_str()), (code, message), "{patch}");
}

#[test]
fn lists_merge_by_key() {
    let object = json!({
        "containers": [
            {"name": "a", "image": "1", "args": ["x"], "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
            {"name": "b", "image": "1"},
        ],
        "tolerations": [{"key": "k"}],
    });
    check(
        object.clone(),
        json!({"containers": [{"name": "a", "args": ["y"], "env": [{"name": "B", "value": "two"}, {"name": "C"}]}]}),
        json!({
            "containers": [
                {
                    "name": "a", "image": "1", "args": ["y"],
                    "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "two"}, {"name": "C"}],
                },
                {"name": "b", "image": "1"},
            ],
            "tolerations": [{"key": "k"}],
        }),
    );
    check(
        json!({"containers": [{"name": "a"}, {"name": "b"}]}),
        json!({"containers": [{"name": "c", "env": null, "args": [{"$patch": "delete"}]}], "tolerations": [{"key": "o"}]}),
        json!({"containers": [{"name": "c", "env": null, "args": [{"$patch": "delete"}]}, {"name": "a"}, {"name": "b"}], "tolerations": [{"key": "o"}]}),
    );
    refused(
        object,
        json!({"containers": [{"image": "img:3"}]}),
        500,
        "map: map[image:img:3] does not contain declared merge key: name",
    );
}

#[test]
fn directives() {
    let object = json!({"containers": [{"name": "a", "resources": {"limits": {"cpu": "1"}}}, {"name": "b"}]});
    check(
        object.clone(),
        json!({"containers": [{"name": "b", "$patch": "delete"}, {"name": "c"}]}),
        json!({"containers": [{"name": "c"}, {"name": "a", "resources": {"limits": {"cpu": "1"}}}]}),
    );
    check(
        object.clone(),
        json!({"containers": [{"$patch": "replace"}, {"name": "z"}]}),
        json!({"containers": [{"name": "z"}]}),
    );
    check(
        object.clone(),
        json!({"containers": [{"name": "a", "resources": {"$patch": "replace", "limits": {"memory": "1"}}}]}),
        json!({"containers": [{"name": "a", "resources": {"limits": {"memory": "1"}}}, {"name": "b"}]}),
    );
    check(
        object.clone(),
        json!({"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}], "containers": [{"name": "a", "image": "4"}]}),
        json!({"containers": [{"name": "b"}, {"name": "a", "image": "4", "resources": {"limits": {"cpu": "1"}}}]}),
    );
    check(
        json!({"volumes": [{"name": "v", "emptyDir": {}}]}),
        json!({"volumes": [{"name": "v", "$retainKeys": ["name", "hostPath"], "hostPath": {"path": "/x"}}]}),
        json!({"volumes": [{"name": "v", "hostPath": {"path": "/x"}}]}),
    );
    refused(
        object.clone(),
        json!({"containers": [{"name": "a", "$patch": "unknown"}]}),
        500,
        "unknown patch type: unknown in map: map[$patch:unknown name:a]",
    );
    refused(
        object.clone(),
        json!({"$setElementOrder/containers": [{"name": "a"}], "containers": [{"name": "c", "image": "5"}]}),
        500,
        "The order in patch list:\n[map[image:5 name:c]]\n doesn't match $setElementOrder list:\n[map[name:a]]\n",
    );
    refused(
        json!({"volumes": [{"name": "v"}]}),
        json!({"volumes": [{"name": "v", "$retainKeys": ["name"], "hostPath": {}}]}),
        400,
        "invalid patch format of retainKeys",
    );
    refused(
        object,
        json!({"$setElementOrderx": []}),
        400,
        "invalid patch format of setElementOrder list",
    );
}

#[test]
fn primitive_lists_merge_like_sets() {
    let object = |finalizers: Value| json!({"metadata": {"finalizers": finalizers}});
    for (before, patch, after) in [
        (
            json!(["one"]),
            json!({"finalizers": ["two", "one"]}),
            json!(["two", "one"]),
        ),
        (
            json!(["two", "one"]),
            json!({"$deleteFromPrimitiveList/finalizers": ["one"]}),
            json!(["two"]),
        ),
        (
            json!(["two"]),
            json!({
                "$deleteFromPrimitiveList/finalizers": ["none"],
                "$setElementOrder/finalizers": ["three", "two"],
                "finalizers": ["three"],
            }),
            json!(["three", "two"]),
        ),
    ] {
        let patch = json!({ "metadata": patch });
        assert_eq!(
            apply(&object(before), &patch, deployment()),
            Ok(object(after)),
            "{patch}"
        );
    }
}

#[test]
fn documents_that_are_no_objects() {
    let error = apply(&json!({}), &json!([]), deployment()).expect_err("a list");
    assert_eq!(
        error.message,
        "json: cannot unmarshal array into Go value of type map[string]interface {}"
    );
    assert_eq!(
        apply(&json!({"a": 1}), &json!(null), deployment()),
        Ok(json!({"a": 1}))
    );
}
