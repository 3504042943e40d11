//! What a value may look like, and how the lists and maps in it merge.
//!
//! One [`Schema`] serves every consumer: field validation and pruning, defaulting, validation, strategic merge, server-side
//! apply and OpenAPI. Built-in kinds get theirs from the committed table, custom ones from their CustomResourceDefinition.

use std::{collections::BTreeMap, ops::Deref, sync::Arc};

use serde_json::Value;

/// A node of a structural schema.
///
/// Source: <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema>.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// The JSON type of the value; [`ValueType::Any`] where the schema leaves it open.
    pub value_type: ValueType,
    /// The `format` keyword (`int32`, `date-time`, `quantity`, `micro-time`, ...).
    pub format: Option<Arc<str>>,
    /// Named fields of an object.
    pub properties: BTreeMap<Arc<str>, SchemaRef>,
    /// The schema of the values of a map (`additionalProperties`).
    pub additional: Option<SchemaRef>,
    /// The schema of the elements of a list.
    pub items: Option<SchemaRef>,
    /// Fields that must be there.
    pub required: Vec<Arc<str>>,
    /// The value a missing field gets. Built-in kinds have their defaults in rules instead: what their API publishes is mostly
    /// the zero value of the type, which the server does not fill in.
    pub default: Option<Value>,
    /// What a built-in kind publishes as the defaults of its fields: mostly the zero values of types that are always there.
    /// Apply identifies list elements by them, and knows from them what an empty object of the kind holds.
    pub published_defaults: BTreeMap<Arc<str>, Value>,
    /// The values a string may have, as a built-in kind publishes them. Custom resources have theirs in the keywords.
    pub choices: Vec<Arc<str>>,
    /// Whether `null` is a value of its own.
    pub nullable: bool,
    /// `x-kubernetes-preserve-unknown-fields`.
    pub preserve_unknown: bool,
    /// `x-kubernetes-embedded-resource`.
    pub embedded_resource: bool,
    /// How a list merges under server-side apply.
    pub list_type: ListType,
    /// The fields that identify an element of a list of type map.
    pub list_map_keys: Vec<Arc<str>>,
    /// `x-kubernetes-map-type: atomic` (or `struct-type`): the whole object is owned by one manager.
    pub atomic_map: bool,
    /// `x-kubernetes-patch-merge-key`: the field that identifies an element under a strategic merge patch.
    pub patch_merge_key: Option<Arc<str>>,
    /// `x-kubernetes-patch-strategy` holds `merge`.
    pub patch_merge: bool,
    /// `x-kubernetes-patch-strategy` holds `replace`.
    pub patch_replace: bool,
    /// `x-kubernetes-patch-strategy` holds `retainKeys`.
    pub patch_retain_keys: bool,
    /// How the server's own type reads and writes each field. Built-in kinds only.
    pub typed: Option<Arc<TypedFields>>,
    /// The keywords of a custom resource's schema that only validation reads, as written in the definition
    /// (`pattern`, `minimum`, `enum`, `anyOf`, `x-kubernetes-validations`, ...). Empty for built-in kinds.
    pub validation: Option<Arc<super::custom::Keywords>>,
    /// What there is in the schema of a custom resource, here or further down.
    pub holds: Holds,
}

/// What there is anywhere in the schema of a custom resource: a walk over a value leaves out what holds nothing for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holds {
    /// Rules (`x-kubernetes-validations`).
    pub rules: bool,
    /// Objects with metadata of their own (`x-kubernetes-embedded-resource`).
    pub embedded: bool,
    /// Lists in which nothing may be twice.
    pub distinct: bool,
    /// Values that rules cannot see: nothing is asked about what they hold.
    pub hidden: bool,
}

impl Holds {
    /// What a schema holds whose parts know what they hold.
    pub(super) fn of(schema: &Schema) -> Self {
        let own = Self {
            rules: schema.validation.as_ref().is_some_and(|keywords| {
                !keywords.rules.is_empty() || keywords.all_of.iter().any(|part| part.holds.rules)
            }),
            embedded: schema.embedded_resource,
            distinct: schema.list_type != ListType::Atomic,
            hidden: false,
        };
        let parts = schema
            .properties
            .values()
            .chain(&schema.items)
            .chain(&schema.additional);
        parts.fold(own, |found, part| Self {
            hidden: false,
            rules: found.rules || part.holds.rules,
            embedded: found.embedded || part.holds.embedded,
            distinct: found.distinct || part.holds.distinct,
        })
    }
}

/// How the server's own type of a definition reads and writes JSON.
#[derive(Clone, Debug)]
pub struct TypedFields {
    /// The definition, for example `io.k8s.api.core.v1.PodSpec`.
    pub definition: super::definitions::DefinitionId,
    /// The name of the type as error messages show it, for example `v1.PodSpec`.
    pub name: Arc<str>,
    /// Each field by its JSON name.
    pub fields: BTreeMap<Arc<str>, FieldShape>,
}

/// How one field is read and written.
#[derive(Clone, Debug)]
pub struct FieldShape {
    /// What the field holds.
    pub form: FieldForm,
    /// Whether the field is written even when it is empty.
    pub written_when_empty: bool,
    /// Whether a value that is zero throughout is left out.
    pub omits_zero: bool,
    /// The type as error messages show it, for example `[]v1.Container`.
    pub type_name: Arc<str>,
    /// Where the field stands in the type.
    pub position: usize,
}

