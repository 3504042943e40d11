//! The controllers that turn workloads into Pods.

pub(crate) mod claim;
pub(crate) mod deployment;
pub(crate) mod replicaset;
pub(crate) mod revision;
pub(crate) mod statefulset;
