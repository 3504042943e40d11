//! Holds the test of renamed dependencies. Nothing is exported.
