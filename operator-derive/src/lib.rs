//! The macros of the operator SDK.
