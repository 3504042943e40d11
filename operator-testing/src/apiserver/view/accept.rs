//! Content negotiation: what the `Accept` header asks for, and which of it an endpoint can answer with.
//!
//! Sources: `k8s.io/apiserver/pkg/endpoints/handlers/negotiation`, `k8s.io/apiserver/pkg/endpoints/discovery/aggregated`.

use std::cmp::Reverse;

use crate::apiserver::status::StatusError;

/// How the bytes of an answer are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// JSON on one line.
    #[default]
    Json,
    /// JSON that a person can read, which the server writes for `?pretty=true` and for browsers and curl.
    PrettyJson,
    /// YAML.
    Yaml,
}

impl Encoding {
    /// The value of the `Content-Type` header.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json | Self::PrettyJson => "application/json",
            Self::Yaml => "application/yaml",
        }
    }
}

/// The version of `meta.k8s.io` that a client asks tables and metadata in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetaVersion {
    /// `meta.k8s.io/v1`.
    V1,
    /// `meta.k8s.io/v1beta1`, which old clients ask for.
    V1Beta1,
}

impl MetaVersion {
    /// The `apiVersion` of an object in this version.
    pub fn api_version(self) -> &'static str {
        match self {
            Self::V1 => "meta.k8s.io/v1",
            Self::V1Beta1 => "meta.k8s.io/v1beta1",
        }
    }
}

/// What kind of object carries the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// The object or list itself.
    #[default]
    Plain,
    /// A `Table` for people.
    Table(MetaVersion),
    /// `PartialObjectMetadata`: the metadata of one object.
    PartialMetadata(MetaVersion),
    /// `PartialObjectMetadataList`: the metadata of the objects of a list.
    PartialMetadataList(MetaVersion),
    /// `APIGroupDiscoveryList`: the whole of discovery in one document.
    AggregatedDiscovery,
}

/// The answer that client and server agreed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Representation {
    /// How the bytes are written.
    pub encoding: Encoding,
    /// Which object carries the answer.
    pub shape: Shape,
}

impl Representation {
    /// The value of the `Content-Type` header.
    pub fn content_type(&self) -> &'static str {
        match self.shape {
            Shape::AggregatedDiscovery => {
                "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
            }
            _ => self.encoding.content_type(),
        }
    }

    /// The same, easy to read where `pretty` (the query parameter) or the client's name asks for it.
    pub fn prettified(mut self, pretty: Option<&str>, user_agent: Option<&str>) -> Self {
        let wanted = match pretty {
            Some(value) if !value.is_empty() => {
                matches!(value, "1" | "t" | "T" | "true" | "TRUE" | "True")
            }
            _ => user_agent.is_some_and(|agent| {
                ["curl", "Wget", "Mozilla/5.0"]
                    .iter()
                    .any(|person| agent.starts_with(person))
            }),
        };
        if wanted && self.encoding == Encoding::Json {
            self.encoding = Encoding::PrettyJson;
        }
        self
    }
}

/// What an endpoint can answer with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// A resource: plain, as a table, or as metadata only.
    Resource,
    /// A watch of a resource: the same, in JSON only.
    Watch,
    /// A discovery document of one group or version.
    Document,
    /// `/api` and `/apis`, which also answer with aggregated discovery.
    Discovery,
}

/// Chooses the representation of an answer from the `Accept` header.
///
/// # Errors
/// 406 `NotAcceptable` if the endpoint has none of what the client accepts.
pub fn negotiate(accept: Option<&str>, endpoint: Endpoint) -> Result<Representation, StatusError> {
    let header = accept.unwrap_or_default();
    if header.is_empty() {
        return Ok(Representation::default());
    }
    clauses(header)
        .iter()
        .find_map(|clause| clause.accepted_by(endpoint))
        .ok_or_else(|| not_acceptable(endpoint))
}

/// The answer to a request that accepts nothing an endpoint has.
pub fn not_acceptable(endpoint: Endpoint) -> StatusError {
    let offered = match endpoint {
        Endpoint::Watch => "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch",
        _ => "application/json, application/yaml, application/vnd.kubernetes.protobuf",
    };
    StatusError::new(
        406,
        "NotAcceptable",
        format!("only the following media types are accepted: {offered}"),
    )
}

/// One element of an `Accept` header.
#[derive(Debug, PartialEq)]
struct Clause<'a> {
    main: &'a str,
    sub: &'a str,
    quality: f32,
    params: Vec<(&'a str, &'a str)>,
}

/// The elements of the header, the most wanted first.
fn clauses(header: &str) -> Vec<Clause<'_>> {
    let mut clauses: Vec<_> = header.split(',').filter_map(Clause::parse).collect();
    clauses.sort_by(|a, b| {
        b.quality
            .total_cmp(&a.quality)
            .then_with(|| Reverse(a.main != "*").cmp(&Reverse(b.main != "*")))
            .then_with(|| Reverse(a.sub != "*").cmp(&Reverse(b.sub != "*")))
    });
    clauses
}

