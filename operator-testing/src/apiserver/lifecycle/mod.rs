//! How objects end: deletion options, finalizers, grace periods.

pub(crate) mod definitions;
mod deletion;
mod options;

pub(crate) use deletion::{Deleted, delete};
pub(crate) use options::DeleteOptions;
