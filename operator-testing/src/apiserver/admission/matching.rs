//! Which requests a policy is about.
//!
//! Source: `k8s.io/apiserver/pkg/admission/plugin/policy/matching/matching.go`.

use super::super::policies::ResourceRule;

/// What rules look at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'a> {
    pub(super) operation: &'a str,
    pub(super) group: &'a str,
    pub(super) version: &'a str,
    pub(super) resource: &'a str,
    pub(super) subresource: &'a str,
    pub(super) name: &'a str,
    pub(super) namespaced: bool,
}

impl ResourceRule {
    /// Whether the rule is about a request.
    pub(super) fn matches(&self, request: Request<'_>) -> bool {
        let has = |list: &[String], word: &str| list.iter().any(|item| item == "*" || item == word);
        let scope = match self.scope.as_deref() {
            Some("Namespaced") => request.namespaced,
            Some("Cluster") => !request.namespaced,
            _ => true,
        };
        scope
            && has(&self.operations, request.operation)
            && has(&self.api_groups, request.group)
            && has(&self.api_versions, request.version)
            && self
                .resources
                .iter()
                .any(|resource| names(resource, request.resource, request.subresource))
            && (self.resource_names.is_empty() || self.resource_names.iter().any(|name| name == request.name))
    }
}

/// Whether `pods`, `pods/log`, `pods/*`, `*/scale`, `*` or `*/*` means a resource or its subresource.
fn names(pattern: &str, resource: &str, subresource: &str) -> bool {
    let (parent, child) = match pattern.split_once('/') {
        Some((parent, child)) => (parent, child),
        None => (pattern, ""),
    };
    (parent == "*" || parent == resource) && (child == "*" || child == subresource)
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn patterns_name_resources_and_subresources() {
        for (pattern, resource, subresource, expected) in [
            ("pods", "pods", "", true),
            ("pods", "pods", "log", false),
            ("pods/log", "pods", "log", true),
            ("pods/*", "pods", "log", true),
            ("pods/*", "pods", "", true),
            ("*/scale", "deployments", "scale", true),
            ("*", "pods", "", true),
            ("*", "pods", "log", false),
            ("*/*", "pods", "log", true),
            ("services", "pods", "", false),
        ] {
            assert_eq!(names(pattern, resource, subresource), expected, "{pattern}");
        }
    }
}
