//! How objects end: deletion options, finalizers, grace periods.

pub(crate) mod definitions;
mod deletion;
mod options;

pub(crate) use deletion::delete;
pub(crate) use options::DeleteOptions;
