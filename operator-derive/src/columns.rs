//! Columns declared on fields: what is not written is inferred from the field.

use proc_macro2::Span;
use syn::{
    Attribute, Data, DeriveInput, Expr, ExprLit, Field, Fields, GenericArgument, Lit, Meta, PathArguments,
    Type,
};

use crate::{
    attrs::{ColumnAttrs, ContainerSerde, FieldSerde},
    errors::Errors,
};

/// A column of a field, everything but its type decided.
///
/// The type is left to run time unless it is written: only the schema knows that `Engine` is a string.
#[derive(Debug)]
pub(crate) struct FieldColumn {
    pub(crate) name: String,
    pub(crate) path: Place,
    pub(crate) type_: Option<String>,
    pub(crate) format: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) priority: Option<i32>,
    pub(crate) order: Option<i32>,
    /// The type that declares the columns, for `#[printcolumn(nested)]`.
    pub(crate) nested: Option<Type>,
    /// Where it is written.
    pub(crate) span: Span,
}

/// Where a column's value is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Below the struct, wherever the struct is put: `.engine`.
    Below(String),
    /// From the root of the object, as written.
    Root(String),
}

/// The columns on the fields of `input`, in order.
pub(crate) fn read(input: &DeriveInput, errors: &mut Errors) -> Vec<FieldColumn> {
    match &input.data {
        Data::Struct(data) => read_fields(&data.fields, &ContainerSerde::read(&input.attrs), errors),
        Data::Enum(data) => {
            for attribute in data.variants.iter().flat_map(|variant| {
                variant
                    .attrs
                    .iter()
                    .chain(variant.fields.iter().flat_map(|field| field.attrs.iter()))
            }) {
                if attribute.path().is_ident("printcolumn") {
                    errors.at(
                        attribute,
                        "a column needs a field that is always there, which a variant's is not: \
                         write `#[kube(printcolumn(name = \"...\", type = \"...\", json_path = \"...\"))]` on the enum",
                    );
                }
            }
            Vec::new()
        }
        Data::Union(_) => Vec::new(),
    }
}

fn read_fields(fields: &Fields, container: &ContainerSerde, errors: &mut Errors) -> Vec<FieldColumn> {
    let mut columns = Vec::new();
    for field in fields {
        for written in ColumnAttrs::read_on_field(&field.attrs, errors) {
            if let Some(column) = read_field(field, written, container, errors) {
                columns.push(column);
            }
        }
    }
    columns
}

fn read_field(
    field: &Field,
    written: ColumnAttrs,
    container: &ContainerSerde,
    errors: &mut Errors,
) -> Option<FieldColumn> {
    let span = written.span.unwrap_or_else(Span::call_site);
    let Some(ident) = &field.ident else {
        errors.at_span(
            span,
            "a column needs a field with a name: write a struct with named fields",
        );
        return None;
    };
    let serde = FieldSerde::read(&field.attrs);
    if serde.skip {
        errors.at_span(
            span,
            format!(
                "`{ident}` is skipped by serde, so its column would always be empty: remove `#[printcolumn]`"
            ),
        );
        return None;
    }
    if serde.flatten && !written.nested {
        errors.at_span(
            span,
            format!("`{ident}` is flattened and has no place of its own: write `#[printcolumn(nested)]` to take over its columns"),
        );
        return None;
    }
    if written.nested {
        return nested(field, ident, &written, container, &serde, span, errors);
    }
    if written.at.is_some() && written.json_path.is_some() {
        errors.at_span(
            span,
            "`at` continues the field's path and `json_path` replaces it: remove one of them",
        );
    }
    let wire = container.name_of(ident, &serde);
    let path = match (written.json_path, written.at) {
        (Some(path), _) => Place::Root(path),
        (None, at) => Place::Below(format!("{}{}", segment(&wire), at.unwrap_or_default())),
    };
    Some(FieldColumn {
        name: written.name.unwrap_or_else(|| title(&wire)),
        path,
        type_: written.type_,
        format: written.format,
        description: written.description.or_else(|| doc(&field.attrs)),
        priority: written.priority,
        order: written.order,
        nested: None,
        span,
    })
}

