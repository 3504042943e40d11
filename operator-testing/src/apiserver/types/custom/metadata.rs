//! Reads the metadata of a custom resource, and of the objects embedded in it, by its type.
//!
//! Source: `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta`.

use serde_json::Value;

use crate::apiserver::{
    status::FieldError,
    types::{decode, definitions::DefinitionId, place::Place, schema::Schema},
};

/// Brings the metadata of an object itself into the form of its type; the paths of unknown fields.
pub(super) fn read_own(object: &mut Value) -> Result<Vec<String>, String> {
    let mut unknown = Vec::new();
    one(object, &Place::Root, &mut unknown).map_err(|misfit| misfit.to_string())?;
    Ok(unknown)
}

/// Brings the metadata of the objects embedded in an object into the form of its type; the paths of unknown fields.
pub(super) fn read_embedded(schema: &Schema, object: &mut Value) -> Result<Vec<String>, String> {
    let mut unknown = Vec::new();
    below(schema, object, &Place::Root, &mut unknown).map_err(|misfit| misfit.to_string())?;
    Ok(unknown)
}

/// Brings the metadata of the objects in a default into the form of its type, and that of itself if it is an object of its own.
/// Fields are below `path`.
pub(super) fn read_default(schema: &Schema, default: &mut Value, path: &str) -> Result<(), FieldError> {
    node(
        schema,
        default,
        &Place::Field(&Place::Root, path),
        &mut Vec::new(),
    )
}

fn one(object: &mut Value, owner: &Place<'_>, unknown: &mut Vec<String>) -> Result<(), FieldError> {
    let Some(metadata) = object.get_mut("metadata") else {
        return Ok(());
    };
    let schema = DefinitionId::object_meta().schema();
    let place = Place::Field(owner, "metadata");
    let original = (!owner.is_empty()).then(|| metadata.clone());
    match decode::read(schema, metadata, &place) {
        Ok(found) => {
            unknown.extend(found);
            Ok(())
        }
        Err(error) => Err(match original {
            Some(original) => FieldError::invalid(place.to_string(), &original, error),
            None => FieldError::new("", "FieldValueInvalid", error),
        }),
    }
}

fn below(
    schema: &Schema,
    value: &mut Value,
    place: &Place<'_>,
    unknown: &mut Vec<String>,
) -> Result<(), FieldError> {
    if !schema.holds.embedded {
        return Ok(());
    }
    match value {
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                if let Some(child) = schema.properties.get(name.as_str()) {
                    node(child, value, &Place::Field(place, name), unknown)?;
                } else if let Some(child) = &schema.additional {
                    node(child, value, &Place::Entry(place, name), unknown)?;
                }
            }
        }
        Value::Array(items) => {
            let Some(child) = &schema.items else { return Ok(()) };
            for (index, item) in items.iter_mut().enumerate() {
                node(child, item, &Place::Item(place, index), unknown)?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn node(
    schema: &Schema,
    value: &mut Value,
    place: &Place<'_>,
    unknown: &mut Vec<String>,
) -> Result<(), FieldError> {
    if schema.embedded_resource && value.is_object() {
        for name in ["apiVersion", "kind"] {
            if let Some(other) = value.get(name).filter(|value| !value.is_string()) {
                let field = Place::Field(place, name).to_string();
                return Err(FieldError::invalid(field, other, "must be a string"));
            }
        }
        one(value, place, unknown)?;
    }
    below(schema, value, place, unknown)
}
