//! What the merge makes of a value: a scalar, a list or a map, and how its parts are owned.
//!
//! A schema that leaves the type open is read off the value, as the real server deduces it: maps merge field by field, lists
//! are owned as a whole.
//!
//! Sources: `k8s.io/kube-openapi/pkg/schemaconv`, `sigs.k8s.io/structured-merge-diff/v6/typed/helpers.go`.

use std::sync::Arc;

use serde_json::Value;

use super::element::{self, Element};
use crate::apiserver::types::{DefinitionId, ListType, Schema, ValueType};

/// The type of a value, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub(super) enum Type<'a> {
    /// A schema; `open` if a parent keeps unknown fields.
    Known {
        /// The schema of the value.
        schema: &'a Schema,
        /// Whether fields that no schema declares are kept.
        open: bool,
    },
    /// Nothing is known; maps merge field by field.
    Deduced,
    /// Nothing is known, and nothing merges.
    Opaque,
}

/// What can be seen of a value without a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Looks {
    /// A list.
    List,
    /// Text, a number or a truth value.
    Scalar,
    /// An object, or nothing.
    Map,
}

/// The form that a type takes for a certain value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape<'a> {
    /// A value without parts.
    Scalar(Scalar),
    /// A list.
    List(List<'a>),
    /// A map or a struct.
    Map(Fields<'a>),
}

/// The scalars that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scalar {
    /// Any number.
    Number,
    /// Text.
    Text,
    /// A truth value.
    Boolean,
    /// Any scalar.
    Any,
}

/// How a list is owned.
#[derive(Clone, Copy, Debug)]
pub(super) struct List<'a> {
    /// Whether the list is one value, a set, or a map by keys.
    pub(super) kind: ListType,
    /// The key fields of a list of kind map.
    pub(super) keys: &'a [Arc<str>],
    /// The type of the elements.
    pub(super) items: Type<'a>,
}

/// How a map or a struct is owned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a> {
    schema: Option<&'a Schema>,
    open: bool,
    rest: Option<Type<'a>>,
    /// Whether the map is one value.
    pub(super) atomic: bool,
}

/// The type by which a value merges. What may be a number or text in a custom resource has only the type that is written beside it.
fn value_type(schema: &Schema) -> ValueType {
    if schema.value_type != ValueType::IntOrString || schema.format.as_deref() == Some("int-or-string") {
        return schema.value_type;
    }
    let keywords = schema.validation.as_ref();
    let written = keywords.and_then(|keywords| keywords.written_type.as_deref());
    written.map_or(ValueType::Any, ValueType::named)
}

/// The type of what every object inside another one has.
fn embedded(field: &str) -> Option<&'static Schema> {
    let metadata = || DefinitionId::object_meta().schema();
    match field {
        "metadata" => Some(metadata()),
        "apiVersion" | "kind" => metadata().properties.get("name").map(|text| &**text),
        _ => None,
    }
}

impl Fields<'_> {
    /// Whether a value stands for nothing: a field of the server's own type that is null, where there were such fields before. It
    /// was null in them too. In what was not there before it is a field like any other.
    pub(super) fn leaves_out(&self, value: &Value, were_there: bool) -> bool {
        value.is_null() && were_there && self.schema.is_some_and(|schema| schema.typed.is_some())
    }
}

impl<'a> Type<'a> {
    /// The type of a whole object.
    pub(super) fn root(schema: Option<&'a Schema>) -> Self {
        schema.map_or(Self::Deduced, |schema| Self::Known { schema, open: false })
    }

    /// A type below another one. The server's own types are closed, whatever they are found in.
    fn known(schema: &'a Schema, open: bool) -> Self {
        Self::Known {
            schema,
            open: schema.preserve_unknown || (open && schema.typed.is_none()),
        }
    }

