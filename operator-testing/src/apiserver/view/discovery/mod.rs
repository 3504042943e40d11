//! Discovery: which groups, versions and resources the server has, at the moment of a type snapshot.

mod aggregated;
mod legacy;

pub use aggregated::{aggregated_core, aggregated_groups, etag};
pub use legacy::{core_versions, group, groups, resources};
