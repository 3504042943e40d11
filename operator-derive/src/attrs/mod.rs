//! Attributes as they are written, before any default is filled in.

mod column;
mod crates;
mod item;
mod kube;
mod root;
mod scale;
mod serde;

pub(crate) use self::{
    column::ColumnAttrs,
    crates::Crates,
    item::{Fields, Item},
    kube::{KubeAttrs, SchemaMode},
    root::RootAttribute,
    scale::ScaleAttrs,
    serde::{ContainerSerde, FieldSerde},
};