    /// The shape of `value`; a missing value or `null` takes any shape, first that of a map.
    pub(super) fn shape(self, value: Option<&Value>) -> Shape<'a> {
        self.shape_of(match value {
            Some(Value::Array(_)) => Looks::List,
            Some(Value::Bool(_) | Value::Number(_) | Value::String(_)) => Looks::Scalar,
            Some(Value::Object(_) | Value::Null) | None => Looks::Map,
        })
    }

    /// The shape of a value that looks like this.
    pub(super) fn shape_of(self, looks: Looks) -> Shape<'a> {
        let (schema, open) = match self {
            Self::Known { schema, open } => (schema, open || schema.preserve_unknown),
            Self::Deduced | Self::Opaque => {
                let (rest, atomic) = match self {
                    Self::Opaque => (Self::Opaque, true),
                    _ => (Self::Deduced, false),
                };
                return match looks {
                    Looks::List => Shape::List(List {
                        kind: ListType::Atomic,
                        keys: &[],
                        items: Self::Opaque,
                    }),
                    Looks::Scalar => Shape::Scalar(Scalar::Any),
                    Looks::Map => Shape::Map(Fields {
                        schema: None,
                        open: true,
                        rest: Some(rest),
                        atomic,
                    }),
                };
            }
        };
        match value_type(schema) {
            ValueType::Object => Shape::Map(Fields::of(schema, open)),
            ValueType::Array => Shape::List(List::of(schema, open)),
            ValueType::String => Shape::Scalar(match schema.format.as_deref() {
                None | Some("" | "byte") => Scalar::Text,
                Some(_) => Scalar::Any,
            }),
            ValueType::Integer | ValueType::Number => Shape::Scalar(Scalar::Number),
            ValueType::Boolean => Shape::Scalar(Scalar::Boolean),
            // the published schema of a custom resource leaves the type of such a field open
            ValueType::IntOrString if schema.typed.is_none() && schema.format.is_none() => {
                Self::Deduced.shape_of(looks)
            }
            ValueType::IntOrString => Shape::Scalar(Scalar::Any),
            // A quantity is text or a number; what keeps unknown fields is a schema, or something in its place.
            ValueType::Any if schema.format.is_some() && !schema.preserve_unknown => {
                Shape::Scalar(Scalar::Any)
            }
            ValueType::Any => match looks {
                Looks::List => Shape::List(List::of(schema, open)),
                Looks::Scalar => Shape::Scalar(Scalar::Any),
                Looks::Map => Shape::Map(Fields::of(schema, open)),
            },
        }
    }

    /// Whether `element` is a declared field of this type, and the type it leads to.
    pub(super) fn step(self, element: &Element) -> (bool, Type<'a>) {
        let (schema, open) = match self {
            Self::Known { schema, open } => (schema, open || schema.preserve_unknown),
            other => return (false, other),
        };
        match element {
            Element::Field(name) => match Fields::of(schema, open).get(name) {
                Some((declared, kind)) => (declared, kind),
                None => (false, Self::Deduced),
            },
            Element::Key(_) => (false, List::of(schema, open).items),
            Element::Value(_) | Element::Index(_) => (false, Self::Deduced),
        }
    }
}

impl Shape<'_> {
    /// Whether both are scalars, both lists or both maps.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

impl<'a> List<'a> {
    fn of(schema: &'a Schema, open: bool) -> Self {
        Self {
            kind: schema.list_type,
            keys: &schema.list_map_keys,
            items: schema
                .items
                .as_deref()
                .map_or(Type::Opaque, |items| Type::known(items, open)),
        }
    }

    /// Whether the list is owned as a whole.
    pub(super) fn is_atomic(&self) -> bool {
        self.kind == ListType::Atomic
    }

