//! How an answer of the core looks to the client that asked.

use std::borrow::Cow;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;

use super::{
    accept::{Encoding, Representation, Shape},
    encode::encode,
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

/// The same for an answer that is already plain JSON: the bytes as the viewer asked for them.
///
/// # Errors
/// As [`render`].
pub fn present(
    resource: &ResourceType,
    plain: Bytes,
    content: Content,
    viewer: &Viewer,
) -> Result<Bytes, StatusError> {
    let representation = viewer.representation;
    if representation.shape == Shape::Plain && representation.encoding == Encoding::Json {
        return Ok(plain);
    }
    let Ok(value) = serde_json::from_slice::<Value>(&plain) else {
        return Ok(plain);
    };
    let shown = render(resource, &value, content, viewer)?;
    Ok(encode(&shown, representation.encoding))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::apiserver::{
        types::TypeTable,
        view::accept::{Endpoint, MetaVersion, negotiate},
    };

    fn viewer(accept: &str, include: &str) -> Viewer {
        Viewer {
            representation: negotiate(Some(accept), Endpoint::Resource).expect(accept),
            include: IncludeObject::parse(Some(include)).expect(include),
            now: "2026-01-01T00:01:00Z".parse().expect("a timestamp"),
        }
    }

    fn config_map(name: &str) -> Value {
        json!({"kind": "ConfigMap", "apiVersion": "v1", "data": {"k": "v"},
            "metadata": {"name": name, "resourceVersion": "7", "creationTimestamp": "2026-01-01T00:00:00Z"}})
    }

    const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";

    fn shown(value: &Value, content: Content, accept: &str, include: &str) -> Result<Value, StatusError> {
        let types = TypeTable::new().snapshot();
        let resource = types
            .resource("", "v1", "configmaps")
            .expect("config maps are built in");
        render(resource, value, content, &viewer(accept, include)).map(Cow::into_owned)
    }

    #[test]
    fn a_list_becomes_a_table() {
        let list = json!({"kind": "ConfigMapList", "apiVersion": "v1", "items": [config_map("a"), config_map("b")],
            "metadata": {"resourceVersion": "9", "continue": "t", "remainingItemCount": 4}});
        let table = shown(&list, Content::List, TABLE, "").expect("a table");
        assert_eq!(table["kind"], "Table");
        assert_eq!(table["apiVersion"], MetaVersion::V1.api_version());
        assert_eq!(table["metadata"], list["metadata"]);
        assert_eq!(table["columnDefinitions"][0]["name"], "Name");
        assert_eq!(table["rows"][1]["cells"], json!(["b", 1, "60s"]));
        assert_eq!(table["rows"][1]["object"]["kind"], "PartialObjectMetadata");
        let table = shown(&list, Content::List, TABLE, "None").expect("a table");
        assert_eq!(table["rows"][0]["object"], Value::Null);
        let table = shown(&list, Content::List, TABLE, "Object").expect("a table");
        assert_eq!(table["rows"][0]["object"], list["items"][0]);
    }

    #[test]
    fn only_the_first_event_of_a_watch_has_headers() {
        let object = config_map("a");
        let headers = |first| {
            let table = shown(&object, Content::Event { first }, TABLE, "").expect("a table");
            table["columnDefinitions"].clone()
        };
        assert!(headers(true).is_array());
        assert_eq!(headers(false), Value::Null);
    }

    #[test]
    fn a_bookmark_is_a_row_without_an_age() {
        let bookmark = json!({"kind": "ConfigMap", "apiVersion": "v1",
            "metadata": {"resourceVersion": "9", "annotations": {"k8s.io/initial-events-end": "true"}}});
        let table = shown(&bookmark, Content::Event { first: false }, TABLE, "None").expect("a table");
        assert_eq!(table["rows"][0]["cells"], json!(["", 0, "<unknown>"]));
        assert_eq!(table["rows"][0]["object"]["metadata"], bookmark["metadata"]);
    }

    #[test]
    fn metadata_is_asked_for_as_what_it_is() {
        let one = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
        let many = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
        let list = json!({"kind": "ConfigMapList", "items": [config_map("a")], "metadata": {}});
        let error = shown(&list, Content::List, one, "").expect_err("a list is not one object");
        assert_eq!((error.code, error.reason), (406, "NotAcceptable"));
        assert!(
            error.message.ends_with("(*core.ConfigMapList)"),
            "{}",
            error.message
        );
        let error = shown(&config_map("a"), Content::Object, many, "").expect_err("one object is no list");
        assert!(error.message.ends_with("(*core.ConfigMap)"), "{}", error.message);
        let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Success"});
        assert_eq!(shown(&status, Content::Object, many, ""), Ok(status));
    }
}
