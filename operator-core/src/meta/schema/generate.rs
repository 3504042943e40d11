//! From a Rust type to the schema of a CRD.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::JSONSchemaProps;
use kube::core::{ListMerge, Rule, cel::MergeStrategy};
use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde_json::Value;
use thiserror::Error;

use super::structural;

/// A type whose schema Kubernetes cannot hold.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// The schema is not structural and cannot be made so.
    #[error("the schema of `{type_name}` is not structural: {}", problems.join("; "))]
    NotStructural {
        /// The type.
        type_name: String,
        /// What is wrong and where, and what to write instead.
        problems: Vec<String>,
    },
    /// A keyword has a value that Kubernetes does not know, as in a schema written by hand.
    #[error("the schema of `{type_name}` is not one that Kubernetes reads")]
    Unreadable {
        /// The type.
        type_name: String,
        /// What serde says.
        source: serde_json::Error,
    },
}

/// The structural schema of `T`.
///
/// # Errors
/// When the values of `T` cannot be told apart by a structural schema, such as an enum that is a string in one variant
/// and an object in another.
pub fn of<T: JsonSchema>() -> Result<JSONSchemaProps, SchemaError> {
    from_json(&T::schema_name(), generated::<T>())
}

/// A JSON schema as schemars writes it for OpenAPI 3, made structural.
///
/// # Errors
/// As for [`of`].
pub fn from_json(type_name: &str, schema: Value) -> Result<JSONSchemaProps, SchemaError> {
    read(type_name, structural_json(type_name, schema)?)
}

/// The structural schema of `T` as JSON, with what [`JSONSchemaProps`] has no field for.
///
/// # Panics
/// When the schema cannot be made structural.
pub fn value_of<T: JsonSchema>() -> Value {
    match structural_json(&T::schema_name(), generated::<T>()) {
        Ok(schema) => schema,
        Err(error) => panic!("{error}"),
    }
}

fn generated<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::openapi3().with(|settings| {
        // A CRD has neither references nor a dialect.
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

fn structural_json(type_name: &str, mut schema: Value) -> Result<Value, SchemaError> {
    let problems = structural::rewrite(&mut schema);
    if problems.is_empty() {
        Ok(schema)
    } else {
        Err(SchemaError::NotStructural {
            type_name: type_name.into(),
            problems,
        })
    }
}

fn read(type_name: &str, schema: Value) -> Result<JSONSchemaProps, SchemaError> {
    serde_json::from_value(schema).map_err(|source| SchemaError::Unreadable {
        type_name: type_name.into(),
        source,
    })
}

/// Adds CEL rules to those the schema has.
pub fn add_rules<const N: usize>(schema: &mut Schema, rules: [Rule; N]) {
    let rules = rules
        .into_iter()
        .map(|rule| serde_json::to_value(rule).expect("a rule is strings and a flag"));
    let known = schema
        .ensure_object()
        .entry("x-kubernetes-validations")
        .or_insert_with(|| Value::Array(Vec::new()));
    if let Value::Array(known) = known {
        known.extend(rules);
    }
}

/// Sets how the server merges a list, a map or a struct.
pub fn set_strategy(schema: &mut Schema, strategy: impl Into<MergeStrategy>) {
    let keyword = |strategy: Value| strategy.as_object().and_then(|one| one.values().next().cloned());
    let strategy = strategy.into();
    let written = serde_json::to_value(&strategy).expect("a strategy is words");
    let schema = schema.ensure_object();
    match strategy {
        MergeStrategy::ListType(ListMerge::Map(keys)) => {
            schema.insert("x-kubernetes-list-type".into(), "map".into());
            schema.insert("x-kubernetes-list-map-keys".into(), keys.into());
        }
        MergeStrategy::ListType(_) => {
            schema.extend(keyword(written).map(|word| ("x-kubernetes-list-type".into(), word)));
        }
        // The API server has one keyword for both.
        MergeStrategy::MapType(_) | MergeStrategy::StructType(_) => {
            schema.extend(keyword(written).map(|word| ("x-kubernetes-map-type".into(), word)));
        }
    }
}
