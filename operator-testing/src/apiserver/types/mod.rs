//! What kinds exist: built-ins from a table, custom ones from their definitions.

mod builtin;
mod builtin_table;
mod cel;
mod custom;
pub mod decode;
mod definitions;
mod members;
mod object;
mod pattern;
mod place;
mod published;
mod resource;
mod rules;
mod schema;
mod table;
mod unserved;
mod validate;
mod version;

pub use builtin::{Nowhere, Surroundings};
pub use builtin_table::openapi_definitions;
pub(crate) use cel::{Failure, extend, read_expression, tell_first_mistakes};
pub use custom::{
    CLEANUP_FINALIZER, Conversion, CustomDefinition, CustomType, Keywords, Rule, begin_deletion,
    continue_deletion, finish_deletion, settle_names,
};
pub use definitions::DefinitionId;
pub use pattern::Pattern;
pub use resource::{
    Column, NameRule, Propagation, ResourceType, Rules, ScalePaths, SelectableField, Subresource,
};
pub use schema::{FieldForm, FieldShape, Holds, ListType, Schema, SchemaRef, TypedFields, ValueType};
pub use table::{TypeSnapshot, TypeTable};
pub use validate::Verdict;
pub use version::Version;
