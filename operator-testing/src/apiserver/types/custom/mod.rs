//! Kinds that come from a CustomResourceDefinition.

mod definition;
mod keywords;
mod structural;

pub use definition::{Conversion, CustomDefinition, CustomType};
pub use keywords::{Keywords, Pattern, Rule};
