//! How a client wants to see the objects of its watch.

use bytes::Bytes;
use jiff::Timestamp;

use crate::apiserver::{
    types::ResourceType,
    view::{self, Content, Representation, Viewer, table::IncludeObject},
};

/// Turns the objects of events into the form that the client asked for, such as tables.
#[derive(Debug)]
pub(crate) struct Lens {
    representation: Representation,
    include: IncludeObject,
    first: bool,
    /// The time that ages count from.
    pub(super) now: Timestamp,
}

impl Lens {
    /// A lens that has shown nothing yet.
    pub(crate) fn new(representation: Representation, include: IncludeObject) -> Self {
        Self {
            representation,
            include,
            first: true,
            now: Timestamp::UNIX_EPOCH,
        }
    }

    /// Writes an object that is given as JSON.
    pub(super) fn write(&mut self, out: &mut Vec<u8>, resource: &ResourceType, object: Vec<u8>) {
        let object = Bytes::from(object);
        let content = Content::Event {
            first: std::mem::replace(&mut self.first, false),
        };
        let viewer = Viewer {
            representation: self.representation,
            include: self.include,
            now: self.now,
        };
        // a form that makes no sense for single objects leaves them as they are
        let shown = view::present(resource, object.clone(), content, &viewer).unwrap_or(object);
        out.extend_from_slice(shown.trim_ascii_end());
    }
}
