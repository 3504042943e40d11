//! Stored objects as they go out: with kind and version in front.

use serde_json::Value;

use super::{
    meta,
    store::{Revision, Stored},
    twin,
    types::ResourceType,
};

/// One object as JSON. Nothing is serialised again: the stored bytes are copied behind kind and version.
pub(crate) fn object_bytes(resource: &ResourceType, stored: &Stored) -> Vec<u8> {
    let mut out = Vec::with_capacity(stored.json().len() + 96);
    write_object(&mut out, resource, stored, None);
    out
}

/// Writes one object; `revision` stands in for its own where an event has a newer one.
pub(crate) fn write_object(
    out: &mut Vec<u8>,
    resource: &ResourceType,
    stored: &Stored,
    revision: Option<Revision>,
) {
    write_type(out, resource);
    if twin::is_twin(resource) || !(stored.shown || resource.reads_as_stored(stored.revision)) {
        let mut object = stored.value();
        twin::show(resource, &mut object);
        let mut object = Value::Object(object);
        resource.read_stored(&mut object);
        let revision = revision.unwrap_or(stored.revision);
        let shown = Stored::freeze(stored.key.clone(), revision, meta::object_of(&object));
        write_body(out, &shown, None, 1);
        return;
    }
    write_body(out, stored, revision, 1);
}

/// Writes the item of a list: built-in kinds leave kind and version to the list.
pub(crate) fn write_item(out: &mut Vec<u8>, resource: &ResourceType, stored: &Stored) {
    if twin::is_twin(resource) {
        let start = out.len();
        write_object(out, resource, stored, None);
        // the list says kind and version for all
        let mut head = Vec::new();
        write_type(&mut head, resource);
        out.splice(start..start + head.len(), *b"{");
    } else if resource.custom.is_some() {
        write_object(out, resource, stored, None);
    } else {
        out.extend_from_slice(stored.json());
    }
}

fn write_type(out: &mut Vec<u8>, resource: &ResourceType) {
    out.extend_from_slice(b"{\"kind\":\"");
    out.extend_from_slice(resource.kind.as_bytes());
    out.extend_from_slice(b"\",\"apiVersion\":\"");
    if !resource.group.is_empty() {
        out.extend_from_slice(resource.group.as_bytes());
        out.push(b'/');
    }
    out.extend_from_slice(resource.version.as_bytes());
    out.extend_from_slice(b"\",");
}

fn write_body(out: &mut Vec<u8>, stored: &Stored, revision: Option<Revision>, skip: usize) {
    match revision {
        None => out.extend_from_slice(&stored.json()[skip..]),
        Some(revision) => {
            let (head, tail) = stored.around_revision();
            out.extend_from_slice(&head[skip..]);
            out.extend_from_slice(revision.to_string().as_bytes());
            out.extend_from_slice(tail);
        }
    }
}
