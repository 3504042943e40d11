//! What the fields of a spec, a status or a struct within them declare: print columns, selectable fields, the scale
//! subresource, list types. What is not written is inferred from the field.

use proc_macro2::Span;
use syn::{
    Attribute, Data, DeriveInput, Expr, ExprLit, Field, GenericArgument, Ident, Lit, Meta, PathArguments,
    Type,
};

use crate::{
    attrs::{ColumnAttrs, ContainerSerde, FieldSerde, ListAttrs, ListType, Marks, ScaleMark},
    errors::Errors,
};

/// Everything the fields of one type declare, in order.
#[derive(Debug, Default)]
pub(crate) struct FieldsModel {
    pub(crate) entries: Vec<Entry>,
}

/// One declaration.
#[derive(Debug)]
pub(crate) enum Entry {
    /// A print column.
    Column(FieldColumn),
    /// The field can be selected by.
    Selectable { path: String, span: Span },
    /// The field is one of the scale subresource's.
    Scale {
        path: String,
        mark: ScaleMark,
        span: Span,
    },
    /// How the field's list is merged.
    List { path: String, type_: ListType },
    /// The field's type declares more.
    Nested { path: String, ty: Box<Type> },
}

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

impl FieldsModel {
    /// Reads the fields of `input`.
    pub(crate) fn read(input: &DeriveInput, errors: &mut Errors) -> Self {
        let mut model = Self::default();
        match &input.data {
            Data::Struct(data) => {
                let container = ContainerSerde::read(&input.attrs);
                for field in &data.fields {
                    model.read_field(field, &container, errors);
                }
            }
            Data::Enum(data) => {
                let attributes = data.variants.iter().flat_map(|variant| {
                    variant
                        .attrs
                        .iter()
                        .chain(variant.fields.iter().flat_map(|field| field.attrs.iter()))
                });
                for attribute in attributes.filter(|attribute| Marks::is_mark(attribute)) {
                    errors.at(
                        attribute,
                        "this needs a field that is always there, which a variant's is not: write the path on the \
                         enum, as in `#[kube(printcolumn(name = \"...\", type = \"...\", json_path = \"...\"))]`",
                    );
                }
            }
            Data::Union(_) => {}
        }
        model
    }

    /// The print columns.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &FieldColumn> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Column(column) => Some(column),
            _ => None,
        })
    }

    /// Where the scale subresource's field of this kind is written.
    pub(crate) fn scale(&self, wanted: ScaleMark) -> Option<Span> {
        self.entries.iter().find_map(|entry| match entry {
            Entry::Scale { mark, span, .. } if *mark == wanted => Some(*span),
            _ => None,
        })
    }

    fn read_field(&mut self, field: &Field, container: &ContainerSerde, errors: &mut Errors) {
        let marks = Marks::read(&field.attrs, errors);
        let Some(span) = marks.span() else { return };
        let Some(ident) = &field.ident else {
            errors.at_span(
                span,
                "this needs a field with a name: write a struct with named fields",
            );
            return;
        };
        let serde = FieldSerde::read(&field.attrs);
        if serde.skip {
            errors.at_span(
                span,
                format!(
                    "`{ident}` is skipped by serde, so it is never in the object: remove this, or the skip"
                ),
            );
            return;
        }
        if serde.flatten && !marks.only_nested() {
            errors.at_span(
                span,
                format!(
                    "`{ident}` is flattened and has no place of its own: write `#[nested]` to take over what its type declares"
                ),
            );
            return;
        }
        let wire = container.name_of(ident, &serde);
        let path = if serde.flatten {
            String::new()
        } else {
            segment(&wire)
        };
        for column in marks.columns {
            self.entries
                .push(Entry::Column(read_column(column, &wire, &path, field, errors)));
        }
        if let Some(span) = marks.selectable {
            if let Some(what) = never_scalar(&field.ty) {
                errors.at_span(
                    span,
                    format!("the server selects by strings, integers and booleans, and `{ident}` is {what}"),
                );
            }
            self.entries.push(Entry::Selectable {
                path: path.clone(),
                span,
            });
        }
        for (mark, span) in marks.scale {
            check_scale(mark, span, ident, &field.ty, errors);
            self.entries.push(Entry::Scale {
                path: path.clone(),
                mark,
                span,
            });
        }
        if let Some(list) = marks.list {
            check_list(&list, ident, &field.ty, errors);
            self.entries.push(Entry::List {
                path: path.clone(),
                type_: list.type_,
            });
        }
        if let Some(span) = marks.nested {
            let ty = bare(&field.ty);
            if is_collection(ty) {
                errors.at_span(
                    span,
                    format!("`{ident}` is a collection, and what one element declares has no single place: write `#[printcolumn(at = \"[0].name\")]`"),
                );
            }
            self.entries.push(Entry::Nested {
                path,
                ty: Box::new(ty.clone()),
            });
        }
    }
}

