//! One rule of a role.
//!
//! Source: `k8s.io/kubernetes/pkg/apis/rbac/v1/evaluation_helpers.go`.

use std::fmt;

use serde::Deserialize;

use super::Attributes;

/// What a role allows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Rule {
    #[serde(deserialize_with = "list")]
    pub(crate) api_groups: Vec<String>,
    #[serde(deserialize_with = "list")]
    pub(crate) resources: Vec<String>,
    #[serde(rename = "nonResourceURLs", deserialize_with = "list")]
    pub(crate) non_resource_urls: Vec<String>,
    #[serde(deserialize_with = "list")]
    pub(crate) resource_names: Vec<String>,
    #[serde(deserialize_with = "list")]
    pub(crate) verbs: Vec<String>,
}

/// A list that may be `null`.
fn list<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl Rule {
    /// Whether the rule allows something.
    pub(super) fn allows(&self, attributes: &Attributes) -> bool {
        match attributes {
            Attributes::Path { verb, path } => {
                has(&self.verbs, verb) && self.non_resource_urls.iter().any(|url| url_covers(url, path))
            }
            Attributes::Resource {
                verb,
                group,
                resource,
                subresource,
                name,
                ..
            } => {
                has(&self.verbs, verb)
                    && has(&self.api_groups, group)
                    && self
                        .resources
                        .iter()
                        .any(|allowed| resource_matches(allowed, resource, subresource))
                    && (self.resource_names.is_empty() || self.resource_names.contains(name))
            }
        }
    }
}

/// Whether a list holds a word or the star.
pub(super) fn has(list: &[String], word: &str) -> bool {
    list.iter().any(|item| item == "*" || item == word)
}

/// Whether a URL of a rule, which may end in a star, covers a path.
pub(super) fn url_covers(url: &str, path: &str) -> bool {
    url == path || (url.ends_with('*') && path.starts_with(url.trim_end_matches('*')))
}

fn resource_matches(allowed: &str, resource: &str, subresource: &str) -> bool {
    if allowed == "*" {
        return true;
    }
    if subresource.is_empty() {
        return allowed == resource;
    }
    allowed
        .strip_suffix(subresource)
        .and_then(|rest| rest.strip_suffix('/'))
        .is_some_and(|parent| parent == resource || parent == "*")
}

/// The rule as messages show it: `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = [
            ("APIGroups", &self.api_groups),
            ("Resources", &self.resources),
            ("NonResourceURLs", &self.non_resource_urls),
            ("ResourceNames", &self.resource_names),
            ("Verbs", &self.verbs),
        ]
        .into_iter()
        .filter(|(_, list)| !list.is_empty())
        .map(|(name, list)| format!("{name}:{}", quoted(list)))
        .collect();
        write!(f, "{{{}}}", parts.join(", "))
    }
}

/// A list as messages show it: `["a" "b"]`.
pub(crate) fn quoted(list: &[String]) -> String {
    let words: Vec<_> = list.iter().map(|word| format!("{word:?}")).collect();
    format!("[{}]", words.join(" "))
}
