//! What is said of values that are none of their type.

use serde_json::Number;

use super::typed::type_name;
use crate::apiserver::types::{place::Place, schema::Schema};

/// A value could not be read; what is wrong with it is among the failures.
#[derive(Debug)]
pub(super) struct Failed;

/// What is wrong with one value.
pub(super) struct Failure {
    pub(super) place: String,
    /// Whether the decoder stops here: types that read their JSON themselves end it, others are noted.
    pub(super) stops: bool,
    pub(super) message: String,
}

/// Where a value is and what it is to be, for messages.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    /// Where we are, with indices: for reports of unknown fields.
    pub(super) place: &'a Place<'a>,
    /// The fields that lead here: for errors.
    pub(super) fields: &'a Place<'a>,
    /// The innermost struct.
    pub(super) owner: &'a str,
    /// The Go type of the value, as error messages show it.
    pub(super) type_name: &'a str,
}

impl<'a> At<'a> {
    pub(super) fn root(schema: &'a Schema, place: &'a Place<'a>) -> Self {
        Self {
            place,
            fields: &Place::Root,
            owner: "",
            type_name: type_name(schema),
        }
    }

    /// That a value of this kind is none of the type.
    pub(super) fn cannot(self, what: &str) -> String {
        let Self {
            fields,
            owner,
            type_name,
            ..
        } = self;
        if fields.is_empty() {
            return format!("json: cannot unmarshal {what} into Go value of type {type_name}");
        }
        format!("json: cannot unmarshal {what} into Go struct field {owner}.{fields} of type {type_name}")
    }
}

/// The type of the elements of a list or a map.
pub(super) fn element_of(type_name: &str) -> &str {
    let rest = match type_name.strip_prefix("map[") {
        Some(rest) => rest.split_once(']').map_or(rest, |(_, element)| element),
        None => type_name.strip_prefix("[]").unwrap_or(type_name),
    };
    rest.trim_start_matches('*')
}

/// The failure that ends the decoding, or else the first one, given the order of the fields in the document.
pub(super) fn first(failures: Vec<Failure>, order: &[String]) -> String {
    let position = |failure: &Failure| {
        let known = order.iter().position(|place| *place == failure.place);
        // an element of a list comes with its field
        let field = || {
            let field = failure.place.rsplit_once('[').map(|(field, _)| field);
            order.iter().position(|place| Some(&**place) == field)
        };
        (!failure.stops, known.or_else(field).unwrap_or(usize::MAX))
    };
    let first = failures.into_iter().min_by_key(position);
    first.map_or_else(String::new, |failure| failure.message)
}

/// A number as it was written, if it is a whole one.
pub(super) fn shown_number(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if !number.is_i64() && float.fract() == 0.0 && float.abs() < 1e19 => {
            format!("number {float:.0}")
        }
        _ => format!("number {number}"),
    }
}
