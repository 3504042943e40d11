//! What a path and a method ask for.
//!
//! Source: `k8s.io/apiserver/pkg/endpoints/request/requestinfo.go`.

use std::{borrow::Cow, fmt};

use http::Method;
use percent_encoding::percent_decode_str;

use super::Request;

/// What is asked for; the words are those of RBAC rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Verb {
    Get,
    List,
    Watch,
    Create,
    Update,
    Patch,
    Delete,
    DeleteCollection,
    /// A method that no verb stands for.
    Other,
}

impl Verb {
    /// The verb as RBAC rules write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Watch => "watch",
            Self::Create => "create",
            Self::Update => "update",
            Self::Patch => "patch",
            Self::Delete => "delete",
            Self::DeleteCollection => "deletecollection",
            Self::Other => "",
        }
    }

    /// Whether it only reads.
    pub fn is_read(self) -> bool {
        matches!(self, Self::Get | Self::List | Self::Watch)
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A request for a resource: what the path says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// What is to be done.
    pub verb: Verb,
    /// The API group; empty for the core group.
    pub group: String,
    /// The version.
    pub version: String,
    /// The plural name of the resource.
    pub resource: String,
    /// The subresource; empty if none.
    pub subresource: String,
    /// The namespace; empty across namespaces and for resources of the cluster.
    pub namespace: String,
    /// The name of the object; empty for the collection.
    pub name: String,
    /// Parts of the path beyond the subresource.
    pub rest: Vec<String>,
}

impl Target {
    /// The target of a path that is no resource.
    pub(crate) fn nothing() -> Self {
        Self {
            verb: Verb::Other,
            group: String::new(),
            version: String::new(),
            resource: String::new(),
            subresource: String::new(),
            namespace: String::new(),
            name: String::new(),
            rest: Vec::new(),
        }
    }

    /// Reads a request; `None` if its path is not one of a resource.
    pub fn of(request: &Request) -> Option<Self> {
        let parts: Vec<Cow<'_, str>> = request.path.trim_matches('/').split('/').map(decoded).collect();
        let (group, version, mut parts) = match &**parts.first()? {
            "api" if parts.len() > 2 => ("", &*parts[1], &parts[2..]),
            "apis" if parts.len() > 3 => (&*parts[1], &*parts[2], &parts[3..]),
            _ => return None,
        };
        let watched = parts[0] == "watch" && parts.len() > 1;
        if watched {
            parts = &parts[1..];
        }
        let mut namespace = "";
        if parts[0] == "namespaces" && parts.len() > 1 {
            let of_the_namespace = parts.len() == 2 || matches!(&*parts[2], "status" | "finalize");
            if !(of_the_namespace && group.is_empty()) && parts.len() > 2 {
                namespace = &parts[1];
                parts = &parts[2..];
            }
        }
        let part = |place: usize| parts.get(place).map_or("", |part| &**part);
        let name = part(1);
        let verb = verb(request, watched, name.is_empty());
        Some(Self {
            verb,
            group: group.to_owned(),
            version: version.to_owned(),
            resource: part(0).to_owned(),
            subresource: part(2).to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            rest: parts.iter().skip(3).map(ToString::to_string).collect(),
        })
    }
}

/// A part of a path as it is meant.
fn decoded(part: &str) -> Cow<'_, str> {
    if !part.contains('%') {
        return part.into();
    }
    percent_decode_str(part).decode_utf8_lossy()
}

fn verb(request: &Request, watched: bool, collection: bool) -> Verb {
    let watch = watched || (collection && request.query.flag("watch"));
    match request.method {
        Method::GET | Method::HEAD if watch => Verb::Watch,
        Method::GET | Method::HEAD if collection => Verb::List,
        Method::GET | Method::HEAD => Verb::Get,
        Method::POST => Verb::Create,
        Method::PUT => Verb::Update,
        Method::PATCH => Verb::Patch,
        Method::DELETE if collection => Verb::DeleteCollection,
        Method::DELETE => Verb::Delete,
        _ => Verb::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(method: Method, path: &str) -> Target {
        Target::of(&Request::new(method, path)).expect("a resource path")
    }

    #[test]
    fn paths_are_taken_apart() {
        let cases = [
            ("/api/v1/pods", "", "pods", "", "", Verb::List),
            (
                "/api/v1/namespaces/a/pods/b/status",
                "a",
                "pods",
                "b",
                "status",
                Verb::Get,
            ),
            ("/api/v1/namespaces/a", "", "namespaces", "a", "", Verb::Get),
            (
                "/api/v1/namespaces/a/finalize",
                "",
                "namespaces",
                "a",
                "finalize",
                Verb::Get,
            ),
            ("/api/v1/namespaces", "", "namespaces", "", "", Verb::List),
            (
                "/api/v1/watch/namespaces/a/pods",
                "a",
                "pods",
                "",
                "",
                Verb::Watch,
            ),
            (
                "/apis/apps/v1/deployments?watch=1",
                "",
                "deployments",
                "",
                "",
                Verb::Watch,
            ),
            (
                "/apis/apps/v1/namespaces/a/deployments/",
                "a",
                "deployments",
                "",
                "",
                Verb::List,
            ),
        ];
        for (path, namespace, resource, name, subresource, verb) in cases {
            let found = target(Method::GET, path);
            assert_eq!(
                (
                    &*found.namespace,
                    &*found.resource,
                    &*found.name,
                    &*found.subresource,
                    found.verb
                ),
                (namespace, resource, name, subresource, verb),
                "{path}"
            );
        }
    }

    #[test]
    fn other_paths_are_no_resources() {
        for path in ["/", "/version", "/api", "/api/v1", "/apis/apps/v1", "/openapi/v3"] {
            assert_eq!(Target::of(&Request::new(Method::GET, path)), None, "{path}");
        }
    }
}
