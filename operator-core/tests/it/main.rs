//! Integration tests: what needs a server, a runtime of its own, or a model.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod compatibility;
mod controller;
mod conversion;
mod cores;
mod determinism;
mod dynamic;
mod faults;
mod finalizer;
mod gadget;
mod informer;
mod informer_scope;
mod informer_trouble;
mod leader;
mod lint;
mod logs;
mod manager;
mod manifest;
mod notes;
mod operator;
mod pace;
mod panics;
mod protocol;
mod queue_model;
mod queue_threads;
mod reacting;
mod report;
mod schemas;
mod standing;
mod toolkit;
mod webhook;
mod wires;
mod world;
