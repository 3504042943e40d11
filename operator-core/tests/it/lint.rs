//! What the lint refuses a server refuses, and the other way round.
//!
//! What is written in another language is left out: CEL rules and regular expressions that do not compile, and defaults that
//! do not fulfil them.
//!
//! A good definition is spoiled in one or two places, at random but the same in every run. The embedded server is asked
//! what it thinks of the result; with `LINT_KUBECONFIG=FILE` a real one is, and `LINT_CASES=5000` asks about more.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::PostParams;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};
use operator_core::meta::lint::{Severity, lint};
use operator_testing::apiserver::ApiServer;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config as Cases, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

fn good() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "lamps.lint.example.com"},
        "spec": {
            "group": "lint.example.com", "scope": "Namespaced",
            "names": {"kind": "Lamp", "plural": "lamps", "singular": "lamp", "shortNames": ["lp"]},
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "subresources": {"status": {}, "scale": {
                    "specReplicasPath": ".spec.count", "statusReplicasPath": ".status.count",
                    "labelSelectorPath": ".status.selector",
                }},
                "selectableFields": [{"jsonPath": ".spec.text"}],
                "additionalPrinterColumns": [{"name": "Text", "type": "string", "jsonPath": ".spec.text"}],
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                    "spec": {"type": "object", "required": ["text"], "properties": {
                        "text": {"type": "string", "enum": ["a", "b"]},
                        "count": {"type": "integer", "minimum": 1},
                        "ratio": {"type": "number"},
                        "flag": {"type": "boolean"},
                        "list": {"type": "array", "items": {
                            "type": "object", "required": ["name"],
                            "properties": {"name": {"type": "string"}, "port": {"type": "integer"}},
                        }},
                        "words": {"type": "array", "items": {"type": "string"}},
                        "map": {"type": "object", "additionalProperties": {"type": "string"}},
                        "either": {"x-kubernetes-int-or-string": true},
                        "any": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
                    }},
                    "status": {"type": "object", "properties": {
                        "count": {"type": "integer"}, "selector": {"type": "string"},
                    }},
                }}},
            }],
        },
    })
}

const SPEC: &str = "/spec/versions/0/schema/openAPIV3Schema/properties/spec";
const PLACES: [&str; 13] = [
    "",
    "/properties/text",
    "/properties/count",
    "/properties/ratio",
    "/properties/flag",
    "/properties/list",
    "/properties/list/items",
    "/properties/list/items/properties/name",
    "/properties/words",
    "/properties/words/items",
    "/properties/map",
    "/properties/either",
    "/properties/any",
];

