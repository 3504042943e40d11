//! From a Rust type to the schema of a CRD.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::JSONSchemaProps;
use kube::core::Rule;
use schemars::{JsonSchema, generate::SchemaSettings};
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
    let settings = SchemaSettings::openapi3().with(|settings| {
        // A CRD has neither references nor a dialect.
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let schema = settings.into_generator().into_root_schema_for::<T>();
    from_json(&T::schema_name(), schema.to_value())
}

fn from_json(type_name: &str, mut schema: Value) -> Result<JSONSchemaProps, SchemaError> {
    let problems = structural::rewrite(&mut schema);
    if !problems.is_empty() {
        return Err(SchemaError::NotStructural {
            type_name: type_name.into(),
            problems,
        });
    }
    serde_json::from_value(schema).map_err(|source| SchemaError::Unreadable {
        type_name: type_name.into(),
        source,
    })
}

/// CEL rules as the value of `x-kubernetes-validations`.
pub fn rules<const N: usize>(rules: [Rule; N]) -> Value {
    rules
        .into_iter()
        .map(|rule| serde_json::to_value(rule).expect("a rule is strings and a flag"))
        .collect()
}