    /// The value that identifies `item` by `key`: its own, or the default of the key.
    pub(super) fn key_of<'v>(&self, item: &'v Value, key: &str) -> Option<&'v Value>
    where
        'a: 'v,
    {
        item.get(key).or_else(|| self.default_of(key))
    }

    /// What an item counts as that leaves the key out.
    pub(super) fn default_of(&self, key: &str) -> Option<&'a Value> {
        let Type::Known { schema, .. } = self.items else {
            return None;
        };
        let field = schema.properties.get(key)?;
        field
            .default
            .as_ref()
            .or_else(|| schema.published_defaults.get(key))
    }

    /// The element that identifies `item` in a list of kind set or map.
    ///
    /// # Errors
    /// What is wrong with the item.
    pub(super) fn identify(&self, item: &Value) -> Result<Element, String> {
        if self.keys.is_empty() {
            return match item {
                Value::Object(_) => {
                    Err("associative list without keys has an element that's a map type".into())
                }
                Value::Array(_) => Err("not supported: associative list with lists as elements".into()),
                Value::Null => {
                    Err("associative list without keys has an element that's an explicit null".into())
                }
                scalar => Ok(Element::Value(scalar.clone())),
            };
        }
        match item {
            Value::Object(_) => {}
            Value::Null => return Err("associative list with keys may not have a null element".into()),
            _ => return Err("associative list with keys may not have non-map elements".into()),
        }
        let mut fields = Vec::with_capacity(self.keys.len());
        for key in self.keys {
            if let Some(value) = self.key_of(item, key) {
                fields.push((Box::from(&**key), value.clone()));
            }
        }
        if fields.is_empty() {
            let keys: Vec<_> = self.keys.iter().map(|key| format!("{key:?}")).collect();
            return Err(format!(
                "associative list with keys has an element that omits all key fields [{}] (and doesn't have default values for any key fields)",
                keys.join(" ")
            ));
        }
        Ok(Element::key(fields))
    }

    /// Appends what [`Self::identify`] gives in the form of `fieldsV1`; `None` if the item has no identity.
    pub(super) fn encode_identity(&self, item: &Value, out: &mut String) -> Option<()> {
        if self.keys.is_empty() {
            if matches!(item, Value::Object(_) | Value::Array(_) | Value::Null) {
                return None;
            }
            element::encode_value(item, out);
            return Some(());
        }
        let fields = item.as_object()?;
        if self.keys.is_sorted() {
            let mut found = self
                .keys
                .iter()
                .filter_map(|key| Some((&**key, fields.get(&**key).or_else(|| self.default_of(key))?)))
                .peekable();
            found.peek()?;
            element::encode_key(found, out);
        } else {
            self.identify(item).ok()?.encode_into(out);
        }
        Some(())
    }
}

impl<'a> Fields<'a> {
    fn of(schema: &'a Schema, open: bool) -> Self {
        let rest = match &schema.additional {
            Some(additional) => Some(Type::known(additional, open)),
            None if open || schema.properties.is_empty() => Some(Type::Deduced),
            None => None,
        };
        Self {
            schema: Some(schema),
            open,
            rest,
            atomic: schema.atomic_map,
        }
    }

    /// The type of the field `name` and whether it is declared; `None` if there may be no such field.
    pub(super) fn get(&self, name: &str) -> Option<(bool, Type<'a>)> {
        if let Some(schema) = self.schema {
            let declared = || schema.properties.get(name).map(|field| &**field);
            // what is outside keeps unknown fields, but not for a type that stands on its own
            if schema.embedded_resource
                && let Some(field) = embedded(name)
            {
                return Some((true, Type::known(field, false)));
            }
            if let Some(field) = declared() {
                return Some((true, Type::known(field, self.open)));
            }
        }
        self.rest.map(|rest| (false, rest))
    }

    /// The type of the field `name`, deduced if it is not known.
    pub(super) fn type_of(&self, name: &str) -> Type<'a> {
        self.get(name).map_or(Type::Deduced, |(_, kind)| kind)
    }

    /// Whether nothing is declared about the fields.
    pub(super) fn is_deduced(&self) -> bool {
        matches!(self.rest, Some(Type::Deduced | Type::Opaque))
            && self.schema.is_none_or(|schema| schema.properties.is_empty())
    }
}
