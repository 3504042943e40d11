//! What is to be generated: the attributes with every default filled in.

use proc_macro2::{Ident, Span};
use syn::{Data, DeriveInput, Visibility};

use super::ApplyModel;
use crate::{
    attrs::{ContainerSerde, FieldSerde, Item, KubeAttrs, KubeOptions},
    errors::Errors,
    fields::FieldsModel,
};

/// A custom resource.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) vis: Visibility,
    /// The type the derive is written on.
    pub(crate) spec: Ident,
    /// The type that is generated.
    pub(crate) root: Ident,
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) singular: String,
    pub(crate) plural: String,
    pub(crate) doc: String,
    /// What is written on fields.
    pub(crate) fields: FieldsModel,
    /// The spec's twin for `apply`; an enum is applied as a whole.
    pub(crate) optional: Option<ApplyModel>,
    /// What the spec is made of.
    pub(crate) shape: Shape,
    pub(crate) options: KubeOptions,
}

/// What the spec is made of, as far as rules depend on it.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Named fields: identifier and name on the wire.
    Named(Vec<(Ident, String)>),
    /// A tuple or unit struct.
    Unnamed,
    /// An enum.
    Enum,
}

impl Model {
    /// Reads `input`; `None` when so much is missing that nothing can be generated.
    pub(crate) fn read(input: &DeriveInput, errors: &mut Errors) -> Option<Self> {
        let shape = Shape::read(input, errors)?;
        if !input.generics.params.is_empty() {
            errors.at(
                &input.generics,
                "a kind has one schema, so its spec cannot have parameters: write a concrete type",
            );
        }
        let attrs = KubeAttrs::read(input, errors);
        let fields = FieldsModel::read(input, errors);
        let missing = [
            (attrs.group.is_none(), "group", "example.com"),
            (attrs.version.is_none(), "version", "v1"),
            (attrs.kind.is_none(), "kind", "Database"),
        ];
        for (absent, key, example) in missing {
            if absent {
                errors.at(
                    &input.ident,
                    format!("`{key}` is missing: write `#[kube({key} = \"{example}\")]`"),
                );
            }
        }
        let (group, version, kind) = (attrs.group?, attrs.version?, attrs.kind?);
        let root = root_ident(&attrs.root, &kind, input, errors)?;
        let options = attrs.options;
        if let Some(item) = options.apply.as_ref().filter(|_| options.no_spec) {
            errors.at(
                &item.key,
                "`apply` makes a twin of the spec, and with `no_spec` there is none: remove one of them",
            );
        }
        let optional = options
            .apply
            .as_ref()
            .and_then(|_| ApplyModel::read(input, errors));
        let singular = attrs.singular.unwrap_or_else(|| kind.to_lowercase());
        Some(Self {
            vis: input.vis.clone(),
            spec: input.ident.clone(),
            doc: attrs.doc.unwrap_or_else(|| {
                format!(
                    " Auto-generated derived type for {} via `CustomResource`",
                    input.ident
                )
            }),
            plural: attrs.plural.unwrap_or_else(|| plural_of(&singular)),
            singular,
            root,
            group,
            version,
            kind,
            fields,
            optional,
            shape,
            options,
        })
    }
}

impl Shape {
    fn read(input: &DeriveInput, errors: &mut Errors) -> Option<Self> {
        match &input.data {
            Data::Struct(data) => Some(match &data.fields {
                syn::Fields::Named(fields) => {
                    let container = ContainerSerde::read(&input.attrs);
                    let named = fields.named.iter().filter_map(|field| {
                        let ident = field.ident.clone()?;
                        let wire = container.name_of(&ident, &FieldSerde::read(&field.attrs));
                        Some((ident, wire))
                    });
                    Self::Named(named.collect())
                }
                syn::Fields::Unnamed(_) | syn::Fields::Unit => Self::Unnamed,
            }),
            Data::Enum(_) => Some(Self::Enum),
            Data::Union(_) => {
                errors.at(
                    &input.ident,
                    "a union cannot be a spec: write a struct or an enum",
                );
                None
            }
        }
    }
}

fn root_ident(root: &Option<Item>, kind: &str, input: &DeriveInput, errors: &mut Errors) -> Option<Ident> {
    let name = match root {
        Some(item) => errors.ok(item.text())?,
        None => kind.to_owned(),
    };
    let span = root.as_ref().map_or_else(Span::call_site, Item::value_span);
    let Ok(ident) = syn::parse_str::<Ident>(&name) else {
        let why = "is the name of the generated type, which must be an identifier";
        match root {
            Some(item) => errors.push(item.wants(&format!("{why}: write `root = \"Database\"`"))),
            None => errors.at(
                &input.ident,
                format!("kind `{name}` {why}: write `kind = \"Database\"`"),
            ),
        }
        return None;
    };
    if input.ident == name {
        errors.at(
            &input.ident,
            format!("`{name}` is the type to be generated: call this one `{name}Spec`, or the other `root = \"...\"`"),
        );
        return None;
    }
    // A name from `root = "..."` points there; one from the kind resolves like the spec's own.
    Some(Ident::new(
        &ident.to_string(),
        if root.is_some() { span } else { Span::call_site() },
    ))
}

/// The plural of a lower-case English word by its ending; irregular ones are given.
fn plural_of(word: &str) -> String {
    if ["s", "x", "z", "ch", "sh"]
        .iter()
        .any(|ending| word.ends_with(ending))
    {
        return format!("{word}es");
    }
    if let Some(stem) = word.strip_suffix('y')
        && stem
            .chars()
            .next_back()
            .is_some_and(|letter| !"aeiou".contains(letter))
    {
        return format!("{stem}ies");
    }
    format!("{word}s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_follow_the_ending() {
        for (one, many) in [
            ("database", "databases"),
            ("box", "boxes"),
            ("branch", "branches"),
            ("proxy", "proxies"),
            ("gateway", "gateways"),
            ("y", "ys"),
        ] {
            assert_eq!(plural_of(one), many);
        }
    }
}
