//! Whatever a Rust type looks like, its definition is one that an API server takes.

use std::{fs, path::Path};

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{Api, api::PostParams};
use operator_core::meta::{
    lint::lint,
    schema::{SchemaError, from_json},
};
use operator_testing::apiserver::ApiServer;
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Map, Value, json};

#[tokio::test(start_paused = true)]
async fn every_golden_definition_is_accepted() {
    let server = ApiServer::new();
    let definitions: Api<CustomResourceDefinition> = Api::all(server.client());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../operator-derive/tests/golden");
    let mut seen = 0;
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let definition: CustomResourceDefinition =
            serde_saphyr::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let created = definitions.create(&PostParams::default(), &definition).await;
        assert!(created.is_ok(), "{}: {}", path.display(), created.unwrap_err());
        assert_eq!(lint(&definition), [], "{}", path.display());
        seen += 1;
    }
    assert!(seen >= 5, "the golden files are found");
}

/// A schema as schemars writes it, for a type of any shape.
fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({"type": "string"})),
        Just(json!({"type": "integer", "format": "int32"})),
        Just(json!({"type": "integer", "format": "uint32", "minimum": 0})),
        Just(json!({"type": "boolean"})),
        Just(json!({"type": "number", "format": "double"})),
        Just(json!({"type": "string", "format": "date-time"})),
        Just(json!({"type": "string", "enum": ["A", "B"], "description": "A choice."})),
        Just(json!({"oneOf": [
            {"description": "The first.", "type": "string", "enum": ["A"]},
            {"type": "string", "enum": ["B"]},
        ]})),
        Just(json!({"x-kubernetes-int-or-string": true})),
        Just(json!({})),
        Just(json!(true)),
        Just(json!({"type": "string", "default": "x", "nullable": true})),
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        let fields = prop::collection::btree_map("[a-e]", (inner.clone(), any::<bool>()), 0..4);
        let variants = prop::collection::vec((inner.clone(), fields.clone()), 1..4);
        prop_oneof![
            fields.clone().prop_map(|fields| object(fields, None)),
            inner
                .clone()
                .prop_map(|items| json!({"type": "array", "items": items})),
            inner
                .clone()
                .prop_map(|items| json!({"type": "array", "items": items, "uniqueItems": true})),
            inner
                .clone()
                .prop_map(|values| json!({"type": "object", "additionalProperties": values})),
            inner
                .clone()
                .prop_map(|value| json!({"anyOf": [value, {"enum": [null], "nullable": true}]})),
            (inner.clone(), inner).prop_map(|(a, b)| json!({
                "type": "array", "items": [a, b], "minItems": 2, "maxItems": 2,
            })),
            variants.clone().prop_map(externally_tagged),
            variants
                .clone()
                .prop_map(|variants| tagged(variants, "oneOf", Some("kind"))),
            variants.clone().prop_map(adjacently_tagged),
            variants.prop_map(|variants| tagged(variants, "anyOf", None)),
            fields.prop_map(|fields| {
                let mut open = object(fields, None);
                open["additionalProperties"] = true.into();
                open
            }),
        ]
    })
}

type Fields = std::collections::BTreeMap<String, (Value, bool)>;

fn object(fields: Fields, tag: Option<(&str, &str)>) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, (schema, demanded)) in fields {
        if demanded {
            required.push(name.clone());
        }
        properties.insert(name, schema);
    }
    if let Some((tag, variant)) = tag {
        properties.insert(tag.into(), json!({"type": "string", "enum": [variant]}));
        required.push(tag.into());
    }
    let mut object = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        object["required"] = required.into();
    }
    object
}

fn externally_tagged(variants: Vec<(Value, Fields)>) -> Value {
    let branches = variants.into_iter().enumerate().map(|(index, (schema, _))| {
        let name = format!("variant{index}");
        json!({
            "description": "A variant.", "type": "object", "additionalProperties": false,
            "properties": {&name: schema}, "required": [&name],
        })
    });
    json!({"oneOf": branches.collect::<Vec<_>>()})
}

fn tagged(variants: Vec<(Value, Fields)>, key: &str, tag: Option<&str>) -> Value {
    let branches = variants.into_iter().enumerate().map(|(index, (_, fields))| {
        let name = format!("Variant{index}");
        object(fields, tag.map(|tag| (tag, name.as_str())))
    });
    json!({key: branches.collect::<Vec<_>>()})
}

fn adjacently_tagged(variants: Vec<(Value, Fields)>) -> Value {
    let branches = variants.into_iter().enumerate().map(|(index, (schema, _))| {
        let content = [("content".to_owned(), (schema, true))].into();
        object(content, Some(("kind", &format!("Variant{index}"))))
    });
    json!({"oneOf": branches.collect::<Vec<_>>()})
}

/// A kind whose spec has one field of the schema.
fn definition(schema: &Value, number: usize) -> Result<CustomResourceDefinition, SchemaError> {
    let root = json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {"field": schema}}}});
    let schema = from_json("Thing", root)?;
    let definition = json!({
        "metadata": {"name": format!("things{number}.example.com")},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"kind": format!("Thing{number}"), "plural": format!("things{number}"), "singular": format!("thing{number}")},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}}],
        },
    });
    Ok(serde_json::from_value(definition).unwrap())
}

#[test]
fn every_shape_becomes_a_definition_that_is_accepted_or_is_refused_in_words() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let server = ApiServer::new();
    let definitions: Api<CustomResourceDefinition> = {
        let _inside = runtime.enter();
        Api::all(server.client())
    };
    let accepted = std::cell::Cell::new(0);
    // The same shapes in every run; more of them with SCHEMA_CASES=5000.
    let cases = std::env::var("SCHEMA_CASES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(150);
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let result = runner.run(&schema(), |schema| {
        match definition(&schema, accepted.get()) {
            Err(SchemaError::NotStructural { problems, .. }) => {
                prop_assert!(
                    problems
                        .iter()
                        .all(|problem| problem.contains("Kubernetes allows one type")),
                    "{problems:?}"
                );
            }
            Err(other) => prop_assert!(false, "{other}"),
            Ok(definition) => {
                let findings = lint(&definition);
                prop_assert!(findings.is_empty(), "{}", findings[0]);
                let created = runtime.block_on(definitions.create(&PostParams::default(), &definition));
                prop_assert!(created.is_ok(), "{}", created.unwrap_err());
                accepted.set(accepted.get() + 1);
            }
        }
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
    assert!(
        accepted.get() > 50,
        "most shapes can be told apart, and {} were",
        accepted.get()
    );
}
