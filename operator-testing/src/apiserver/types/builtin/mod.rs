//! What the server does to objects of its own kinds: defaults, resets, allocations, validation.

mod address_pool;
mod addresses;
mod default_rules;
mod defaults;
mod expansion;
mod fields;
mod image;
mod pods;
mod runtime_class;
mod strategy;
mod surroundings;
#[cfg(test)]
mod tests;
mod validate;

pub(super) use defaults::fill;
pub(super) use strategy::{admit, allocate, carry, is_unsettled, nothing, prepare_create, prepare_update};
pub use surroundings::{Nowhere, Surroundings};
pub(super) use validate::{
    create as validate_create, update as validate_update,
    update_ephemeral_containers as validate_ephemeral_containers, update_status as validate_status_update,
};
