//! Kinds that come from a CustomResourceDefinition.

/// What the server keeps of a CustomResourceDefinition beside the tables every kind has.
#[derive(Debug)]
pub struct CustomType {}
