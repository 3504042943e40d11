//! What generated code uses, so that a user needs no other dependency than this crate.

pub use k8s_openapi;
pub use kube;
pub use schemars;
pub use serde;
pub use serde_json;

pub use crate::meta::{
    columns::{Declared, PrintColumn, PrintColumns, Probe, Undeclared, nested_columns},
    crd::{Definition, ScalePaths},
    schema::{of as schema_of, rules},
};
