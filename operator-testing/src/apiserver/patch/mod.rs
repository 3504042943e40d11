//! What a patch does to an object: pure functions from the current object and a patch to the next object.
//!
//! | content type | module |
//! |---|---|
//! | `application/json-patch+json` | [`json`] |
//! | `application/merge-patch+json` | [`merge`] |
//! | `application/strategic-merge-patch+json` | [`strategic`] |
//! | `application/apply-patch+yaml` | [`apply`] |
//!
//! [`apply`] also keeps the books of field ownership for every other kind of write.
//!
//! # Guarantees
//! Nothing here reads the clock, the store or the request: the same arguments give the same answer. A failed patch leaves its
//! arguments alone. Errors carry the words of the real server.

pub mod apply;
pub mod json;
mod json_failure;
mod json_pointer;
pub mod merge;
pub mod quoted;
mod refusals;
pub mod strategic;
pub mod yaml;
