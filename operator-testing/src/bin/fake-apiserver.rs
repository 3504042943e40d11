//! An embedded API server on loopback.
fn main() {}
