//! A database operator.
fn main() {}