fn nested(
    field: &Field,
    ident: &syn::Ident,
    written: &ColumnAttrs,
    container: &ContainerSerde,
    serde: &FieldSerde,
    span: Span,
    errors: &mut Errors,
) -> Option<FieldColumn> {
    let more = [
        ("name", written.name.is_some()),
        ("type", written.type_.is_some()),
        ("json_path", written.json_path.is_some()),
        ("format", written.format.is_some()),
        ("description", written.description.is_some()),
        ("at", written.at.is_some()),
    ];
    for (key, given) in more {
        if given {
            errors.at_span(
                span,
                format!(
                    "`nested` takes the columns that the type of `{ident}` declares: write `{key}` there"
                ),
            );
        }
    }
    let below = if serde.flatten {
        String::new()
    } else {
        segment(&container.name_of(ident, serde))
    };
    Some(FieldColumn {
        name: String::new(),
        path: Place::Below(below),
        type_: None,
        format: None,
        description: None,
        priority: written.priority,
        order: written.order,
        nested: Some(bare(&field.ty).clone()),
        span,
    })
}

/// The type inside `Option`, `Box`, `Arc` and `Rc`.
pub(crate) fn bare(ty: &Type) -> &Type {
    if let Type::Path(path) = ty
        && path.qself.is_none()
        && let Some(last) = path.path.segments.last()
        && ["Option", "Box", "Arc", "Rc"]
            .iter()
            .any(|wrapper| last.ident == wrapper)
        && let PathArguments::AngleBracketed(arguments) = &last.arguments
        && let Some(GenericArgument::Type(inner)) = arguments.args.first()
    {
        return bare(inner);
    }
    ty
}

/// A step of a JSONPath: `.name`, with the dots of a name escaped.
pub(crate) fn segment(name: &str) -> String {
    format!(".{}", name.replace('.', "\\."))
}

/// The header kubectl shows for a field: `readyReplicas` is "Ready Replicas".
fn title(name: &str) -> String {
    let mut title = String::new();
    let mut start = true;
    let mut lower = false;
    for letter in name.chars() {
        if letter == '_' || letter == '-' || letter == '.' {
            start = true;
            continue;
        }
        if letter.is_uppercase() && lower {
            start = true;
        }
        lower = letter.is_lowercase() || letter.is_ascii_digit();
        if start {
            if !title.is_empty() {
                title.push(' ');
            }
            title.extend(letter.to_uppercase());
            start = false;
        } else {
            title.push(letter);
        }
    }
    title
}

/// The first paragraph of a doc comment, on one line.
fn doc(attributes: &[Attribute]) -> Option<String> {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text), ..
            }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    let paragraph = text
        .lines()
        .map(str::trim)
        .skip_while(|line| line.is_empty())
        .take_while(|line| !line.is_empty());
    let joined = paragraph.collect::<Vec<_>>().join(" ");
    (!joined.is_empty()).then_some(joined)
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn titles_read_like_kubectls() {
        assert_eq!(title("engine"), "Engine");
        assert_eq!(title("readyReplicas"), "Ready Replicas");
        assert_eq!(title("ready_replicas"), "Ready Replicas");
        assert_eq!(title("podIP"), "Pod IP");
        assert_eq!(title("last-schedule"), "Last Schedule");
        assert_eq!(title("ipv4Address"), "Ipv4 Address");
    }

    #[test]
    fn descriptions_are_the_first_paragraph() {
        let field: syn::Field = parse_quote! {
            /// How many
            /// members.
            ///
            /// More words.
            pub replicas: i32
        };
        assert_eq!(doc(&field.attrs).as_deref(), Some("How many members."));
    }

    #[test]
    fn wrappers_are_looked_through() {
        let ty: Type = parse_quote!(Option<Box<crate::Storage>>);
        assert_eq!(*bare(&ty), parse_quote!(crate::Storage));
        let ty: Type = parse_quote!(Vec<Storage>);
        assert_eq!(*bare(&ty), ty);
    }

    #[test]
    fn everything_is_inferred_and_everything_can_be_given() {
        let input: DeriveInput = parse_quote! {
            #[serde(rename_all = "camelCase")]
            struct Spec {
                #[printcolumn]
                ready_replicas: i32,
                #[printcolumn(name = "V", type = "number", at = "[0].major", priority = 1, order = -2)]
                versions: Vec<Version>,
            }
        };
        let mut errors = Errors::default();
        let columns = read(&input, &mut errors);
        assert!(errors.finish(()).is_ok());
        assert_eq!(columns[0].name, "Ready Replicas");
        assert_eq!(columns[0].path, Place::Below(".readyReplicas".into()));
        assert_eq!(columns[1].path, Place::Below(".versions[0].major".into()));
        assert_eq!((columns[1].priority, columns[1].order), (Some(1), Some(-2)));
    }
}
