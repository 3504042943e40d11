//! OpenAPI schemas of custom resources: generated from Rust types and made structural.
//!
//! Kubernetes wants one type at every place of the object, known without looking at a value. schemars describes an enum by
//! alternatives, each with fields of its own; `structural` moves the fields up and leaves in the alternatives only what
//! tells them apart.

mod describe;
mod generate;
mod path;
mod structural;
mod variants;

pub use self::{
    describe::{DESCRIPTION_LIMIT, limit_descriptions},
    generate::{SchemaError, add_rules, from_json, of, set_strategy, value_of},
    path::{PathError, at_path, field_mut},
};
