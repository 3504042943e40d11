//! The macros, seen from outside: what they generate.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod apply;
mod database;
mod fields;
mod golden;
mod hygiene;
mod messages;
mod rbac;
mod read;
mod shapes;
mod versions;
mod versions_module;
