//! Builds the CustomResourceDefinition of a derived kind, so that generated code holds only what differs.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, CustomResourceDefinitionNames, CustomResourceDefinitionSpec,
    CustomResourceDefinitionVersion, CustomResourceSubresourceScale, CustomResourceSubresourceStatus,
    CustomResourceSubresources, CustomResourceValidation, JSONSchemaProps, JSONSchemaPropsOrArray,
    SelectableField,
};
use kube::api::ObjectMeta;
use thiserror::Error;

use super::{
    columns::{self, PrintColumn},
    fields::{FieldDeclarations, ListType},
    schema::{self, PathError, SchemaError},
};

/// What a derived kind says about itself.
#[derive(Debug)]
#[expect(missing_docs, reason = "the fields are the attributes of the derive")]
pub struct Definition {
    pub group: &'static str,
    pub version: &'static str,
    pub kind: &'static str,
    pub plural: &'static str,
    pub singular: &'static str,
    pub namespaced: bool,
    pub categories: &'static [&'static str],
    pub short_names: &'static [&'static str],
    /// Columns written on the type, with paths from the root.
    pub type_columns: Vec<PrintColumn>,
    /// Where the spec is: `.spec`, or nothing when its fields are at the root.
    pub spec_path: &'static str,
    pub spec_fields: FieldDeclarations,
    pub status_fields: FieldDeclarations,
    /// Whether there is an Age column; `None` is "if a field declares a column".
    pub age: Option<bool>,
    pub selectable: &'static [&'static str],
    pub status: bool,
    pub scale: Option<ScalePaths>,
    pub served: bool,
    pub storage: bool,
    /// Deprecated, and the warning if it has its own.
    pub deprecated: Option<Option<&'static str>>,
    pub annotations: &'static [(&'static str, &'static str)],
    pub labels: &'static [(&'static str, &'static str)],
    /// How many characters a description may have; `None` is [`schema::DESCRIPTION_LIMIT`].
    pub description_limit: Option<usize>,
    pub schema: Option<fn() -> Result<JSONSchemaProps, SchemaError>>,
}

/// The paths of the scale subresource.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the fields are the attributes of the derive")]
pub struct ScalePaths {
    pub spec_replicas: &'static str,
    pub status_replicas: &'static str,
    pub label_selector: Option<&'static str>,
}

impl Definition {
    /// The definition as the API server takes it.
    ///
    /// # Panics
    /// When the declaration cannot be a definition; the message says why and what to write.
    #[must_use]
    pub fn build(self) -> CustomResourceDefinition {
        let name = format!("{}.{}", self.plural, self.group);
        match self.try_build() {
            Ok(definition) => definition,
            Err(error) => panic!("the definition of {name} cannot be made: {error}"),
        }
    }

