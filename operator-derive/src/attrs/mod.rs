//! Attributes as they are written, before any default is filled in.

mod column;
mod crates;
mod item;
mod kube;
mod marks;
mod root;
mod scale;
mod serde;
mod version;

pub(crate) use self::{
    column::ColumnAttrs,
    crates::Crates,
    item::{Fields, Item, nearest, unpack},
    kube::{KubeAttrs, KubeOptions},
    marks::{ListAttrs, ListType, Marks, ScaleMark},
    root::RootAttribute,
    scale::ScaleAttrs,
    serde::{ContainerSerde, FieldSerde},
    version::{FieldVersions, VersionAttrs},
};
