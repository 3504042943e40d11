//! The macros, seen from outside: what they generate.

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
