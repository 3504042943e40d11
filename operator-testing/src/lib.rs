//! An embedded Kubernetes API server for testing operators.

pub mod apiserver;
pub mod clock;
pub mod cluster;
pub mod fault;
pub mod harness;