    /// The definition, or what a macro cannot see is wrong with its declaration.
    ///
    /// # Errors
    /// When the schema cannot be made structural, or a path that was given or whose type is needed is not in it.
    pub fn try_build(self) -> Result<CustomResourceDefinition, DefinitionError> {
        let mut schema = self.schema.map(|schema| schema()).transpose()?;
        let spec = self.spec_fields.moved_below(self.spec_path);
        let status = self.status_fields.moved_below(".status");
        if let Some(schema) = &mut schema {
            let limit = self.description_limit.unwrap_or(schema::DESCRIPTION_LIMIT);
            schema::limit_descriptions(schema, limit);
            for (path, type_) in spec.lists.iter().chain(&status.lists) {
                set_list_type(schema, path, *type_)?;
            }
        }
        let scale = match (self.scale, &spec.replicas, &status.replicas) {
            (Some(scale), _, _) => Some(CustomResourceSubresourceScale {
                spec_replicas_path: scale.spec_replicas.into(),
                status_replicas_path: scale.status_replicas.into(),
                label_selector_path: scale.label_selector.map(Into::into),
            }),
            (None, Some(wanted), Some(present)) => Some(CustomResourceSubresourceScale {
                spec_replicas_path: wanted.clone(),
                status_replicas_path: present.clone(),
                label_selector_path: status
                    .label_selector
                    .clone()
                    .or_else(|| spec.label_selector.clone()),
            }),
            (None, None, None) => None,
            (None, None, Some(path)) => {
                return Err(DefinitionError::HalfAScale {
                    path: path.clone(),
                    other: "spec",
                });
            }
            (None, Some(path), None) => {
                return Err(DefinitionError::HalfAScale {
                    path: path.clone(),
                    other: "status",
                });
            }
        };
        let selectable: Vec<SelectableField> = self
            .selectable
            .iter()
            .map(|path| (*path).to_owned())
            .chain(spec.selectable)
            .chain(status.selectable)
            .map(|json_path| SelectableField { json_path })
            .collect();
        let on_fields = !spec.columns.is_empty() || !status.columns.is_empty();
        let columns = self
            .type_columns
            .into_iter()
            .chain(spec.columns)
            .chain(status.columns)
            .collect();
        let columns = columns::resolve(columns, self.age.unwrap_or(on_fields), schema.as_ref())?;
        let subresources = (self.status || scale.is_some()).then(|| CustomResourceSubresources {
            status: self
                .status
                .then(|| CustomResourceSubresourceStatus(serde_json::json!({}))),
            scale,
        });
        Ok(CustomResourceDefinition {
            metadata: ObjectMeta {
                name: Some(format!("{}.{}", self.plural, self.group)),
                annotations: map(self.annotations),
                labels: map(self.labels),
                ..ObjectMeta::default()
            },
            spec: CustomResourceDefinitionSpec {
                group: self.group.into(),
                names: CustomResourceDefinitionNames {
                    kind: self.kind.into(),
                    plural: self.plural.into(),
                    singular: Some(self.singular.into()),
                    short_names: list(self.short_names),
                    categories: list(self.categories),
                    ..CustomResourceDefinitionNames::default()
                },
                scope: if self.namespaced { "Namespaced" } else { "Cluster" }.into(),
                versions: vec![CustomResourceDefinitionVersion {
                    name: self.version.into(),
                    served: self.served,
                    storage: self.storage,
                    deprecated: self.deprecated.is_some().then_some(true),
                    deprecation_warning: self.deprecated.flatten().map(Into::into),
                    schema: Some(CustomResourceValidation {
                        open_api_v3_schema: schema,
                    }),
                    additional_printer_columns: some(columns),
                    selectable_fields: some(selectable),
                    subresources,
                }],
                ..CustomResourceDefinitionSpec::default()
            },
            status: None,
        })
    }
}

/// Why a declaration is no definition.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DefinitionError {
    /// The schema is not one for Kubernetes.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A path leads nowhere.
    #[error(transparent)]
    Path(#[from] PathError),
    /// Replicas on one side only.
    #[error("`{path}` is marked `#[scale(replicas)]`, and no field of the {other} is: mark one there too")]
    HalfAScale {
        /// The marked field.
        path: String,
        /// Where the other field is missing.
        other: &'static str,
    },
    /// A list type on something else.
    #[error("`{path}` is marked `#[list]` and its schema is no array")]
    NoList {
        /// The marked field.
        path: String,
    },
    /// A key that elements do not always have.
    #[error("`{path}` is a list told apart by `{key}`, and its elements {problem}")]
    Key {
        /// The list.
        path: String,
        /// The field.
        key: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

fn set_list_type(schema: &mut JSONSchemaProps, path: &str, type_: ListType) -> Result<(), DefinitionError> {
    let list = schema::field_mut(schema, path)?;
    let Some(JSONSchemaPropsOrArray::Schema(element)) = &list.items else {
        return Err(DefinitionError::NoList { path: path.into() });
    };
    match type_ {
        ListType::Atomic => list.x_kubernetes_list_type = Some("atomic".into()),
        ListType::Set => list.x_kubernetes_list_type = Some("set".into()),
        ListType::Map(keys) => {
            for key in keys {
                let wrong = |problem| DefinitionError::Key {
                    path: path.into(),
                    key: (*key).to_owned(),
                    problem,
                };
                let found = element
                    .properties
                    .as_ref()
                    .and_then(|properties| properties.get(*key));
                let found = found.ok_or_else(|| wrong("have no such field"))?;
                let required = element
                    .required
                    .as_ref()
                    .is_some_and(|required| required.iter().any(|name| name == key));
                if !required && found.default.is_none() {
                    return Err(wrong("may lack it: make it required or give it a default"));
                }
            }
            list.x_kubernetes_list_type = Some("map".into());
            list.x_kubernetes_list_map_keys = Some(keys.iter().map(|key| (*key).to_owned()).collect());
        }
    }
    Ok(())
}

/// An empty list is left out, as it would be if written by hand.
fn some<T>(items: Vec<T>) -> Option<Vec<T>> {
    (!items.is_empty()).then_some(items)
}

fn list(items: &[&str]) -> Option<Vec<String>> {
    some(items.iter().map(|item| (*item).to_owned()).collect())
}

fn map(pairs: &[(&str, &str)]) -> Option<std::collections::BTreeMap<String, String>> {
    (!pairs.is_empty()).then(|| {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    })
}
