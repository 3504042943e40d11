//! The validation keywords of a custom resource's schema.

/// Keywords that only validation reads.
#[derive(Debug, Default)]
pub struct Keywords {}
