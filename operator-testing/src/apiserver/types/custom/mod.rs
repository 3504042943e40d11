//! Kinds that come from a CustomResourceDefinition.

pub(super) mod check;
mod defaults;
mod definition;
mod field_path;
mod keywords;
mod lifecycle;
mod metadata;
mod prune;
mod sight;
pub(super) mod structural;

use serde_json::Value;

pub use definition::{Conversion, CustomDefinition, CustomType};
pub use keywords::{Keywords, Rule};
pub use lifecycle::{CLEANUP_FINALIZER, begin_deletion, continue_deletion, finish_deletion, settle_names};

use super::resource::ResourceType;

/// Brings a custom resource that a client sent into the form of its schema: fills in defaults, reads metadata by its type, drops
/// unknown fields. Returns the paths of the unknown fields: those of its metadata, its own, those of the objects in it.
///
/// # Errors
/// What is wrong with the metadata, in the decoder's words.
pub(super) fn read(custom: &CustomType, object: &mut Value) -> Result<Vec<String>, String> {
    defaults::fill(&custom.written, object);
    let mut unknown = read_metadata(object)?;
    let mut dropped = Vec::new();
    prune::prune(&custom.written, object, &mut dropped);
    unknown.extend(in_order(dropped));
    unknown.extend(in_order(metadata::read_embedded(&custom.written, object)?));
    Ok(unknown)
}

fn in_order(mut fields: Vec<String>) -> Vec<String> {
    fields.sort();
    fields.dedup();
    fields
}

/// The same for what was applied: nobody decodes it before it is stored, so what is unknown or null stays until then.
///
/// # Errors
/// As [`read`].
pub(super) fn read_applied(custom: &CustomType, object: &mut Value) -> Result<(), String> {
    defaults::default(&custom.written, object);
    metadata::read_own(object)?;
    Ok(())
}

/// Brings into form what is known of every object, its metadata; the paths of unknown fields.
///
/// # Errors
/// As [`read`].
pub(super) fn read_metadata(object: &mut Value) -> Result<Vec<String>, String> {
    Ok(in_order(metadata::read_own(object)?))
}

/// Fills in the defaults of a custom resource and drops unknown fields.
pub(super) fn fill(custom: &CustomType, object: &mut Value) {
    defaults::fill(&custom.written, object);
    prune::prune(&custom.written, object, &mut Vec::new());
}

/// Fills in the defaults of a custom resource; what is unknown or null stays.
pub(super) fn complete(custom: &CustomType, object: &mut Value) {
    defaults::default(&custom.written, object);
}

/// Drops what the schema of a custom resource does not know.
pub(super) fn drop_unknown(kind: &ResourceType, object: &mut Value) {
    if let Some(custom) = &kind.custom {
        prune::prune(&custom.written, object, &mut Vec::new());
    }
}

/// Brings a stored custom resource into the form of a version whose schema may be another one than it was written under.
pub(super) fn read_stored(kind: &ResourceType, object: &mut Value) {
    if let Some(custom) = &kind.custom {
        // defaults come with reading what is stored, not with the change of version
        defaults::fill(custom.stored.as_deref().unwrap_or(&custom.written), object);
        write_stored(kind, object);
        prune::prune(&custom.written, object, &mut Vec::new());
    }
}

/// Drops what the version in which custom resources are stored does not know.
pub(super) fn write_stored(kind: &ResourceType, object: &mut Value) {
    if let Some(stored) = kind.custom.as_ref().and_then(|custom| custom.stored.as_deref()) {
        prune::prune(stored, object, &mut Vec::new());
    }
}
