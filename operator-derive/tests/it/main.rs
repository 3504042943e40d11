//! The macros, seen from outside: what they generate.

mod apply;
mod database;
mod fields;
mod golden;
mod rbac;
mod shapes;
mod versions;
