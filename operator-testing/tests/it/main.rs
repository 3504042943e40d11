//! The tests of the embedded API server and of what is built on it.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing has failed")]

mod cluster;
mod conformance;
mod fault;
mod fuzz;
mod harness;
mod kubectl;
mod limits;
mod not_simulated;
mod requests;
mod server;
mod subresources;
mod watches;
mod webhooks;
