//! Kinds that come from a CustomResourceDefinition.

pub(super) mod check;
mod defaults;
mod definition;
mod keywords;
mod lifecycle;
mod metadata;
mod prune;
mod structural;

use serde_json::Value;

pub use definition::{Conversion, CustomDefinition, CustomType};
pub use keywords::{Keywords, Rule};
pub use lifecycle::{CLEANUP_FINALIZER, begin_deletion, continue_deletion, finish_deletion, settle_names};

use super::resource::ResourceType;

/// Brings a custom resource that a client sent into the form of its schema: fills in defaults, reads metadata by its type, drops
/// unknown fields.
///
/// # Errors
/// What is wrong with the metadata, in the decoder's words.
pub(super) fn read(custom: &CustomType, object: &mut Value) -> Result<Vec<String>, String> {
    defaults::drop_nulls(&custom.written, object);
    read_applied(custom, object)
}

/// The same for what was applied: nobody decodes it, so nulls stay.
pub(super) fn read_applied(custom: &CustomType, object: &mut Value) -> Result<Vec<String>, String> {
    defaults::default(&custom.written, object);
    let in_order = |mut fields: Vec<String>| {
        fields.sort();
        fields.dedup();
        fields
    };
    let mut unknown = read_metadata(object)?;
    let embedded = in_order(metadata::read_embedded(&custom.written, object)?);
    let mut dropped = Vec::new();
    prune::prune(&custom.written, object, &mut dropped);
    // what its metadata does not know, then what the schema does not, then what the metadata of embedded objects does not
    unknown.extend(in_order(dropped));
    unknown.extend(embedded);
    Ok(unknown)
}

/// Brings into form what is known of every object, its metadata; the paths of unknown fields.
///
/// # Errors
/// As [`read`].
pub(super) fn read_metadata(object: &mut Value) -> Result<Vec<String>, String> {
    let mut unknown = metadata::read(object)?;
    unknown.sort();
    Ok(unknown)
}

/// Fills in the defaults of a custom resource and drops unknown fields.
pub(super) fn fill(custom: &CustomType, object: &mut Value) {
    defaults::fill(&custom.written, object);
    prune::prune(&custom.written, object, &mut Vec::new());
}

/// Fills in the defaults of a custom resource, and leaves its nulls where they are.
pub(super) fn complete(custom: &CustomType, object: &mut Value) {
    defaults::default(&custom.written, object);
    prune::prune(&custom.written, object, &mut Vec::new());
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
