//! Reads the schemas that the built-in kinds publish through OpenAPI.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    definitions::DefinitionId,
    members::{string, strings, text},
    schema::{FieldForm, FieldShape, ListType, Schema, SchemaRef, TypedFields, ValueType},
};

/// The schema of the definition of that name.
pub(super) fn parse(id: DefinitionId, json: &Value, forms: &str) -> Schema {
    let name = id.name();
    let mut schema = match json.as_object() {
        Some(fields) => node(fields),
        None => Schema::default(),
    };
    // Types with a JSON form of their own, which OpenAPI cannot describe.
    let short = name.rsplit('.').next().unwrap_or(name);
    match short {
        "Quantity" => schema.format = Some("quantity".into()),
        "MicroTime" => schema.format = Some("micro-time".into()),
        "IntOrString" => schema.value_type = ValueType::IntOrString,
        "RawExtension" => {
            schema.preserve_unknown = true;
            schema.atomic_map = true;
        }
        "FieldsV1" | "Patch" | "JSON" => schema.preserve_unknown = true,
        "JSONSchemaPropsOrBool" | "JSONSchemaPropsOrArray" | "JSONSchemaPropsOrStringArray" => {
            schema.preserve_unknown = true;
            schema.format = Some("schema-or-other".into());
        }
        _ if !forms.is_empty() => schema.typed = Some(Arc::new(typed_fields(id, forms))),
        _ => {}
    }
    schema
}

/// Reads the columns of the table that tell how the server's own type reads and writes each field.
fn typed_fields(id: DefinitionId, forms: &str) -> TypedFields {
    let mut parts = id.name().rsplit('.');
    let (kind, version) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let fields = forms.split('\t').enumerate().filter_map(|(position, column)| {
        let (field, rest) = column.split_once('=')?;
        let (code, type_name) = rest.split_once(':')?;
        let form = match code.chars().next()? {
            'P' => FieldForm::Pointer,
            'S' => FieldForm::Struct,
            'L' => FieldForm::List,
            'M' => FieldForm::Map,
            'B' => FieldForm::Bytes,
            'X' => FieldForm::Own,
            _ => FieldForm::Scalar,
        };
        let shape = FieldShape {
            form,
            written_when_empty: code.contains('!'),
            omits_zero: code.contains('0'),
            type_name: type_name.into(),
            position,
        };
        Some((Arc::from(field), shape))
    });
    TypedFields {
        definition: id,
        name: format!("{version}.{kind}").into(),
        fields: fields.collect(),
    }
}

fn node(json: &Map<String, Value>) -> Schema {
    let mut schema = Schema {
        value_type: value_type(json),
        format: string(json, "format"),
        required: strings(json, "required"),
        choices: strings(json, "enum"),
        list_type: match text(json, "x-kubernetes-list-type") {
            Some("set") => ListType::Set,
            Some("map") => ListType::Map,
            _ => ListType::Atomic,
        },
        list_map_keys: strings(json, "x-kubernetes-list-map-keys"),
        atomic_map: text(json, "x-kubernetes-map-type") == Some("atomic"),
        patch_merge_key: string(json, "x-kubernetes-patch-merge-key"),
        ..Schema::default()
    };
    for strategy in text(json, "x-kubernetes-patch-strategy").unwrap_or("").split(',') {
        match strategy {
            "merge" => schema.patch_merge = true,
            "replace" => schema.patch_replace = true,
            "retainKeys" => schema.patch_retain_keys = true,
            _ => {}
        }
    }
    if let Some(properties) = json.get("properties").and_then(Value::as_object) {
        schema.properties = properties
            .iter()
            .map(|(name, value)| (name.as_str().into(), child(value)))
            .collect();
        schema.published_defaults = properties
            .iter()
            .filter_map(|(name, value)| Some((name.as_str().into(), value.get("default")?.clone())))
            .collect();
    }
    schema.additional = json.get("additionalProperties").map(child);
    schema.items = json.get("items").map(child);
    schema
}

/// A schema within another: a bare reference, a reference with a default beside it, or a schema written out.
fn child(json: &Value) -> SchemaRef {
    let Some(fields) = json.as_object() else {
        return SchemaRef::owned(Schema::default());
    };
    let reference = fields
        .get("$ref")
        .or_else(|| fields.get("allOf")?.get(0)?.get("$ref"))
        .and_then(Value::as_str)
        .and_then(|path| DefinitionId::named(path.trim_start_matches("#/components/schemas/")));
    let Some(id) = reference else {
        return SchemaRef::owned(node(fields));
    };
    // What is written beside the reference holds for this field alone.
    let adds = |key: &str| fields.contains_key(key);
    if adds("x-kubernetes-patch-strategy") || adds("x-kubernetes-map-type") {
        let own = node(fields);
        let mut merged = id.schema().clone();
        match text(fields, "x-kubernetes-map-type") {
            Some("granular") => merged.atomic_map = false,
            _ => merged.atomic_map |= own.atomic_map,
        }
        merged.patch_replace |= own.patch_replace;
        merged.patch_merge |= own.patch_merge;
        merged.patch_retain_keys |= own.patch_retain_keys;
        return SchemaRef::owned(merged);
    }
    SchemaRef::definition(id)
}

fn value_type(json: &Map<String, Value>) -> ValueType {
    match text(json, "type") {
        Some("object") => ValueType::Object,
        Some("array") => ValueType::Array,
        Some("string") => ValueType::String,
        Some("integer") => ValueType::Integer,
        Some("number") => ValueType::Number,
        Some("boolean") => ValueType::Boolean,
        _ => ValueType::Any,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(name: &str) -> &'static Schema {
        DefinitionId::named(name).unwrap().schema()
    }

    #[test]
    fn containers_merge_by_name() {
        let spec = definition("io.k8s.api.core.v1.PodSpec");
        let containers = &spec.properties["containers"];
        assert_eq!(containers.list_type, ListType::Map);
        assert_eq!(containers.list_map_keys, [Arc::from("name")]);
        assert_eq!(containers.patch_merge_key.as_deref(), Some("name"));
        assert!(containers.patch_merge);
        assert!(
            containers
                .items
                .as_ref()
                .unwrap()
                .properties
                .contains_key("image")
        );
    }

    #[test]
    fn a_strategy_beside_a_reference_counts() {
        let spec = definition("io.k8s.api.apps.v1.DeploymentSpec");
        assert!(spec.properties["strategy"].patch_retain_keys);
        assert!(
            spec.properties["strategy"]
                .properties
                .contains_key("rollingUpdate")
        );
    }

    #[test]
    fn odd_types_keep_their_json_form() {
        assert_eq!(
            definition("io.k8s.apimachinery.pkg.api.resource.Quantity")
                .format
                .as_deref(),
            Some("quantity")
        );
        let port = definition("io.k8s.api.core.v1.ServicePort");
        assert_eq!(port.properties["targetPort"].value_type, ValueType::IntOrString);
        let lease = definition("io.k8s.api.coordination.v1.LeaseSpec");
        assert_eq!(
            lease.properties["renewTime"].format.as_deref(),
            Some("micro-time")
        );
    }
}
