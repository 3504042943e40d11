//! Reads an object as the server's own type would: types are checked, unknown fields dropped, values brought into the form they
//! are written in.
//!
//! Source: `sigs.k8s.io/json`, `k8s.io/api/*/types.go`.

use serde_json::{Map, Value};

use super::{
    empty::complete,
    failure::{At, Failed, Failure, element_of, first},
};
use crate::apiserver::{
    types::{
        definitions::DefinitionId,
        place::Place,
        schema::{Schema, TypedFields, ValueType},
    },
    wording::json_kind,
};

/// Brings a value into the form of its type; the paths of the fields that the type does not have.
///
/// # Errors
/// The decoder's words for the first value of a wrong type.
pub(in crate::apiserver::types) fn read(
    schema: &Schema,
    value: &mut Value,
    place: &Place<'_>,
) -> Result<Vec<String>, String> {
    read_as(schema, value, At::root(schema, place))
}

/// [`read`] for a value that messages give another place and type than those of the schema.
pub(super) fn read_as(schema: &Schema, value: &mut Value, at: At<'_>) -> Result<Vec<String>, String> {
    let mut reading = Reading::default();
    match reading.value(schema, value, at) {
        Ok(()) => Ok(reading.unknown),
        Err(Failed) => Err(first(reading.failures, &[])),
    }
}

/// What the decoder says of a value that cannot be read, given the order of the fields in the document.
pub(in crate::apiserver::types) fn first_failure(
    schema: &Schema,
    value: &mut Value,
    order: &[String],
) -> Option<String> {
    let mut reading = Reading::default();
    let read = reading.value(schema, value, At::root(schema, &Place::Root));
    read.is_err().then(|| first(reading.failures, order))
}

/// The name of a struct, as messages show it.
pub(super) fn type_name(schema: &Schema) -> &str {
    schema.typed.as_ref().map_or("", |typed| &*typed.name)
}

/// Whether defaults tell a list that is empty from one that is not there.
fn tells_empty(typed: &TypedFields, field: &str) -> bool {
    &*typed.name == "v2.HPAScalingRules" && field == "policies"
}

/// What was found on the way through a value.
#[derive(Default)]
pub(super) struct Reading {
    unknown: Vec<String>,
    /// Above zero, unknown fields are dropped in silence.
    silent: usize,
    failures: Vec<Failure>,
}

impl Reading {
    pub(super) fn fail(&mut self, at: At<'_>, stops: bool, message: String) -> Failed {
        let place = at.place.to_string();
        self.failures.push(Failure {
            place,
            stops,
            message,
        });
        Failed
    }

    /// A value that is none of the wanted kind.
    pub(super) fn mismatch(&mut self, value: &Value, at: At<'_>) -> Failed {
        self.fail(at, false, at.cannot(json_kind(value)))
    }

    pub(super) fn value(&mut self, schema: &Schema, value: &mut Value, at: At<'_>) -> Result<(), Failed> {
        if schema.format.as_deref() == Some("schema-or-other") {
            return self.nested_schema(value, at);
        }
        if let Some(read) = self.special(schema, value, at) {
            return read;
        }
        match schema.value_type {
            ValueType::Object if schema.typed.is_some() => self.structure(schema, value, at),
            ValueType::Object if schema.additional.is_some() => self.map(schema, value, at),
            ValueType::Array => self.list(schema, value, at),
            ValueType::Object | ValueType::Any => Ok(()),
            _ => self.scalar(schema, value, at),
        }
    }

    /// The places of a JSON schema that hold another schema, or something else. They are read by a decoder of their own, which
    /// is silent about unknown fields.
    fn nested_schema(&mut self, value: &mut Value, at: At<'_>) -> Result<(), Failed> {
        const PROPS: &str = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";
        let Some(inner) = DefinitionId::named(PROPS).map(DefinitionId::schema) else {
            return Ok(());
        };
        let at = At {
            type_name: type_name(inner),
            ..at
        };
        self.silent += 1;
        let read = match value {
            Value::Object(_) => self.value(inner, value, at),
            Value::Array(items) => items
                .iter_mut()
                .filter(|item| item.is_object())
                .try_for_each(|item| self.value(inner, item, at)),
            _ => Ok(()),
        };
        self.silent -= 1;
        read
    }