/// What a schema may be given; null takes the keyword away.
fn keywords() -> Vec<(&'static str, Value)> {
    vec![
        ("type", Value::Null),
        ("type", json!("string")),
        ("type", json!("integer")),
        ("type", json!("array")),
        ("type", json!("object")),
        ("type", json!("text")),
        ("nullable", json!(true)),
        ("title", json!("A title")),
        ("default", json!("a")),
        ("default", json!("c")),
        ("default", json!(1)),
        ("default", json!(0)),
        ("default", json!(1.5)),
        ("default", json!(true)),
        ("default", json!([])),
        ("default", json!(["x", "x"])),
        ("default", json!({})),
        ("default", json!({"name": "x"})),
        ("default", json!({"text": "a", "count": 2})),
        ("default", json!({"text": "z"})),
        ("default", json!({"unknown": 1})),
        ("enum", json!(["a"])),
        ("enum", json!([1, 2])),
        ("enum", json!([])),
        ("format", json!("nothing")),
        ("pattern", json!("^[a-z]+$")),
        ("minimum", json!(3)),
        ("maximum", json!(2)),
        ("minLength", json!(2)),
        ("maxLength", json!(1)),
        ("minItems", json!(1)),
        ("uniqueItems", json!(true)),
        ("uniqueItems", json!(false)),
        ("items", Value::Null),
        ("items", json!([{"type": "string"}])),
        ("items", json!({"type": "object"})),
        ("additionalProperties", json!({"type": "string"})),
        ("additionalProperties", json!(true)),
        ("additionalProperties", json!(false)),
        ("properties", json!({"x": {"type": "string"}})),
        ("properties", json!({"x": {}})),
        ("required", json!(["unknown"])),
        ("required", json!(["text"])),
        ("$ref", json!("#/x")),
        ("definitions", json!({"x": {"type": "string"}})),
        ("patternProperties", json!({"x": {"type": "string"}})),
        ("dependencies", json!({"x": ["y"]})),
        ("id", json!("x")),
        ("example", json!("x")),
        ("oneOf", json!([{"required": ["text"]}])),
        ("oneOf", json!([{"type": "object"}])),
        ("anyOf", json!([{"type": "integer"}, {"type": "string"}])),
        ("anyOf", json!([{"minLength": 1}])),
        ("anyOf", json!([{"description": "x"}])),
        ("anyOf", json!([{"properties": {"text": {"minLength": 1}}}])),
        ("anyOf", json!([{"properties": {"other": {"minLength": 1}}}])),
        ("anyOf", json!([{"items": {"minLength": 1}}])),
        ("allOf", json!([{"default": 1}])),
        ("allOf", json!([{"nullable": true}])),
        ("allOf", json!([{"x-kubernetes-validations": [{"rule": "true"}]}])),
        ("not", json!({"required": ["text"]})),
        ("not", json!({"type": "object"})),
        ("not", json!({"additionalProperties": {"type": "string"}})),
        ("x-kubernetes-int-or-string", json!(true)),
        ("x-kubernetes-preserve-unknown-fields", json!(true)),
        ("x-kubernetes-preserve-unknown-fields", json!(false)),
        ("x-kubernetes-embedded-resource", json!(true)),
        ("x-kubernetes-list-type", json!("set")),
        ("x-kubernetes-list-type", json!("map")),
        ("x-kubernetes-list-type", json!("atomic")),
        ("x-kubernetes-list-type", json!("bag")),
        ("x-kubernetes-list-map-keys", json!(["name"])),
        ("x-kubernetes-list-map-keys", json!(["port"])),
        ("x-kubernetes-list-map-keys", json!(["name", "name"])),
        ("x-kubernetes-map-type", json!("atomic")),
        ("x-kubernetes-map-type", json!("granular")),
        ("x-kubernetes-map-type", json!("loose")),
        ("x-kubernetes-validations", json!([{"rule": "true"}])),
        ("x-kubernetes-validations", json!([{"rule": ""}])),
        (
            "x-kubernetes-validations",
            json!([{"rule": "true", "message": "a\nb"}]),
        ),
        (
            "x-kubernetes-validations",
            json!([{"rule": "true", "message": " "}]),
        ),
        (
            "x-kubernetes-validations",
            json!([{"rule": "true", "reason": "Because"}]),
        ),
        (
            "x-kubernetes-validations",
            json!([{"rule": "true", "fieldPath": ".text"}]),
        ),
        (
            "x-kubernetes-validations",
            json!([{"rule": "true", "fieldPath": ".nothing"}]),
        ),
    ]
}

/// What the rest of a definition may be given.
fn others() -> Vec<(&'static str, Value)> {
    let version = "/spec/versions/0";
    let at = |rest: &str| -> &'static str { Box::leak(format!("{version}{rest}").into_boxed_str()) };
    vec![
        ("/metadata/name", json!("lamp.lint.example.com")),
        ("/spec/group", json!("lint")),
        ("/spec/group", json!("Lint.example.com")),
        ("/spec/scope", json!("Global")),
        ("/spec/names/kind", json!("lamp")),
        ("/spec/names/kind", json!("La.mp")),
        ("/spec/names/plural", json!("Lamps")),
        ("/spec/names/singular", json!("Lamp")),
        ("/spec/names/shortNames", json!(["LP"])),
        ("/spec/names/shortNames", json!(["l_p"])),
        ("/spec/names/categories", json!(["A"])),
        ("/spec/names/listKind", json!("Lamp")),
        (at("/name"), json!("V1")),
        (at("/name"), json!("one")),
        (at("/name"), json!("1")),
        (at("/served"), json!(false)),
        (at("/schema"), Value::Null),
        (at("/schema/openAPIV3Schema/type"), json!("array")),
        (
            at("/schema/openAPIV3Schema/properties/metadata"),
            json!({"type": "object", "properties": {"name": {"type": "string", "pattern": "^a"}}}),
        ),
        (
            at("/schema/openAPIV3Schema/properties/metadata"),
            json!({"type": "object", "properties": {"labels": {"type": "object"}}}),
        ),
        (
            at("/schema/openAPIV3Schema/properties/apiVersion"),
            json!({"type": "integer"}),
        ),
        (
            at("/schema/openAPIV3Schema/x-kubernetes-preserve-unknown-fields"),
            json!(true),
        ),
        (at("/schema/openAPIV3Schema/nullable"), json!(true)),
        (at("/schema/openAPIV3Schema/default"), json!({})),
        (at("/additionalPrinterColumns/0/type"), json!("text")),
        (at("/additionalPrinterColumns/0/format"), json!("int32")),
        (at("/additionalPrinterColumns/0/format"), json!("long")),
        (at("/additionalPrinterColumns/0/jsonPath"), json!("spec.text")),
        (at("/additionalPrinterColumns/0/jsonPath"), json!("")),
        (at("/additionalPrinterColumns/0/name"), json!("")),
        (at("/additionalPrinterColumns/0/jsonPath"), json!(".spec.nothing")),
        (at("/selectableFields/0/jsonPath"), json!(".spec.nothing")),
        (at("/selectableFields/0/jsonPath"), json!(".spec.ratio")),
        (at("/selectableFields/0/jsonPath"), json!(".spec.list")),
        (at("/selectableFields/0/jsonPath"), json!(".spec.words[0]")),
        (at("/selectableFields/0/jsonPath"), json!("spec.text")),
        (at("/selectableFields/0/jsonPath"), json!(".metadata.name")),
        (at("/selectableFields/0/jsonPath"), json!(".spec.either")),
        (at("/selectableFields/0/jsonPath"), json!(".spec.map.x")),
        (
            at("/selectableFields"),
            json!([{"jsonPath": ".spec.text"}, {"jsonPath": ".spec.text"}]),
        ),
        (at("/subresources/status"), Value::Null),
        (at("/subresources/scale/specReplicasPath"), json!(".status.count")),
        (at("/subresources/scale/specReplicasPath"), json!("")),
        (
            at("/subresources/scale/specReplicasPath"),
            json!(".spec.list[0].port"),
        ),
        (at("/subresources/scale/specReplicasPath"), json!(".spec.nothing")),
        (at("/subresources/scale/statusReplicasPath"), json!(".spec.count")),
        (
            at("/subresources/scale/labelSelectorPath"),
            json!(".metadata.name"),
        ),
        (at("/subresources/scale/labelSelectorPath"), json!(".spec.text")),
        (at("/deprecationWarning"), json!("use another")),
        ("/spec/conversion", json!({"strategy": "Webhook"})),
        ("/spec/conversion", json!({"strategy": "Sometimes"})),
        ("/spec/preserveUnknownFields", json!(true)),
    ]
}

