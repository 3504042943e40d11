//! Integration tests: what needs a server, a runtime of its own, or a model.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod controller;
mod faults;
mod finalizer;
mod informer;
mod leader;
mod queue_model;
mod queue_threads;
mod wires;
mod world;
