//! How objects end: deletion options, finalizers, grace periods.

mod deletion;
mod options;

pub(crate) use deletion::delete;
pub(crate) use options::DeleteOptions;
