//! What generated code uses, so that a user needs no other dependency than this crate.

pub use k8s_openapi;
pub use kube;
pub use schemars;
pub use serde;
pub use serde_json;

pub use crate::meta::{
    HasConditions, HasObservedGeneration, Rule,
    columns::PrintColumn,
    crd::{Definition, ScalePaths},
    fields::{ApiFields, Declared, FieldDeclarations, HasApply, ListType, Probe, Undeclared},
    lint::assert_accepted,
    schema::{add_rules, of as schema_of, set_strategy, value_of as schema_value_of},
    versions,
};
