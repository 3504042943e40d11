//! What authorisation looks at.
//!
//! Sources: `k8s.io/apiserver/pkg/endpoints/request/requestinfo.go`,
//! `k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/errors.go`.

use crate::apiserver::{
    request::{Request, Target, User, Verb},
    status::{About, StatusError},
};

/// What somebody wants to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Attributes {
    /// Something with a resource.
    Resource {
        verb: String,
        group: String,
        resource: String,
        subresource: String,
        /// Empty across namespaces and for resources of the cluster.
        namespace: String,
        name: String,
    },
    /// Something with a path that is no resource.
    Path { verb: String, path: String },
}

impl Attributes {
    /// What a request asks for.
    pub(crate) fn of(target: Option<&Target>, request: &Request) -> Self {
        let Some(target) = target else {
            return Self::Path {
                verb: request.method.as_str().to_ascii_lowercase(),
                path: request.path.clone(),
            };
        };
        let mut name = target.name.clone();
        if name.is_empty() && matches!(target.verb, Verb::List | Verb::Watch) {
            name = selected_name(request).unwrap_or_default();
        }
        // A namespace lies in itself.
        let namespace = if target.resource == "namespaces" && target.group.is_empty() {
            target.name.clone()
        } else {
            target.namespace.clone()
        };
        Self::Resource {
            verb: target.verb.to_string(),
            group: target.group.clone(),
            resource: target.resource.clone(),
            subresource: target.subresource.clone(),
            namespace,
            name,
        }
    }

    /// Something with a resource of the RBAC group.
    pub(crate) fn of_role(verb: &str, resource: &str, namespace: &str, name: &str) -> Self {
        Self::Resource {
            verb: verb.to_owned(),
            group: "rbac.authorization.k8s.io".to_owned(),
            resource: resource.to_owned(),
            subresource: String::new(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }
    }

    /// The namespace it happens in; empty if in none.
    pub(super) fn namespace(&self) -> &str {
        match self {
            Self::Resource { namespace, .. } => namespace,
            Self::Path { .. } => "",
        }
    }

    /// 403 for a user who may not do it.
    pub(crate) fn forbidden(&self, user: &User, reason: &str) -> StatusError {
        let mut message = self
            .refusal(&user.name)
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        if !reason.is_empty() {
            message = format!("{message}: {reason}");
        }
        let about = match self {
            Self::Resource {
                group,
                resource,
                name,
                ..
            } => About {
                group,
                kind: resource,
                name,
            },
            Self::Path { .. } => About {
                group: "",
                kind: "",
                name: "",
            },
        };
        StatusError::forbidden(about, message)
    }

    fn refusal(&self, user: &str) -> String {
        match self {
            Self::Path { verb, path } => format!("User {user:?} cannot {verb} path {path:?}"),
            Self::Resource {
                verb,
                group,
                resource,
                subresource,
                namespace,
                ..
            } => {
                let slash = if subresource.is_empty() { "" } else { "/" };
                let resource = format!("{resource}{slash}{subresource}");
                let place = if namespace.is_empty() {
                    "at the cluster scope".to_owned()
                } else {
                    format!("in the namespace {namespace:?}")
                };
                format!("User {user:?} cannot {verb} resource {resource:?} in API group {group:?} {place}")
            }
        }
    }
}

/// The one name that a field selector asks for.
fn selected_name(request: &Request) -> Option<String> {
    let selector = request.query.get("fieldSelector")?;
    let mut names = selector.split(',').filter_map(|term| {
        let (field, value) = term.split_once('=')?;
        let value = value.strip_prefix('=').unwrap_or(value);
        (field.trim() == "metadata.name" && !value.is_empty()).then(|| value.trim().to_owned())
    });
    names.next().filter(|name| !name.contains(['/', '%']))
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    #[track_caller]
    fn refused(method: Method, path: &str, message: &str) {
        let request = Request::new(method, path);
        let target = Target::of(&request);
        let user = User::new("alice", &[]);
        assert_eq!(
            Attributes::of(target.as_ref(), &request)
                .forbidden(&user, "")
                .message,
            message
        );
    }

    #[test]
    fn messages() {
        refused(
            Method::GET,
            "/api/v1/namespaces/a/configmaps?fieldSelector=metadata.name%3Dq",
            r#"configmaps "q" is forbidden: User "alice" cannot list resource "configmaps" in API group "" in the namespace "a""#,
        );
        refused(
            Method::GET,
            "/api/v1/namespaces/a/configmaps?fieldSelector=metadata.name!=q",
            r#"configmaps is forbidden: User "alice" cannot list resource "configmaps" in API group "" in the namespace "a""#,
        );
        refused(
            Method::GET,
            "/api/v1/namespaces/a",
            r#"namespaces "a" is forbidden: User "alice" cannot get resource "namespaces" in API group "" in the namespace "a""#,
        );
        refused(
            Method::GET,
            "/apis/apps/v1/namespaces/a/deployments/d/scale",
            r#"deployments.apps "d" is forbidden: User "alice" cannot get resource "deployments/scale" in API group "apps" in the namespace "a""#,
        );
        refused(
            Method::POST,
            "/version",
            r#"forbidden: User "alice" cannot post path "/version""#,
        );
        refused(
            Method::GET,
            "/api/v1/nodes",
            r#"nodes is forbidden: User "alice" cannot list resource "nodes" in API group "" at the cluster scope"#,
        );
    }
}
