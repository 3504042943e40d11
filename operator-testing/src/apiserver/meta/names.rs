//! What names and labels may look like, in the real server's words.
//!
//! Source: `k8s.io/apimachinery/pkg/util/validation`, `k8s.io/apimachinery/pkg/api/validate/content`.

use crate::apiserver::types::NameRule;

const LABEL_1123: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', \
    and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', \
    regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', \
    and must start and end with an alphanumeric character (e.g. 'example.com', \
    regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_1035: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an \
    alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', \
    regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const KEY: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric \
    character (e.g. 'MyName',  or 'my.name',  or '123-abc', \
    regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and \
    must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', \
    regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/// What is wrong with the name of an object; `prefix` is set for a `generateName`, which may end with a dash.
pub(crate) fn name_problems(rule: NameRule, name: &str, prefix: bool) -> Vec<String> {
    let masked;
    let name = if prefix && name.len() > 1 && name.ends_with('-') && rule != NameRule::PathSegment {
        // what follows is made of letters and digits
        masked = format!("{}a", &name[..name.len() - 1]);
        &masked
    } else {
        name
    };
    match rule {
        NameRule::DnsSubdomain => {
            let mut problems = too_long(name, 253, "characters");
            if !is_subdomain(name) {
                problems.push(SUBDOMAIN.to_owned());
            }
            problems
        }
        NameRule::DnsLabel => label_1123_problems(name),
        NameRule::Dns1035Label => {
            let mut problems = too_long(name, 63, "characters");
            if !(is_label(name) && name.starts_with(|c: char| c.is_ascii_lowercase())) {
                problems.push(LABEL_1035.to_owned());
            }
            problems
        }
        _ => path_segment_problems(name, prefix),
    }
}

/// What is wrong with a name that must be a DNS label.
pub(super) fn label_1123_problems(name: &str) -> Vec<String> {
    let mut problems = too_long(name, 63, "characters");
    if !is_label(name) {
        let dotted = is_subdomain(name);
        problems.push(if dotted {
            "must not contain dots".to_owned()
        } else {
            LABEL_1123.to_owned()
        });
    }
    problems
}

/// What is wrong with a name that must fit into a path.
pub(super) fn path_segment_problems(name: &str, prefix: bool) -> Vec<String> {
    if !prefix && matches!(name, "." | "..") {
        return vec![format!("may not be '{name}'")];
    }
    ["/", "%"]
        .iter()
        .filter(|part| name.contains(**part))
        .map(|part| format!("may not contain '{part}'"))
        .collect()
}

/// What is wrong with the key of a label, or any other qualified name.
pub(crate) fn label_key_problems(key: &str) -> Vec<String> {
    let parts: Vec<&str> = key.split('/').collect();
    let mut problems = Vec::new();
    let name = match parts.as_slice() {
        [name] => *name,
        [prefix, name] => {
            if prefix.is_empty() {
                problems.push("prefix part must be non-empty".to_owned());
            } else {
                let mut found = too_long(prefix, 253, "bytes");
                if !is_subdomain(prefix) {
                    found.push(SUBDOMAIN.to_owned());
                }
                problems.extend(found.into_iter().map(|problem| format!("prefix part {problem}")));
            }
            *name
        }
        _ => {
            return vec![format!(
                "a valid label key {KEY} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            )];
        }
    };
    if name.is_empty() {
        problems.push("name part must be non-empty".to_owned());
    } else {
        problems.extend(
            too_long(name, 63, "bytes")
                .into_iter()
                .map(|problem| format!("name part {problem}")),
        );
    }
    if !is_key(name) {
        problems.push(format!("name part {KEY}"));
    }
    problems
}

/// What is wrong with the value of a label.
pub(crate) fn label_value_problems(value: &str) -> Vec<String> {
    let mut problems = too_long(value, 63, "bytes");
    if !value.is_empty() && !is_key(value) {
        problems.push(VALUE.to_owned());
    }
    problems
}

fn too_long(text: &str, limit: usize, unit: &str) -> Vec<String> {
    if text.len() > limit {
        vec![format!("must be no more than {limit} {unit}")]
    } else {
        Vec::new()
    }
}

fn is_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && !text.starts_with('-') && !text.ends_with('-') && text.bytes().all(inner)
}

fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_label)
}

fn is_key(text: &str) -> bool {
    let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    edge(bytes.first())
        && edge(bytes.last())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_their_rule() {
        let good = [
            (NameRule::DnsSubdomain, "a.b-c.1"),
            (NameRule::DnsLabel, "1num"),
            (NameRule::Dns1035Label, "a-1"),
            (NameRule::PathSegment, "sys:Read_er"),
        ];
        for (rule, name) in good {
            assert_eq!(name_problems(rule, name, false), Vec::<String>::new(), "{name}");
        }
        let bad = [
            (NameRule::DnsSubdomain, "Upper"),
            (NameRule::DnsSubdomain, "a..b"),
            (NameRule::DnsLabel, "a.b"),
            (NameRule::Dns1035Label, "1num"),
            (NameRule::PathSegment, "a/b"),
            (NameRule::PathSegment, ".."),
        ];
        for (rule, name) in bad {
            assert_eq!(name_problems(rule, name, false).len(), 1, "{name}");
        }
        assert!(name_problems(NameRule::DnsSubdomain, "gen-", true).is_empty());
        assert_eq!(
            name_problems(NameRule::DnsLabel, "a.b", false),
            ["must not contain dots"]
        );
    }

    #[test]
    fn label_keys_and_values() {
        for key in ["a", "example.com/a", "A_b.c"] {
            assert!(label_key_problems(key).is_empty(), "{key}");
        }
        for key in ["", "-a", "a/b/c", "/a", "a/", "Example.com/a"] {
            assert!(!label_key_problems(key).is_empty(), "{key}");
        }
        assert!(label_value_problems("").is_empty());
        assert!(!label_value_problems("a b").is_empty());
        assert!(!label_value_problems(&"x".repeat(64)).is_empty());
    }
}
