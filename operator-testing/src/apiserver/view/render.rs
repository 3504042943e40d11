//! How an answer of the core looks to the client that asked.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::Value;

use super::{
    accept::{Representation, Shape},
    metadata,
    table::{self, IncludeObject, TableOptions},
};
use crate::apiserver::{status::StatusError, types::ResourceType};

/// What the core answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// One object, or a `Status`.
    Object,
    /// A list.
    List,
    /// The object of a watch event.
    Event {
        /// Whether it is the first of its watch, the one that brings the column definitions of a table.
        first: bool,
    },
}

/// Who looks, and when.
#[derive(Clone, Copy, Debug)]
pub struct Viewer {
    /// What was negotiated.
    pub representation: Representation,
    /// How much of each object comes with the rows of a table.
    pub include: IncludeObject,
    /// The time that ages count from.
    pub now: Timestamp,
}

/// The value as the viewer asked for it; `Status` objects stay as they are.
///
/// # Errors
/// 406 `NotAcceptable` if the viewer asked for the metadata of a list where there is one object, or the other way round.
pub fn render<'a>(
    resource: &ResourceType,
    value: &'a Value,
    content: Content,
    viewer: &Viewer,
) -> Result<Cow<'a, Value>, StatusError> {
    let is_status = value["kind"] == "Status" && value["apiVersion"] == "v1";
    if is_status {
        return Ok(Cow::Borrowed(value));
    }
    let options = |version, no_headers| TableOptions {
        version,
        include: viewer.include,
        no_headers,
        now: viewer.now,
    };
    let shown = match (viewer.representation.shape, content) {
        (Shape::Plain | Shape::AggregatedDiscovery, _) => return Ok(Cow::Borrowed(value)),
        (Shape::Table(version), Content::List) => table::of_list(resource, value, &options(version, false)),
        (Shape::Table(version), Content::Object) => {
            table::of_object(resource, value, &options(version, false))
        }
        (Shape::Table(version), Content::Event { first }) => {
            table::of_object(resource, value, &options(version, !first))
        }
        (Shape::PartialMetadata(_), Content::List) => return Err(metadata::is_a_list(resource)),
        (Shape::PartialMetadata(version), _) => metadata::of_object(value, version),
        (Shape::PartialMetadataList(version), Content::List) => metadata::of_list(value, version),
        (Shape::PartialMetadataList(_), _) => return Err(metadata::is_not_a_list(resource)),
    };
    Ok(Cow::Owned(shown))
}
