//! The macros, seen from outside: what they generate and what they refuse.

mod database;
mod golden;
