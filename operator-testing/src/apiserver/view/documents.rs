//! The paths that lead to no object: discovery, OpenAPI, version and health.

use bytes::Bytes;
use serde_json::Value;

use super::{
    accept::{Encoding, Endpoint, Representation, Shape, negotiate},
    discovery,
    encode::encode,
    openapi, server,
};
use crate::apiserver::{status::StatusError, types::TypeSnapshot};

/// A question about the server itself.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The path, without its query.
    pub path: &'a str,
    /// Whether the query has the parameter `verbose`.
    pub verbose: bool,
    /// The query parameter `pretty`.
    pub pretty: Option<&'a str>,
    /// The header `Accept`.
    pub accept: Option<&'a str>,
    /// The header `If-None-Match`.
    pub if_none_match: Option<&'a str>,
    /// The header `User-Agent`.
    pub user_agent: Option<&'a str>,
    /// Where the server says it is reachable, such as `127.0.0.1:8001`.
    pub address: &'a str,
}

/// The answer to a question about the server itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The HTTP status code: 200, 304 or 404.
    pub code: u16,
    /// The value of the header `Content-Type`.
    pub content_type: &'static str,
    /// The value of the header `ETag`.
    pub etag: Option<String>,
    /// The value of the header `Vary`.
    pub vary: Option<&'static str>,
    /// The body.
    pub body: Bytes,
}

/// Answers a question about the server itself; `None` if the path is about something else.
///
/// # Errors
/// 404 for a version that a built-in group does not have, 406 if the client accepts nothing the path has.
pub fn document(types: &TypeSnapshot, question: &Question<'_>) -> Option<Result<Document, StatusError>> {
    let path = question.path.trim_end_matches('/');
    let parts: Vec<_> = path.split('/').skip(1).collect();
    let answer = match parts.as_slice() {
        [] => json(question, Endpoint::Document, |_| server::root_paths(types)),
        ["version"] => json(question, Endpoint::Document, |_| server::version()),
        ["healthz" | "livez" | "readyz", ..] => Ok(health(path, question.verbose)),
        ["metrics", "slis"] => Ok(Document {
            content_type: "text/plain; version=0.0.4; charset=utf-8",
            ..plain(server::health_metrics())
        }),
        ["api"] => json(question, Endpoint::Discovery, |shape| match shape {
            Shape::AggregatedDiscovery => discovery::aggregated_core(types),
            _ => discovery::core_versions(question.address),
        }),
        ["apis"] => json(question, Endpoint::Discovery, |shape| match shape {
            Shape::AggregatedDiscovery => discovery::aggregated_groups(types),
            _ => discovery::groups(types),
        }),
        ["api", version] => resources(types, question, "", version),
        ["apis", group] => match discovery::group(types, group) {
            Some(group) => json(question, Endpoint::Document, |_| group),
            None => Ok(page_not_found()),
        },
        ["apis", group, version] => resources(types, question, group, version),
        ["openapi", "v2"] => swagger(types, question),
        ["openapi", "v3"] => json(question, Endpoint::Document, |_| openapi::index(types)),
        ["openapi", "v3", ..] => match openapi::document(types, &parts[2..].join("/")) {
            Some(document) => json(question, Endpoint::Document, |_| document),
            None => Ok(Document {
                body: Bytes::new(),
                ..page_not_found()
            }),
        },
        _ => return None,
    };
    Some(answer)
}

fn json(
    question: &Question<'_>,
    endpoint: Endpoint,
    make: impl FnOnce(Shape) -> Value,
) -> Result<Document, StatusError> {
    let chosen = negotiate(question.accept, endpoint)?;
    let chosen = chosen.prettified(question.pretty, question.user_agent);
    Ok(tagged(question, chosen, &make(chosen.shape)))
}

/// The document, or 304 where the client has it already.
fn tagged(question: &Question<'_>, chosen: Representation, value: &Value) -> Document {
    let aggregated = chosen.shape == Shape::AggregatedDiscovery;
    let tag = (aggregated || question.path.starts_with("/openapi/"))
        .then(|| discovery::etag(&encode(value, Encoding::Json)));
    let known = tag.is_some() && question.if_none_match == tag.as_deref();
    Document {
        code: if known { 304 } else { 200 },
        content_type: chosen.content_type(),
        etag: tag,
        vary: (chosen.shape == Shape::AggregatedDiscovery).then_some("Accept"),
        body: if known {
            Bytes::new()
        } else {
            encode(value, chosen.encoding)
        },
    }
}

