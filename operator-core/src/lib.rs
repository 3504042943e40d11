//! The runtime of the operator SDK.