/// Sets what a pointer points at, or takes it away with null.
fn set(definition: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = definition.pointer_mut(parent);
    if let Some(Value::Array(elements)) = parent {
        elements[name.parse::<usize>().unwrap()] = value;
    } else if let Some(Value::Object(fields)) = parent {
        if value.is_null() {
            fields.remove(name);
        } else {
            fields.insert(name.into(), value);
        }
    }
}

/// A definition that was spoiled, if it can still be read.
fn spoiled() -> impl Strategy<Value = (String, Value)> {
    let keyword = (
        prop::sample::select(PLACES.to_vec()),
        prop::sample::select(keywords()),
    )
        .prop_map(|(place, (keyword, value))| (format!("{SPEC}{place}/{keyword}"), value));
    let other = prop::sample::select(others()).prop_map(|(pointer, value)| (pointer.to_owned(), value));
    let change = prop_oneof![4 => keyword, 1 => other];
    prop::collection::vec(change, 1..3).prop_map(|changes| {
        let mut definition = good();
        let mut said = String::new();
        for (pointer, value) in changes {
            said.push_str(&format!("\n  {pointer} = {value}"));
            set(&mut definition, &pointer, value);
        }
        (said, definition)
    })
}

async fn real() -> Option<Client> {
    let file = std::env::var_os("LINT_KUBECONFIG")?;
    let kubeconfig = Kubeconfig::read_from(file).unwrap();
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
    Some(Client::try_from(config.unwrap()).unwrap())
}

#[tokio::test]
async fn it_agrees_with_a_server() {
    let embedded = ApiServer::new();
    let client = real().await.unwrap_or_else(|| embedded.client());
    let definitions: Api<CustomResourceDefinition> = Api::all(client);
    let cases = std::env::var("LINT_CASES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(400);
    let mut runner =
        TestRunner::new_with_rng(Cases::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let dry = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    let (mut refused, mut accepted, mut different) = (0, 0, Vec::new());
    for _ in 0..cases {
        let (said, definition) = spoiled().new_tree(&mut runner).unwrap().current();
        let Ok(definition) = serde_json::from_value::<CustomResourceDefinition>(definition) else {
            continue;
        };
        let findings = lint(&definition);
        let finding = findings.iter().find(|one| one.severity == Severity::Refused);
        let answer = definitions.create(&dry, &definition).await;
        match (finding, answer) {
            (Some(_), Err(_)) => refused += 1,
            (None, Ok(_)) => accepted += 1,
            (Some(finding), Ok(_)) => {
                different.push(format!("{said}\n  the lint: {finding}\n  the server: takes it"));
            }
            (None, Err(error)) => {
                different.push(format!("{said}\n  the lint: nothing\n  the server: {error}"));
            }
        }
    }
    assert!(
        different.is_empty(),
        "{} cases, {refused} refused and {accepted} accepted by both; these differ:{}",
        different.len() + refused + accepted,
        different.join("\n")
    );
    assert!(
        refused > cases / 4 && accepted > cases / 10,
        "{refused} refused, {accepted} accepted"
    );
}
