//! The attributes of a field: `#[printcolumn]`, `#[selectable]`, `#[scale]`, `#[list]`, `#[nested]`.

use proc_macro2::Span;
use syn::Attribute;

use super::{
    ColumnAttrs, Fields, Item,
    item::{Value, list_of},
};
use crate::errors::Errors;

/// Every mark on one field.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    pub(crate) columns: Vec<ColumnAttrs>,
    pub(crate) selectable: Option<Span>,
    pub(crate) scale: Vec<(ScaleMark, Span)>,
    pub(crate) list: Option<ListAttrs>,
    pub(crate) nested: Option<Span>,
}

/// Which of the scale subresource's fields it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScaleMark {
    /// `#[scale(replicas)]`: wanted replicas in the spec, present ones in the status.
    Replicas,
    /// `#[scale(selector)]`: the pods' label selector as text.
    Selector,
}

/// `#[list(...)]`.
#[derive(Debug)]
pub(crate) struct ListAttrs {
    pub(crate) type_: ListType,
    pub(crate) span: Span,
}

/// How the server merges a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ListType {
    /// The list belongs to one manager as a whole.
    Atomic,
    /// Every value is an element of its own.
    Set,
    /// Elements are told apart by these fields.
    Map(Vec<String>),
}

const NAMES: [&str; 5] = ["list", "nested", "printcolumn", "scale", "selectable"];

impl Marks {
    /// Whether `attribute` is one of these.
    pub(crate) fn is_mark(attribute: &Attribute) -> bool {
        NAMES.iter().any(|name| attribute.path().is_ident(name))
    }

    /// Reads the marks of a field.
    pub(crate) fn read(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut marks = Self::default();
        for attribute in attributes {
            let Some(ident) = attribute.path().get_ident() else {
                continue;
            };
            let span = ident.span();
            match ident.to_string().as_str() {
                "printcolumn" => marks
                    .columns
                    .extend(ColumnAttrs::read_on_field(attribute, span, errors)),
                "selectable" => {
                    bare_word(attribute, errors);
                    marks.selectable = Some(span);
                }
                "nested" => {
                    bare_word(attribute, errors);
                    marks.nested = Some(span);
                }
                "scale" => marks.scale.extend(ScaleMark::read(attribute, span, errors)),
                "list" => {
                    if marks.list.is_some() {
                        errors.at(attribute, "`list` is given twice: remove one of them");
                    }
                    marks.list = ListAttrs::read(attribute, span, errors);
                }
                _ => {}
            }
        }
        marks
    }

    /// Where the first mark is; `None` when there is none.
    pub(crate) fn span(&self) -> Option<Span> {
        let column = self.columns.first().and_then(|column| column.span);
        let scale = self.scale.first().map(|(_, span)| *span);
        column
            .or(self.selectable)
            .or(scale)
            .or(self.list.as_ref().map(|list| list.span))
            .or(self.nested)
    }

    /// Whether `#[nested]` is the only mark.
    pub(crate) fn only_nested(&self) -> bool {
        self.columns.is_empty() && self.selectable.is_none() && self.scale.is_empty() && self.list.is_none()
    }
}

fn bare_word(attribute: &Attribute, errors: &mut Errors) {
    if !matches!(attribute.meta, syn::Meta::Path(_)) {
        let name = attribute
            .path()
            .get_ident()
            .map(ToString::to_string)
            .unwrap_or_default();
        errors.at(attribute, format!("`{name}` takes nothing: write `#[{name}]`"));
    }
}

impl ScaleMark {
    fn read(attribute: &Attribute, span: Span, errors: &mut Errors) -> Option<(Self, Span)> {
        let items = list_of(attribute, errors)?;
        let mut fields = Fields::new(items, errors);
        let replicas = fields.flag("replicas", false);
        let selector = fields.flag("selector", false);
        fields.finish();
        match (replicas, selector) {
            (true, false) => Some((Self::Replicas, span)),
            (false, true) => Some((Self::Selector, span)),
            _ => {
                errors.at_span(
                    span,
                    "say which field this is: write `#[scale(replicas)]` or `#[scale(selector)]`",
                );
                None
            }
        }
    }
}

impl ListAttrs {
    fn read(attribute: &Attribute, span: Span, errors: &mut Errors) -> Option<Self> {
        const FORMS: &str = "write `#[list(atomic)]`, `#[list(set)]` or `#[list(map(\"name\"))]` with the fields that tell elements apart";
        let items = list_of(attribute, errors)?;
        let mut fields = Fields::new(items, errors);
        let atomic = fields.flag("atomic", false);
        let set = fields.flag("set", false);
        let map = fields.one("map", keys);
        fields.finish();
        let type_ = match (atomic, set, map) {
            (true, false, None) => ListType::Atomic,
            (false, true, None) => ListType::Set,
            (false, false, Some(keys)) => ListType::Map(keys),
            _ => {
                errors.at_span(span, format!("a list is of one type: {FORMS}"));
                return None;
            }
        };
        Some(Self { type_, span })
    }
}

/// The strings of `map("name", "port")`.
fn keys(item: &Item) -> syn::Result<Vec<String>> {
    use syn::{LitStr, Token, parse::Parser as _, punctuated::Punctuated};
    if let Value::List(tokens) = &item.value
        && let Ok(keys) = Punctuated::<LitStr, Token![,]>::parse_terminated.parse2(tokens.clone())
        && !keys.is_empty()
    {
        return Ok(keys.iter().map(LitStr::value).collect());
    }
    Err(item.wants("takes the names of the fields that tell elements apart: write `map(\"name\")`"))
}
