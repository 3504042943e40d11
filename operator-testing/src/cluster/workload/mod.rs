//! The controllers that turn workloads into Pods.

pub(crate) mod claim;
pub(crate) mod cronjob;
pub(crate) mod daemonset;
pub(crate) mod deployment;
pub(crate) mod job;
pub(crate) mod replicaset;
pub(crate) mod revision;
pub(crate) mod schedule;
pub(crate) mod statefulset;
