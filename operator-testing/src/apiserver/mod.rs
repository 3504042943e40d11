//! The embedded API server.

pub mod status;
pub mod types;
pub mod view;
