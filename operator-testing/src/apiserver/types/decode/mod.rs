//! Reads what clients send: JSON with its odd corners, and the server's own types.

mod bytes;
mod convert;
mod depth;
mod empty;
mod failure;
mod json;
mod quantity;
mod scalars;
mod syntax;
mod time;
mod typed;

pub(crate) use convert::read_converted;
pub(crate) use depth::{MAX_DEPTH, nests_deeper};
pub(super) use empty::forget_empty_lists;
pub use json::{Document, fields_in_order, from_json, from_json_of_type};
pub use quantity::Quantity;
pub(crate) use syntax::problem as syntax_problem;
pub(super) use typed::{first_failure, read};

use serde_json::Value;

use super::{place::Place, schema::Schema};

/// Whether a text is a time as the server writes them.
pub(super) fn is_time(text: &str) -> bool {
    time::seconds(text).is_ok()
}

/// Brings a value into the form of a type that is no resource of its own, such as a scale; what it says of unknown fields is
/// returned.
///
/// # Errors
/// The decoder's words for the first value of a wrong type.
pub(crate) fn read_as(schema: &Schema, value: &mut Value) -> Result<Vec<String>, String> {
    read(schema, value, &Place::Root)
}

/// A value of a type before anybody fills it in: structs that are not pointers and fields without `omitempty` are always there.
/// Nobody owns what is only there because of that.
pub(crate) fn empty(schema: &Schema) -> Value {
    empty::empty(schema)
}
