//! `printcolumn`: on the type with a path (list or JSON text), or on a field where everything is inferred.

use proc_macro2::Span;
use syn::Attribute;

use super::{
    Fields, Item,
    item::{Value, nearest},
};
use crate::errors::Errors;

const TYPES: [&str; 5] = ["boolean", "date", "integer", "number", "string"];
const FORMATS: [&str; 8] = [
    "byte",
    "date",
    "date-time",
    "double",
    "float",
    "int32",
    "int64",
    "password",
];

/// A column as written; what is missing is inferred from the field.
#[derive(Debug, Clone, Default)]
pub(crate) struct ColumnAttrs {
    pub(crate) name: Option<String>,
    pub(crate) type_: Option<String>,
    /// The whole path from the root of the object.
    pub(crate) json_path: Option<String>,
    /// What follows the field's own path, for an element of a list or a map.
    pub(crate) at: Option<String>,
    pub(crate) priority: Option<i32>,
    pub(crate) format: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) order: Option<i32>,
    /// Where it is written.
    pub(crate) span: Option<Span>,
}

impl ColumnAttrs {
    /// `#[kube(printcolumn(...))]` and `#[kube(printcolumn = "{...}")]`: name, type and path are required.
    pub(crate) fn read_on_type(item: &Item, errors: &mut Errors) -> Option<Self> {
        let column = match &item.value {
            Value::List(tokens) => {
                let items = errors.ok(Item::list(tokens.clone()))?;
                Self::read(items, false, item.key.span(), errors)
            }
            _ => errors.ok(Self::read_json(item))?,
        };
        let absent = [
            ("name", column.name.is_none(), "Replicas"),
            ("type", column.type_.is_none(), "integer"),
            ("json_path", column.json_path.is_none(), ".spec.replicas"),
        ];
        for (key, absent, example) in absent {
            if absent {
                errors.at(
                    &item.key,
                    format!("`printcolumn` on the type needs `{key}`: write `{key} = \"{example}\"`, or put `#[printcolumn]` on the field"),
                );
            }
        }
        Some(column)
    }

    /// A `#[printcolumn]` attribute of a field.
    pub(crate) fn read_on_field(attribute: &Attribute, span: Span, errors: &mut Errors) -> Option<Self> {
        let items = super::item::list_of(attribute, errors)?;
        Some(Self::read(items, true, span, errors))
    }

    fn read(items: Vec<Item>, on_field: bool, span: Span, errors: &mut Errors) -> Self {
        let mut fields = Fields::new(items, errors);
        let column = Self {
            name: fields.one("name", Item::text),
            type_: fields
                .one("type", |item| one_of(item, &TYPES))
                .or_else(|| fields.one("type_", |item| one_of(item, &TYPES))),
            json_path: fields.one("json_path", json_path),
            priority: fields.one("priority", |item| match item.int()? {
                priority if priority >= 0 => Ok(priority),
                _ => Err(item.wants("must not be negative: 0 is always shown, more only with `-o wide`")),
            }),
            format: fields.one("format", |item| one_of(item, &FORMATS)),
            description: fields.one("description", |item| Ok(item.string()?.value())),
            order: fields.one("order", Item::int),
            at: if on_field { fields.one("at", at) } else { None },
            span: Some(span),
        };
        fields.finish();
        column
    }

    fn read_json(item: &Item) -> syn::Result<Self> {
        let text = item.string().map_err(|_| {
            item.wants("takes `printcolumn(name = \"...\", type = \"...\", json_path = \"...\")`, or the same as JSON text")
        })?;
        let json: serde_json::Value = serde_json::from_str(&text.value())
            .map_err(|error| item.wants(&format!("is not JSON: {error}")))?;
        let text = |key: &str| {
            json.get(key)
                .and_then(serde_json::Value::as_str)
                .map(str::to_owned)
        };
        Ok(Self {
            name: text("name"),
            type_: text("type"),
            json_path: text("jsonPath"),
            priority: json
                .get("priority")
                .and_then(serde_json::Value::as_i64)
                .and_then(|p| i32::try_from(p).ok()),
            format: text("format"),
            description: text("description"),
            span: Some(item.key.span()),
            ..Self::default()
        })
    }
}

fn one_of(item: &Item, known: &[&'static str]) -> syn::Result<String> {
    let text = item.text()?;
    if known.contains(&text.as_str()) {
        return Ok(text);
    }
    let list = known
        .iter()
        .map(|word| format!("\"{word}\""))
        .collect::<Vec<_>>()
        .join(", ");
    Err(item.wants(&match nearest(&text, known) {
        Some(near) => format!("cannot be \"{text}\": did you mean \"{near}\"?"),
        None => format!("cannot be \"{text}\": write one of {list}"),
    }))
}

fn json_path(item: &Item) -> syn::Result<String> {
    let text = item.text()?;
    if text.starts_with('.') {
        return Ok(text);
    }
    let example = text
        .trim_start_matches('$')
        .trim_start_matches('{')
        .trim_end_matches('}');
    let dot = if example.starts_with('.') { "" } else { "." };
    Err(item.wants(&format!(
        "starts with a dot and has no braces: write \"{dot}{example}\""
    )))
}

fn at(item: &Item) -> syn::Result<String> {
    let text = item.text()?;
    if text.starts_with('.') || text.starts_with('[') {
        return Ok(text);
    }
    Err(item.wants(&format!(
        "continues the field's path: write \".{text}\" or \"[0].{text}\""
    )))
}
