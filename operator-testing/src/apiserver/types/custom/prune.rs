//! Drops the fields of a custom resource that its schema does not name.
//!
//! Source: `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning`.

use serde_json::Value;

use crate::apiserver::types::{place::Place, schema::Schema};

/// Drops what the schema does not name and records the paths of what was dropped. `metadata` is left alone: it has a
/// type of its own.
pub(super) fn prune(schema: &Schema, object: &mut Value, dropped: &mut Vec<String>) {
    Pruning { dropped }.node(Some(schema), object, true, &Place::Root);
}

/// Whether a default holds nothing that would be dropped.
pub(super) fn is_pruned(schema: &Schema, default: &Value) -> bool {
    let mut pruned = default.clone();
    let is_resource = schema.embedded_resource;
    Pruning {
        dropped: &mut Vec::new(),
    }
    .node(Some(schema), &mut pruned, is_resource, &Place::Root);
    pruned == *default
}

struct Pruning<'a> {
    dropped: &'a mut Vec<String>,
}

impl Pruning<'_> {
    fn node(&mut self, schema: Option<&Schema>, value: &mut Value, is_resource: bool, place: &Place<'_>) {
        if let Some(schema) = schema.filter(|schema| schema.preserve_unknown) {
            return self.kept(schema, value, is_resource, place);
        }
        match value {
            Value::Object(fields) => {
                let at = At {
                    schema,
                    is_resource,
                    keeps_unknown: false,
                    place,
                };
                fields.retain(|name, value| self.field(at, name, value));
            }
            Value::Array(items) => {
                let child = schema.and_then(|schema| schema.items.as_deref());
                for (index, item) in items.iter_mut().enumerate() {
                    self.node(child, item, is_embedded(child), &Place::Item(place, index));
                }
            }
            _ => {}
        }
    }

    /// A node that keeps unknown fields: only what the schema does name is looked into.
    fn kept(&mut self, schema: &Schema, value: &mut Value, is_resource: bool, place: &Place<'_>) {
        match value {
            Value::Object(fields) => {
                let at = At {
                    schema: Some(schema),
                    is_resource,
                    keeps_unknown: true,
                    place,
                };
                fields.retain(|name, value| self.field(at, name, value));
            }
            Value::Array(items) => {
                let Some(child) = schema.items.as_deref() else {
                    return;
                };
                for (index, item) in items.iter_mut().enumerate() {
                    self.kept(child, item, is_embedded(Some(child)), &Place::Item(place, index));
                }
            }
            _ => {}
        }
    }

    /// Whether a field stays.
    fn field(&mut self, at: At<'_>, name: &str, value: &mut Value) -> bool {
        if at.is_resource && matches!(name, "apiVersion" | "kind" | "metadata") {
            return true;
        }
        let place = Place::Field(at.place, name);
        let child = at
            .schema
            .and_then(|schema| schema.properties.get(name).or(schema.additional.as_ref()));
        let keywords = at.schema.and_then(|schema| schema.validation.as_ref());
        if child.is_none() && keywords.is_some_and(|keywords| keywords.closed) {
            // what may not be there is found when the object is checked
            self.node(None, value, false, &place);
            return true;
        }
        if let Some(child) = child {
            self.node(Some(child), value, child.embedded_resource, &place);
        } else if !at.keeps_unknown {
            self.dropped.push(place.to_string());
        }
        child.is_some() || at.keeps_unknown
    }
}

/// The object whose fields are looked at.
#[derive(Clone, Copy)]
struct At<'a> {
    schema: Option<&'a Schema>,
    is_resource: bool,
    keeps_unknown: bool,
    place: &'a Place<'a>,
}

fn is_embedded(schema: Option<&Schema>) -> bool {
    schema.is_some_and(|schema| schema.embedded_resource)
}
