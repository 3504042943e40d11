//! An embedded Kubernetes API server for testing operators.

pub mod apiserver;
pub mod clock;
pub mod cluster;
