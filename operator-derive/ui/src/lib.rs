//! Holds the tests of what the macros refuse. Nothing is exported.
