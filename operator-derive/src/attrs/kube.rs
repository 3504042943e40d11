//! `#[kube(...)]` on the spec type: kube-derive's set with the same meaning, and ours on top.

use syn::{DeriveInput, Expr, Path};

use super::{ColumnAttrs, Crates, Fields, Item, RootAttribute, ScaleAttrs, item::nearest};
use crate::errors::Errors;

/// Everything `#[kube(...)]` may say.
#[derive(Debug)]
pub(crate) struct KubeAttrs {
    pub(crate) group: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) doc: Option<String>,
    pub(crate) root: Option<Item>,
    pub(crate) plural: Option<String>,
    pub(crate) singular: Option<String>,
    pub(crate) options: KubeOptions,
}

/// What is generated as it is written: nothing of it depends on anything else.
#[derive(Debug)]
pub(crate) struct KubeOptions {
    pub(crate) namespaced: bool,
    /// The spec's fields are at the root of the object.
    pub(crate) no_spec: bool,
    /// Derives of the root type on top of what it always has.
    pub(crate) derives: Vec<Path>,
    pub(crate) attributes: Vec<RootAttribute>,
    pub(crate) schema: SchemaMode,
    pub(crate) status: Option<Path>,
    pub(crate) categories: Vec<String>,
    pub(crate) shortnames: Vec<String>,
    /// Columns written on the type.
    pub(crate) columns: Vec<ColumnAttrs>,
    /// Whether there is an Age column; `None` is "if fields declare columns".
    pub(crate) age: Option<bool>,
    /// There is a twin with optional fields.
    pub(crate) apply: Option<Item>,
    pub(crate) selectable: Vec<String>,
    pub(crate) scale: Option<ScaleAttrs>,
    pub(crate) crates: Crates,
    pub(crate) annotations: Vec<(String, String)>,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) validations: Vec<Expr>,
    pub(crate) cel: Option<Item>,
    /// Whether the definition is checked by a generated test.
    pub(crate) check: bool,
    /// How many characters a description may have; `None` is the SDK's own limit.
    pub(crate) description_limit: Option<usize>,
    pub(crate) storage: bool,
    pub(crate) served: bool,
    pub(crate) deprecated: Option<Option<String>>,
}

/// Where the schema of the CRD comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SchemaMode {
    /// The CRD has none.
    Disabled,
    /// The user implements `JsonSchema` for the root type.
    Manual,
    /// `JsonSchema` is derived for the root type.
    Derived,
}

impl SchemaMode {
    fn read(item: &Item) -> syn::Result<Self> {
        const KNOWN: [&str; 3] = ["derived", "disabled", "manual"];
        let text = item.string()?;
        match text.value().as_str() {
            "disabled" => Ok(Self::Disabled),
            "manual" => Ok(Self::Manual),
            "derived" => Ok(Self::Derived),
            other => Err(item.wants(&match nearest(&other.to_lowercase(), &KNOWN) {
                Some(near) => format!("has no mode `{other}`: did you mean \"{near}\"?"),
                None => format!("has no mode `{other}`: write \"derived\", \"manual\" or \"disabled\""),
            })),
        }
    }

    /// Whether the root type derives `JsonSchema`.
    pub(crate) fn derives(self) -> bool {
        self == Self::Derived
    }

    /// Whether the CRD has a schema.
    pub(crate) fn in_crd(self) -> bool {
        self != Self::Disabled
    }
}

impl KubeAttrs {
    /// Reads the attributes of `input`.
    pub(crate) fn read(input: &DeriveInput, errors: &mut Errors) -> Self {
        let mut fields = Fields::of(&input.attrs, "kube", errors);
        let attrs = Self {
            group: fields.one("group", Item::text),
            version: fields.one("version", Item::text),
            kind: fields.one("kind", Item::text),
            doc: fields.one("doc", |item| Ok(item.string()?.value())),
            root: fields.one("root", |item| Ok(item.clone())),
            plural: fields.one("plural", Item::text),
            singular: fields.one("singular", Item::text),
            options: KubeOptions::read(&mut fields),
        };
        fields.finish();
        attrs
    }
}

impl KubeOptions {
    fn read(fields: &mut Fields<'_>) -> Self {
        Self {
            namespaced: fields.flag("namespaced", false),
            no_spec: fields.flag("no_spec", false),
            derives: fields.all("derive", Item::path),
            attributes: fields.all("attr", RootAttribute::read),
            schema: fields
                .one("schema", SchemaMode::read)
                .unwrap_or(SchemaMode::Derived),
            status: fields.one("status", Item::path),
            categories: fields.all("category", Item::text),
            shortnames: fields.all("shortname", Item::text),
            columns: fields.all_with("printcolumn", ColumnAttrs::read_on_type),
            age: fields.one("age", Item::bool),
            apply: fields
                .one("apply", |item| item.bool().map(|on| on.then(|| item.clone())))
                .flatten(),
            selectable: fields.all("selectable", Item::text),
            scale: fields.one_with("scale", ScaleAttrs::read),
            crates: fields.one_with("crates", Crates::read).unwrap_or_default(),
            annotations: fields.all("annotation", Item::pair),
            labels: fields.all("label", Item::pair),
            validations: fields.all("validation", Item::expr),
            cel: fields.one("cel", |item| Ok(item.clone())),
            check: fields.flag("check", true),
            description_limit: fields.one("description_limit", |item| {
                usize::try_from(item.int()?)
                    .map_err(|_| item.wants("must not be negative: 0 leaves descriptions out"))
            }),
            storage: fields.flag("storage", true),
            served: fields.flag("served", true),
            deprecated: fields
                .one("deprecated", |item| match item.bool() {
                    Ok(true) => Ok(Some(None)),
                    Ok(false) => Ok(None),
                    Err(_) => item.text().map(|warning| Some(Some(warning))),
                })
                .flatten(),
        }
    }
}
