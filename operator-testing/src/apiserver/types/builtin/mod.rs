//! What the server does to objects of its own kinds: defaults, resets, allocations, validation.

mod addresses;
mod default_rules;
mod defaults;
mod fields;
mod pods;
mod strategy;
#[cfg(test)]
mod tests;
mod validate;

pub(super) use defaults::fill;
pub use strategy::{Nowhere, Surroundings};
pub(super) use strategy::{prepare_create, prepare_update};
pub(super) use validate::{
    create as validate_create, update as validate_update, update_status as validate_status_update,
};