impl<'a> Clause<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.trim().split(';');
        let range = parts.next().unwrap_or_default();
        let (main, sub) = match range.split_once('/') {
            Some((main, sub)) if !sub.contains('/') => (main.trim(), sub.trim()),
            None if range.trim() == "*" => ("*", "*"),
            _ => return None,
        };
        let mut clause = Self {
            main,
            sub,
            quality: 1.0,
            params: Vec::new(),
        };
        for part in parts {
            match part.split_once('=') {
                Some((key, value)) if key.trim() == "q" => {
                    clause.quality = value.trim().parse().unwrap_or(0.0);
                }
                Some((key, value)) if !value.is_empty() && !value.contains('=') => {
                    clause.params.push((key.trim(), value.trim()));
                }
                _ => {}
            }
        }
        Some(clause)
    }

    fn param(&self, name: &str) -> Option<&'a str> {
        self.params
            .iter()
            .rev()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| *value)
    }

    fn accepted_by(&self, endpoint: Endpoint) -> Option<Representation> {
        let encoding = match (self.main, self.sub) {
            ("application", "json" | "*") | ("*", "*") => Encoding::Json,
            ("application", "yaml") if endpoint != Endpoint::Watch => Encoding::Yaml,
            _ => return None,
        };
        if self.param("stream").is_some_and(|stream| stream != "watch") {
            return None;
        }
        let shape = self.shape(endpoint)?;
        let encoding = match (encoding, self.param("pretty")) {
            (Encoding::Json, Some("1")) => Encoding::PrettyJson,
            (encoding, _) => encoding,
        };
        Some(Representation { encoding, shape })
    }

    fn shape(&self, endpoint: Endpoint) -> Option<Shape> {
        let wanted = (self.param("as"), self.param("g"), self.param("v"));
        if wanted == (None, None, None) {
            return Some(Shape::Plain);
        }
        let (kind, group, version) = (
            wanted.0.unwrap_or_default(),
            wanted.1.unwrap_or_default(),
            wanted.2.unwrap_or_default(),
        );
        match (endpoint, group) {
            (Endpoint::Discovery, "apidiscovery.k8s.io") => {
                (kind == "APIGroupDiscoveryList" && version == "v2").then_some(Shape::AggregatedDiscovery)
            }
            (Endpoint::Resource | Endpoint::Watch, "meta.k8s.io") => {
                let version = match version {
                    "v1" => MetaVersion::V1,
                    "v1beta1" => MetaVersion::V1Beta1,
                    _ => return None,
                };
                match kind {
                    "Table" => Some(Shape::Table(version)),
                    "PartialObjectMetadata" => Some(Shape::PartialMetadata(version)),
                    "PartialObjectMetadataList" => Some(Shape::PartialMetadataList(version)),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(accept: &str) -> Option<Representation> {
        negotiate(Some(accept), Endpoint::Resource).ok()
    }

    fn shape(accept: &str) -> Option<Shape> {
        resource(accept).map(|representation| representation.shape)
    }

    #[test]
    fn nothing_asked_is_json() {
        assert_eq!(negotiate(None, Endpoint::Resource), Ok(Representation::default()));
        assert_eq!(
            negotiate(Some(""), Endpoint::Watch),
            Ok(Representation::default())
        );
        assert_eq!(resource("*/*"), Some(Representation::default()));
        assert_eq!(resource("application/*"), Some(Representation::default()));
        assert_eq!(resource("*"), Some(Representation::default()));
    }

    #[test]
    fn the_first_clause_that_can_be_answered_wins() {
        assert_eq!(
            shape("application/json;as=Table;v=v1;g=meta.k8s.io,application/json"),
            Some(Shape::Table(MetaVersion::V1))
        );
        assert_eq!(
            shape("application/json;as=Table;v=v9;g=meta.k8s.io,application/json"),
            Some(Shape::Plain)
        );
        assert_eq!(
            shape("application/vnd.kubernetes.protobuf,application/json"),
            Some(Shape::Plain)
        );
        assert_eq!(
            shape("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1beta1"),
            Some(Shape::PartialMetadata(MetaVersion::V1Beta1))
        );
    }

    #[test]
    fn quality_orders_the_clauses() {
        let yaml = resource("application/json;q=0.5, application/yaml;q=0.9");
        assert_eq!(yaml.map(|chosen| chosen.encoding), Some(Encoding::Yaml));
        let json = resource("*/*, application/json");
        assert_eq!(json, Some(Representation::default()));
        let yaml = resource("*/*;q=0.8,application/yaml");
        assert_eq!(yaml.map(|chosen| chosen.encoding), Some(Encoding::Yaml));
    }

    #[test]
    fn what_cannot_be_answered_is_406_with_the_list() {
        for accept in [
            "application/xml",
            "text/html",
            "application/vnd.kubernetes.protobuf",
            "application/json;as=Bogus;v=v1;g=meta.k8s.io",
            "application/json;as=Table;v=v1;g=other",
            "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
            "nonsense",
            ",;=",
        ] {
            let error = negotiate(Some(accept), Endpoint::Resource).expect_err(accept);
            assert_eq!((error.code, error.reason), (406, "NotAcceptable"), "{accept}");
            assert_eq!(
                error.message,
                "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf"
            );
        }
        let error = negotiate(Some("application/yaml"), Endpoint::Watch).expect_err("watches speak no YAML");
        assert!(error.message.contains("application/json;stream=watch, "));
    }

    #[test]
    fn aggregated_discovery_is_for_the_two_roots() {
        let accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
        let root = negotiate(Some(accept), Endpoint::Discovery).map(|chosen| chosen.shape);
        assert_eq!(root, Ok(Shape::AggregatedDiscovery));
        let document = negotiate(Some(accept), Endpoint::Document).map(|chosen| chosen.shape);
        assert_eq!(document, Ok(Shape::Plain));
    }

    #[test]
    fn people_get_readable_json() {
        let plain = Representation::default();
        let pretty = |query, agent| plain.prettified(query, agent).encoding == Encoding::PrettyJson;
        assert!(pretty(Some("true"), None));
        assert!(pretty(None, Some("curl/8.0")));
        assert!(!pretty(Some("false"), Some("curl/8.0")));
        assert!(!pretty(None, Some("kubectl/v1.32")));
    }
}