fn read_column(
    written: ColumnAttrs,
    wire: &str,
    path: &str,
    field: &Field,
    errors: &mut Errors,
) -> FieldColumn {
    let span = written.span.unwrap_or_else(Span::call_site);
    if written.at.is_some() && written.json_path.is_some() {
        errors.at_span(
            span,
            "`at` continues the field's path and `json_path` replaces it: remove one of them",
        );
    }
    let place = match (written.json_path, written.at) {
        (Some(path), _) => Place::Root(path),
        (None, at) => Place::Below(format!("{path}{}", at.unwrap_or_default())),
    };
    FieldColumn {
        name: written.name.unwrap_or_else(|| title(wire)),
        path: place,
        type_: written.type_,
        format: written.format,
        description: written.description.or_else(|| doc(&field.attrs)),
        priority: written.priority,
        order: written.order,
        span,
    }
}

fn check_scale(mark: ScaleMark, span: Span, ident: &Ident, ty: &Type, errors: &mut Errors) {
    let Some(name) = last_segment(bare(ty)) else {
        return;
    };
    match mark {
        ScaleMark::Replicas => {
            let other = [
                "String", "bool", "f32", "f64", "str", "Vec", "BTreeMap", "HashMap",
            ];
            if other.contains(&name.as_str()) {
                errors.at_span(
                    span,
                    format!("replicas are an integer, and `{ident}` is `{name}`: write `i32`"),
                );
            }
        }
        ScaleMark::Selector => {
            let other = [
                "bool",
                "f32",
                "f64",
                "i32",
                "i64",
                "u32",
                "u64",
                "Vec",
                "BTreeMap",
                "HashMap",
                "LabelSelector",
            ];
            if other.contains(&name.as_str()) {
                errors.at_span(
                    span,
                    format!(
                        "the selector is text such as `app=web`, and `{ident}` is `{name}`: write `String`"
                    ),
                );
            }
        }
    }
}

fn check_list(list: &ListAttrs, ident: &Ident, ty: &Type, errors: &mut Errors) {
    if let Some(name) = last_segment(bare(ty))
        && [
            "String", "bool", "i32", "i64", "u32", "u64", "f64", "BTreeMap", "HashMap",
        ]
        .contains(&name.as_str())
    {
        errors.at_span(
            list.span,
            format!("`{ident}` is `{name}` and no list: `#[list]` goes on a `Vec` or a set"),
        );
    }
}

/// What a type is called that can never be one string, integer or boolean.
fn never_scalar(ty: &Type) -> Option<&'static str> {
    let ty = bare(ty);
    if is_collection(ty) {
        return Some("a collection");
    }
    match last_segment(ty)?.as_str() {
        "f32" | "f64" => Some("a floating-point number"),
        _ => None,
    }
}

fn is_collection(ty: &Type) -> bool {
    const COLLECTIONS: [&str; 8] = [
        "Vec", "VecDeque", "HashMap", "BTreeMap", "IndexMap", "HashSet", "BTreeSet", "IndexSet",
    ];
    matches!(ty, Type::Array(_) | Type::Slice(_) | Type::Tuple(_))
        || last_segment(ty).is_some_and(|name| COLLECTIONS.contains(&name.as_str()))
}

/// The last word of a type's path.
pub(crate) fn last_segment(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    }
}

/// The type inside `Option`, `Box`, `Arc` and `Rc`.
pub(crate) fn bare(ty: &Type) -> &Type {
    inner(ty, &["Option", "Box", "Arc", "Rc"]).map_or(ty, bare)
}

/// The first parameter of a type that has one of these names.
pub(crate) fn inner<'t>(ty: &'t Type, wrappers: &[&str]) -> Option<&'t Type> {
    if let Type::Path(path) = ty
        && path.qself.is_none()
        && let Some(last) = path.path.segments.last()
        && wrappers.iter().any(|wrapper| last.ident == wrapper)
        && let PathArguments::AngleBracketed(arguments) = &last.arguments
        && let Some(GenericArgument::Type(inner)) = arguments.args.first()
    {
        return Some(inner);
    }
    None
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
        let model = FieldsModel::read(&input, &mut errors);
        assert!(errors.finish(()).is_ok());
        let columns: Vec<_> = model.columns().collect();
        assert_eq!(columns[0].name, "Ready Replicas");
        assert_eq!(columns[0].path, Place::Below(".readyReplicas".into()));
        assert_eq!(columns[1].path, Place::Below(".versions[0].major".into()));
        assert_eq!((columns[1].priority, columns[1].order), (Some(1), Some(-2)));
    }
}
