//! Reads what clients send: JSON with its odd corners, and the server's own types.

mod json;
mod quantity;
mod time;
mod typed;

pub use json::{Document, fields_in_order, from_json};
pub(super) use json::{push_field, push_index};
pub use quantity::Quantity;
pub(super) use typed::read;