/// What a field of the server's own type holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldForm {
    /// A pointer: empty only when it is not set.
    Pointer,
    /// A string, number or boolean: the zero value counts as empty.
    Scalar,
    /// A struct: never empty.
    Struct,
    /// A list.
    List,
    /// A map.
    Map,
    /// Bytes, written as base64.
    Bytes,
    /// A type that reads and writes its JSON itself, such as a time.
    Own,
}

impl TypedFields {
    /// The struct within this one that a field really belongs to: Go writes both into one JSON object, but names the inner one.
    pub fn embedded(&self, field: &str) -> Option<&'static str> {
        let kind = self.name.rsplit('.').next().unwrap_or_default();
        match (kind, field) {
            ("Volume", field) if field != "name" => Some("VolumeSource"),
            ("EphemeralContainer", field) if field != "targetContainerName" => {
                Some("EphemeralContainerCommon")
            }
            ("Probe", "exec" | "httpGet" | "tcpSocket" | "grpc") => Some("ProbeHandler"),
            (
                "ConfigMapKeySelector"
                | "SecretKeySelector"
                | "ConfigMapEnvSource"
                | "SecretEnvSource"
                | "ConfigMapVolumeSource"
                | "ConfigMapProjection"
                | "SecretProjection",
                "name",
            ) => Some("LocalObjectReference"),
            ("IngressRule", "http") => Some("IngressRuleValue"),
            ("RuleWithOperations", "apiGroups" | "apiVersions" | "resources" | "scope") => Some("Rule"),
            ("NamedRuleWithOperations", "operations") => Some("RuleWithOperations"),
            ("NamedRuleWithOperations", "apiGroups" | "apiVersions" | "resources" | "scope") => {
                Some("RuleWithOperations.Rule")
            }
            (
                "PersistentVolumeSpec",
                "capacity"
                | "accessModes"
                | "claimRef"
                | "persistentVolumeReclaimPolicy"
                | "storageClassName"
                | "mountOptions"
                | "volumeMode"
                | "nodeAffinity"
                | "volumeAttributesClassName",
            ) => None,
            ("PersistentVolumeSpec", _) => Some("PersistentVolumeSource"),
            _ => None,
        }
    }
}

impl FieldShape {
    /// Whether a field with this value is left out when the object is written.
    pub fn omits(&self, value: &Value) -> bool {
        if self.written_when_empty {
            return false;
        }
        match (self.form, value) {
            (FieldForm::Scalar | FieldForm::Bytes, Value::String(text)) => text.is_empty(),
            (FieldForm::Scalar, Value::Bool(flag)) => !flag,
            (FieldForm::Scalar, Value::Number(number)) => number.as_f64() == Some(0.0),
            (FieldForm::List, Value::Array(items)) => items.is_empty(),
            (FieldForm::Map, Value::Object(fields)) => fields.is_empty(),
            (_, value) => value.is_null(),
        }
    }

    /// Whether the field is there even if nothing was set.
    pub fn is_always_written(&self) -> bool {
        self.written_when_empty
            || (matches!(self.form, FieldForm::Struct | FieldForm::Own) && !self.omits_zero)
    }
}

/// The JSON type that a [`Schema`] asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ValueType {
    /// No type is given.
    #[default]
    Any,
    /// An object: a struct with properties, or a map.
    Object,
    /// A list.
    Array,
    /// A string.
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A whole number or a string (`x-kubernetes-int-or-string`).
    IntOrString,
}

impl ValueType {
    /// The type that a schema calls by this name.
    pub fn named(name: &str) -> Self {
        match name {
            "object" => Self::Object,
            "array" => Self::Array,
            "string" => Self::String,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "boolean" => Self::Boolean,
            _ => Self::Any,
        }
    }
}

/// How a list merges (`x-kubernetes-list-type`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListType {
    /// The list is one value.
    #[default]
    Atomic,
    /// Scalars, each owned on its own.
    Set,
    /// Objects identified by [`Schema::list_map_keys`].
    Map,
}

/// A schema inside another: owned by it, or a shared definition of the built-in kinds (which may be recursive).
#[derive(Clone, Debug)]
pub struct SchemaRef(Inner);

#[derive(Clone, Debug)]
enum Inner {
    Owned(Arc<Schema>),
    Definition(super::definitions::DefinitionId),
}

impl SchemaRef {
    /// A schema that belongs to its parent alone.
    pub fn owned(schema: Schema) -> Self {
        Self(Inner::Owned(Arc::new(schema)))
    }

    /// A definition of the built-in kinds.
    pub fn definition(id: super::definitions::DefinitionId) -> Self {
        Self(Inner::Definition(id))
    }

    /// The definition it refers to, if it belongs to no parent.
    pub fn definition_id(&self) -> Option<super::definitions::DefinitionId> {
        match &self.0 {
            Inner::Owned(_) => None,
            Inner::Definition(id) => Some(*id),
        }
    }
}

impl Deref for SchemaRef {
    type Target = Schema;

    fn deref(&self) -> &Schema {
        match &self.0 {
            Inner::Owned(schema) => schema,
            Inner::Definition(id) => id.schema(),
        }
    }
}