fn resources(
    types: &TypeSnapshot,
    question: &Question<'_>,
    group: &str,
    version: &str,
) -> Result<Document, StatusError> {
    if let Some(list) = discovery::resources(types, group, version) {
        return json(question, Endpoint::Document, |_| list);
    }
    let built_in = types
        .versions_of(group)
        .flat_map(|version| &version.resources)
        .any(|resource| resource.custom.is_none());
    if built_in {
        return Err(StatusError {
            details: Some(serde_json::json!({})),
            ..StatusError::new(
                404,
                "NotFound",
                "the server could not find the requested resource",
            )
        });
    }
    Ok(page_not_found())
}

/// The old document. In protobuf, the form that kubectl asks for where version 3 does not help it, it knows no kinds at all.
fn swagger(types: &TypeSnapshot, question: &Question<'_>) -> Result<Document, StatusError> {
    if question
        .accept
        .is_some_and(|accept| accept.starts_with("application/com.github.proto-openapi.spec.v2"))
    {
        return Ok(Document {
            code: 200,
            content_type: openapi::SWAGGER_PROTOBUF,
            etag: None,
            vary: None,
            body: openapi::empty_swagger(),
        });
    }
    json(question, Endpoint::Document, |_| openapi::swagger(types))
}

fn health(path: &str, verbose: bool) -> Document {
    server::health(path, verbose).map_or_else(page_not_found, plain)
}

fn plain(text: String) -> Document {
    Document {
        code: 200,
        content_type: "text/plain; charset=utf-8",
        etag: None,
        vary: None,
        body: text.into(),
    }
}

fn page_not_found() -> Document {
    Document {
        code: 404,
        content_type: "text/plain; charset=utf-8",
        etag: None,
        vary: None,
        body: Bytes::from_static(b"404 page not found\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apiserver::types::TypeTable;

    fn ask<'a>(path: &'a str, accept: Option<&'a str>, if_none_match: Option<&'a str>) -> Question<'a> {
        Question {
            path,
            verbose: false,
            pretty: None,
            accept,
            if_none_match,
            user_agent: None,
            address: "127.0.0.1:8001",
        }
    }

    fn answer(path: &str, accept: Option<&str>) -> Result<Document, StatusError> {
        let types = TypeTable::new().snapshot();
        document(&types, &ask(path, accept, None)).expect(path)
    }

    fn value(path: &str, accept: Option<&str>) -> Value {
        let document = answer(path, accept).expect(path);
        serde_json::from_slice(&document.body).expect(path)
    }

    #[test]
    fn every_path_about_the_server_is_answered() {
        for path in [
            "/",
            "/version",
            "/api",
            "/api/",
            "/apis",
            "/api/v1",
            "/apis/apps",
            "/apis/apps/v1",
            "/openapi/v3",
            "/healthz",
        ] {
            assert_eq!(answer(path, None).expect(path).code, 200, "{path}");
        }
        for path in [
            "/apis/none.example.com",
            "/apis/none.example.com/v1",
            "/livez/nothing",
            "/apis/Apps",
        ] {
            let document = answer(path, None).expect(path);
            assert_eq!(
                (document.code, &*document.body),
                (404, &b"404 page not found\n"[..]),
                "{path}"
            );
        }
        for path in ["/api/v9", "/apis/apps/v9"] {
            let error = answer(path, None).expect_err(path);
            assert_eq!(error.message, "the server could not find the requested resource");
        }
        let types = TypeTable::new().snapshot();
        assert!(document(&types, &ask("/api/v1/pods", None, None)).is_none());
        assert!(document(&types, &ask("/metrics", None, None)).is_none());
    }

    #[test]
    fn aggregated_discovery_is_known_by_its_tag() {
        let accept = Some("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
        let first = answer("/apis", accept).expect("discovery");
        assert_eq!(
            first.content_type,
            "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
        );
        let types = TypeTable::new().snapshot();
        let again = document(&types, &ask("/apis", accept, first.etag.as_deref()));
        let again = again.expect("discovery").expect("discovery");
        assert_eq!((again.code, again.body.len()), (304, 0));
    }

    #[test]
    fn groups_and_resources_are_in_order() {
        let groups = value("/apis", None);
        assert_eq!(groups["groups"][1]["name"], "apps");
        assert_eq!(
            groups["groups"][5]["preferredVersion"]["groupVersion"],
            "autoscaling/v2"
        );
        let core = value("/api/v1", None);
        let names: Vec<_> = core["resources"]
            .as_array()
            .expect("resources")
            .iter()
            .map(|resource| resource["name"].as_str().unwrap_or_default())
            .collect();
        assert!(names.is_sorted(), "{names:?}");
        let eviction = core["resources"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|resource| resource["name"] == "pods/eviction")
            .expect("pods can be evicted");
        assert_eq!(
            (&eviction["group"], &eviction["version"]),
            (&"policy".into(), &"v1".into())
        );
    }
}
