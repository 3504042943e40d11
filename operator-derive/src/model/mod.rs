//! What is to be generated: the attributes with every default filled in, one model for each macro.

mod api_fields;
mod apply;
mod inherit;
mod rbac;
mod resource;
mod schema;
mod status;
mod versions;

pub(crate) use self::{
    api_fields::ApiFieldsModel,
    apply::ApplyModel,
    inherit::InheritModel,
    rbac::RbacModel,
    resource::{Model, Shape},
    schema::SchemaModel,
    status::StatusModel,
    versions::{ChangeModel, ModuleModel, VersionsModel, WithinModel},
};
