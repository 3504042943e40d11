//! What kinds exist: built-ins from a table, custom ones from their definitions.

mod custom;
mod definitions;
mod keywords;
mod resource;
mod schema;

pub use custom::CustomType;
pub use definitions::DefinitionId;
pub use keywords::Keywords;
pub use resource::{NameRule, Propagation, ResourceType, Rules, SelectableField, Subresource};
pub use schema::{ListType, Schema, SchemaRef, ValueType};
