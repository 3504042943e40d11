//! The old value that belongs to a new one.
//!
//! Source: `k8s.io/apiserver/pkg/cel/common/equality.go`.

use serde_json::Value;

use crate::apiserver::types::schema::{ListType, Schema};

/// An old value and the schema of its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Old<'a> {
    schema: &'a Schema,
    value: &'a Value,
}

impl<'a> Old<'a> {
    pub(super) fn new(schema: &'a Schema, value: &'a Value) -> Self {
        Self { schema, value }
    }

    /// The old value of a field of an object.
    pub(super) fn field(self, name: &str) -> Option<Self> {
        let value = self.value.as_object()?.get(name)?;
        let schema = self
            .schema
            .properties
            .get(name)
            .or(self.schema.additional.as_ref())?;
        Some(Self { schema, value })
    }

    /// The old value of an item of a list of type map: the one with the same keys.
    pub(super) fn item(self, item: &Value) -> Option<Self> {
        let value = same_keys(self.schema, self.value, item)?;
        let schema = self.schema.items.as_ref()?;
        Some(Self { schema, value })
    }

    /// Whether nothing has changed. Items of a list of type map may have changed places.
    pub(super) fn equals(self, new: &Value) -> bool {
        match (self.value, new) {
            (Value::Array(old), Value::Array(new)) if self.schema.list_type == ListType::Map => {
                old.len() == new.len()
                    && new
                        .iter()
                        .all(|item| self.item(item).is_some_and(|old| old.equals(item)))
            }
            (Value::Object(old), Value::Object(new)) => {
                old.len() == new.len()
                    && new.iter().all(|(name, value)| match self.field(name) {
                        Some(old) => old.equals(value),
                        None => false,
                    })
            }
            (old, new) => old == new,
        }
    }
}

/// The item of an old list of type map that has the same keys as an item of the new one.
pub(super) fn same_keys<'a>(schema: &Schema, old: &'a Value, item: &Value) -> Option<&'a Value> {
    if schema.list_type != ListType::Map {
        return None;
    }
    let keys = |item: &Value| -> Vec<Option<Value>> {
        let key = |key: &std::sync::Arc<str>| item.get(&**key).cloned();
        schema.list_map_keys.iter().map(key).collect()
    };
    let wanted = keys(item);
    old.as_array()?.iter().find(|old| keys(old) == wanted)
}
