//! Builds the CustomResourceDefinition of a derived kind, so that generated code holds only what differs.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, CustomResourceDefinitionNames, CustomResourceDefinitionSpec,
    CustomResourceDefinitionVersion, CustomResourceSubresourceScale, CustomResourceSubresourceStatus,
    CustomResourceSubresources, CustomResourceValidation, JSONSchemaProps, SelectableField,
};
use kube::api::ObjectMeta;

use super::{
    columns::{self, PrintColumn},
    schema::SchemaError,
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
    pub spec_columns: Vec<PrintColumn>,
    pub status_columns: Vec<PrintColumn>,
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
    /// When the schema cannot be made structural, or a column's type cannot be inferred because its path is not in the
    /// schema. Both are mistakes in the declaration that a macro cannot see; the message says which and what to write.
    #[must_use]
    pub fn build(self) -> CustomResourceDefinition {
        let name = format!("{}.{}", self.plural, self.group);
        let schema = self.schema.map(|schema| match schema() {
            Ok(schema) => schema,
            Err(error) => panic!("the definition of {name} cannot be made: {error}"),
        });
        let groups = vec![
            ("", self.type_columns),
            (
                if self.spec_path.is_empty() {
                    ""
                } else {
                    self.spec_path
                },
                self.spec_columns,
            ),
            (".status", self.status_columns),
        ];
        let columns = match columns::resolve(groups, self.age, schema.as_ref()) {
            Ok(columns) => columns,
            Err(error) => panic!("a column of {name} cannot be shown: {error}"),
        };
        let subresources = (self.status || self.scale.is_some()).then(|| CustomResourceSubresources {
            status: self
                .status
                .then(|| CustomResourceSubresourceStatus(serde_json::json!({}))),
            scale: self.scale.map(|scale| CustomResourceSubresourceScale {
                spec_replicas_path: scale.spec_replicas.into(),
                status_replicas_path: scale.status_replicas.into(),
                label_selector_path: scale.label_selector.map(Into::into),
            }),
        });
        CustomResourceDefinition {
            metadata: ObjectMeta {
                name: Some(name),
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
                    selectable_fields: some(
                        self.selectable
                            .iter()
                            .map(|path| SelectableField {
                                json_path: (*path).into(),
                            })
                            .collect(),
                    ),
                    subresources,
                }],
                ..CustomResourceDefinitionSpec::default()
            },
            status: None,
        }
    }
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