    fn structure(&mut self, schema: &Schema, value: &mut Value, at: At<'_>) -> Result<(), Failed> {
        let Some(typed) = &schema.typed else { return Ok(()) };
        if value.is_null() {
            *value = Value::Object(Map::new());
        }
        let Value::Object(fields) = value else {
            return Err(self.mismatch(value, at));
        };
        let owner = typed.name.rsplit('.').next().unwrap_or_default();
        let mut read_all = Ok(());
        fields.retain(|name, value| {
            let place = Place::Field(at.place, name);
            let known = typed
                .fields
                .get(name.as_str())
                .zip(schema.properties.get(name.as_str()));
            let Some((shape, child)) = known else {
                if self.silent == 0 {
                    self.unknown.push(place.to_string());
                }
                return false;
            };
            if value.is_null() {
                return false;
            }
            let part;
            let outer = match typed.embedded(name) {
                Some(name) => {
                    part = Place::Field(at.fields, name);
                    &part
                }
                None => at.fields,
            };
            let at = At {
                place: &place,
                fields: &Place::Field(outer, name),
                owner,
                type_name: &shape.type_name,
            };
            if let Err(failed) = self.value(child, value, at) {
                read_all = Err(failed);
                return true;
            }
            !shape.omits(value) || tells_empty(typed, name)
        });
        complete(typed, schema, value);
        read_all
    }

    fn map(&mut self, schema: &Schema, value: &mut Value, at: At<'_>) -> Result<(), Failed> {
        let Some(child) = &schema.additional else {
            return Ok(());
        };
        let Value::Object(fields) = value else {
            return Err(self.mismatch(value, at));
        };
        let type_name = element_of(at.type_name);
        let mut read_all = Ok(());
        for (name, value) in fields.iter_mut() {
            let place = &Place::Field(at.place, name);
            let at = At {
                place,
                type_name,
                ..at
            };
            read_all = self.value(child, value, at).and(read_all);
        }
        read_all
    }

    fn list(&mut self, schema: &Schema, value: &mut Value, at: At<'_>) -> Result<(), Failed> {
        let Some(child) = &schema.items else { return Ok(()) };
        if value.is_null() {
            return Ok(());
        }
        let Value::Array(items) = value else {
            return Err(self.mismatch(value, at));
        };
        let type_name = element_of(at.type_name);
        let mut read_all = Ok(());
        for (index, item) in items.iter_mut().enumerate() {
            let place = &Place::Item(at.place, index);
            let at = At {
                place,
                type_name,
                ..at
            };
            read_all = self.value(child, item, at).and(read_all);
        }
        read_all
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::apiserver::types::DefinitionId;

    fn read_as(name: &str, mut value: Value) -> Result<(Value, Vec<String>), String> {
        let schema = DefinitionId::named(name).unwrap().schema();
        read(schema, &mut value, &Place::Root).map(|unknown| (value, unknown))
    }

    #[test]
    fn empty_fields_are_written_as_the_type_writes_them() {
        let (value, unknown) = read_as(
            "io.k8s.api.apps.v1.Deployment",
            json!({"metadata": {"labels": {}, "nope": 1}, "spec": {
                "replicas": 0, "paused": false, "selector": null,
                "template": {"spec": {"containers": [{"name": "c", "ports": [], "prots": 1}], "hostNetwork": false}}}}),
        )
        .unwrap();
        assert_eq!(
            value,
            json!({"metadata": {}, "status": {}, "spec": {
                "replicas": 0, "selector": null, "strategy": {},
                "template": {"metadata": {}, "spec": {"containers": [{"name": "c", "resources": {}}]}}}})
        );
        assert_eq!(
            unknown,
            ["metadata.nope", "spec.template.spec.containers[0].prots"]
        );
    }

    #[test]
    fn wrong_types_are_refused_in_the_decoders_words() {
        let error = |name: &str, value| read_as(name, value).unwrap_err();
        assert_eq!(
            error("io.k8s.api.core.v1.ConfigMap", json!({"data": {"k": 1}})),
            "json: cannot unmarshal number into Go struct field ConfigMap.data of type string"
        );
        assert_eq!(
            error("io.k8s.api.core.v1.Service", json!({"spec": {"ports": "80"}})),
            "json: cannot unmarshal string into Go struct field ServiceSpec.spec.ports of type []v1.ServicePort"
        );
        assert_eq!(
            error(
                "io.k8s.api.apps.v1.Deployment",
                json!({"spec": {"replicas": "three"}})
            ),
            "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"
        );
    }

    #[test]
    fn quantities_times_and_bytes_are_canonical() {
        let (value, _) = read_as(
            "io.k8s.api.core.v1.ResourceRequirements",
            json!({"limits": {"cpu": 0.5, "memory": "1024Mi"}}),
        )
        .unwrap();
        assert_eq!(value, json!({"limits": {"cpu": "500m", "memory": "1Gi"}}));
        let error = read_as("io.k8s.api.core.v1.Secret", json!({"data": {"k": "not base64!"}})).unwrap_err();
        assert_eq!(error, "illegal base64 data at input byte 3");
    }
}
