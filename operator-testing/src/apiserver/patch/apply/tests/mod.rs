//! Apply and ownership against recorded behaviour and against models.

mod created;
mod laws;
mod lists;
mod managers;
mod refusals;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Applied, FieldSet, OneVersion, Request, apply, changes_nothing, keep_times, track_update};
use crate::apiserver::{
    status::StatusError,
    types::{DefinitionId, ListType, Schema, SchemaRef, ValueType},
};

/// One object, written by several managers; the clock ticks a second with every write.
#[derive(Clone, Debug)]
pub(super) struct Shelf {
    pub(super) object: Option<Value>,
    api_version: &'static str,
    kind: &'static str,
    schema: Option<&'static Schema>,
    subresource: &'static str,
    reset: FieldSet,
    now: i64,
}

impl Shelf {
    fn new(api_version: &'static str, kind: &'static str, schema: Option<&'static Schema>) -> Self {
        Self {
            object: None,
            api_version,
            kind,
            schema,
            subresource: "",
            reset: FieldSet::default(),
            now: 1_000,
        }
    }

    pub(super) fn config_map() -> Self {
        Self::new("v1", "ConfigMap", Some(builtin("io.k8s.api.core.v1.ConfigMap")))
    }

    pub(super) fn deployment() -> Self {
        Self::new(
            "apps/v1",
            "Deployment",
            Some(builtin("io.k8s.api.apps.v1.Deployment")),
        )
    }

    pub(super) fn custom(schema: Schema) -> Self {
        Self::new("example.com/v1", "Lists", Some(Box::leak(Box::new(schema))))
    }

    /// The same object, seen through a subresource that leaves `reset` alone.
    pub(super) fn through(&self, subresource: &'static str, reset: &[&[&str]]) -> Self {
        Self {
            subresource,
            reset: FieldSet::of_fields(reset),
            ..self.clone()
        }
    }

    fn request<'a>(&'a self, manager: &'a str) -> Request<'a> {
        Request {
            manager,
            subresource: self.subresource,
            api_version: self.api_version,
            kind: self.kind,
            schema: self.schema,
            reset: &self.reset,
            reflected: None,
            versions: &OneVersion,
            now: Timestamp::from_second(self.now).expect("a time"),
        }
    }

    /// Completes `fields` to an object of the kind.
    fn whole(&self, mut fields: Value) -> Value {
        let members = fields.as_object_mut().expect("an object");
        members.insert("apiVersion".into(), self.api_version.into());
        members.insert("kind".into(), self.kind.into());
        let metadata = members.entry("metadata").or_insert_with(|| json!({}));
        metadata["name"] = "a".into();
        fields
    }

    pub(super) fn apply(&mut self, manager: &str, fields: Value) -> Result<Applied, StatusError> {
        self.apply_with(manager, fields, false)
    }

    pub(super) fn force(&mut self, manager: &str, fields: Value) {
        self.apply_with(manager, fields, true)
            .expect("a forced apply has no conflicts");
    }

    fn apply_with(&mut self, manager: &str, fields: Value, force: bool) -> Result<Applied, StatusError> {
        self.now += 1;
        let config = self.whole(fields);
        let applied = apply(self.object.as_ref(), &config, force, &self.request(manager))?;
        if let Applied::Changed(object) = &applied {
            self.object = Some(object.clone());
        }
        Ok(applied)
    }

    /// Whether the fast answer to an apply is that it changes nothing.
    pub(super) fn repeats(&self, manager: &str, fields: Value) -> bool {
        let mut live = self.object().clone();
        let members = live.as_object_mut().expect("an object");
        members.remove("apiVersion");
        members.remove("kind");
        let (live, config) = (live.to_string(), self.whole(fields).to_string());
        changes_nothing(live.as_bytes(), config.as_bytes(), &self.request(manager))
    }

    #[track_caller]
    pub(super) fn applies(&mut self, manager: &str, fields: Value) {
        self.apply(manager, fields).expect("no conflict");
    }

    #[track_caller]
    pub(super) fn conflicts(&mut self, manager: &str, fields: Value, message: &str) {
        let before = self.object.clone();
        let error = self.apply(manager, fields).expect_err("a conflict");
        assert_eq!((error.code, error.message.as_str()), (409, message));
        assert_eq!(self.object, before, "a conflict changes nothing");
    }

    #[track_caller]
    pub(super) fn refuses(&mut self, manager: &str, fields: Value, message: &str) {
        let error = self.apply(manager, fields).expect_err("a refusal");
        assert_eq!(
            (error.code, error.reason, error.message.as_str()),
            (500, "", message)
        );
    }

    /// Creates the object or replaces it.
    pub(super) fn update(&mut self, manager: &str, fields: Value) {
        self.now += 1;
        let mut new = self.whole(fields);
        track_update(self.object.as_ref(), &mut new, &self.request(manager));
        if let Some(old) = &self.object {
            keep_times(old, &mut new);
        }
        self.object = Some(new);
    }

    pub(super) fn object(&self) -> &Value {
        self.object.as_ref().expect("an object")
    }

    /// Every manager with its operation, subresource, time and fields.
    pub(super) fn managers(&self) -> Vec<(String, Value)> {
        let list = self.object().pointer("/metadata/managedFields");
        list.and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(|entry| {
                let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or("-");
                assert_eq!(text("apiVersion"), self.api_version);
                let who = format!(
                    "{} {} {}",
                    text("manager"),
                    text("operation"),
                    text("subresource")
                );
                (who.trim_end_matches(" -").to_owned(), entry["fieldsV1"].clone())
            })
            .collect()
    }

    #[track_caller]
    pub(super) fn owned(&self, expected: &[(&str, Value)]) {
        let expected: Vec<_> = expected
            .iter()
            .map(|(who, fields)| ((*who).to_owned(), fields.clone()))
            .collect();
        assert_eq!(self.managers(), expected);
    }

    pub(super) fn time_of(&self, manager: &str) -> Option<&str> {
        let list = self.object()["metadata"]["managedFields"].as_array()?;
        let entry = list.iter().find(|entry| entry["manager"] == manager)?;
        entry.get("time")?.as_str()
    }
}

pub(super) fn builtin(name: &str) -> &'static Schema {
    DefinitionId::named(name).expect("a built-in kind").schema()
}

pub(super) fn typed(value_type: ValueType) -> Schema {
    Schema {
        value_type,
        ..Schema::default()
    }
}

pub(super) fn object<'a>(fields: impl IntoIterator<Item = (&'a str, Schema)>) -> Schema {
    Schema {
        properties: fields
            .into_iter()
            .map(|(name, schema)| (name.into(), SchemaRef::owned(schema)))
            .collect(),
        ..typed(ValueType::Object)
    }
}

pub(super) fn map_of(values: Schema) -> Schema {
    Schema {
        additional: Some(SchemaRef::owned(values)),
        ..typed(ValueType::Object)
    }
}

pub(super) fn list_of(items: Schema, list_type: ListType, keys: &[&str]) -> Schema {
    Schema {
        items: Some(SchemaRef::owned(items)),
        list_type,
        list_map_keys: keys.iter().map(|key| (*key).into()).collect(),
        ..typed(ValueType::Array)
    }
}

/// A custom kind with the metadata and the given schema of `spec`.
pub(super) fn custom_kind(spec: Schema) -> Schema {
    let text = || typed(ValueType::String);
    object([
        ("apiVersion", text()),
        ("kind", text()),
        (
            "metadata",
            builtin("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta").clone(),
        ),
        ("spec", spec),
    ])
}
