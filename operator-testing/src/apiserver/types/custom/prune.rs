//! Drops the fields of a custom resource that its schema does not name.
//!
//! Source: `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning`.

use serde_json::Value;

use crate::apiserver::types::{
    decode::{push_field, push_index},
    schema::Schema,
};

/// Drops what the schema does not name and records the paths of what was dropped. `metadata` is left alone: it has a
/// type of its own.
pub(super) fn prune(schema: &Schema, object: &mut Value, dropped: &mut Vec<String>) {
    let mut pruning = Pruning {
        path: String::new(),
        dropped,
    };
    pruning.node(Some(schema), object, true);
}

struct Pruning<'a> {
    path: String,
    dropped: &'a mut Vec<String>,
}

impl Pruning<'_> {
    fn node(&mut self, schema: Option<&Schema>, value: &mut Value, is_resource: bool) {
        if let Some(schema) = schema.filter(|schema| schema.preserve_unknown) {
            return self.kept(schema, value, is_resource);
        }
        match value {
            Value::Object(fields) => {
                fields.retain(|name, value| self.field(schema, name, value, is_resource, false));
            }
            Value::Array(items) => {
                let child = schema.and_then(|schema| schema.items.as_deref());
                self.each(items, |this, item| this.node(child, item, is_embedded(child)));
            }
            _ => {}
        }
    }

    /// A node that keeps unknown fields: only what the schema does name is looked into.
    fn kept(&mut self, schema: &Schema, value: &mut Value, is_resource: bool) {
        match value {
            Value::Object(fields) => {
                fields.retain(|name, value| self.field(Some(schema), name, value, is_resource, true));
            }
            Value::Array(items) => {
                if let Some(child) = schema.items.as_deref() {
                    self.each(items, |this, item| {
                        this.kept(child, item, is_embedded(Some(child)));
                    });
                }
            }
            _ => {}
        }
    }

    fn field(
        &mut self,
        schema: Option<&Schema>,
        name: &str,
        value: &mut Value,
        is_resource: bool,
        keeps_unknown: bool,
    ) -> bool {
        if is_resource && matches!(name, "apiVersion" | "kind" | "metadata") {
            return true;
        }
        let length = self.path.len();
        push_field(&mut self.path, name);
        let child = schema.and_then(|schema| schema.properties.get(name).or(schema.additional.as_ref()));
        if let Some(child) = child {
            self.node(Some(child), value, child.embedded_resource);
        } else if !keeps_unknown {
            self.dropped.push(self.path.clone());
        }
        self.path.truncate(length);
        child.is_some() || keeps_unknown
    }

    fn each(&mut self, items: &mut [Value], mut look: impl FnMut(&mut Self, &mut Value)) {
        let length = self.path.len();
        for (index, item) in items.iter_mut().enumerate() {
            push_index(&mut self.path, index);
            look(self, item);
            self.path.truncate(length);
        }
    }
}

fn is_embedded(schema: Option<&Schema>) -> bool {
    schema.is_some_and(|schema| schema.embedded_resource)
}
