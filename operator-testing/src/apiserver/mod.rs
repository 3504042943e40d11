//! The embedded API server.

pub mod patch;
pub mod status;
pub mod types;
pub mod view;
