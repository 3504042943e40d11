//! Label selectors as objects carry them.

use serde_json::{Map, Value};

use super::object;

/// Whether the selector matches the labels: an empty selector matches everything, none at all matches nothing.
pub(crate) fn matches(selector: &Value, labels: Option<&Map<String, Value>>) -> bool {
    if !selector.is_object() {
        return false;
    }
    let value_of = |key: &str| labels.and_then(|labels| labels.get(key));
    let by_label = selector
        .get("matchLabels")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .all(|(key, wanted)| value_of(key) == Some(wanted));
    by_label
        && object::list(selector, "/matchExpressions")
            .iter()
            .all(|requirement| {
                let found = value_of(object::text(requirement, "/key"));
                let listed = |value: &Value| object::list(requirement, "/values").contains(value);
                match object::text(requirement, "/operator") {
                    "In" => found.is_some_and(listed),
                    "NotIn" => !found.is_some_and(listed),
                    "Exists" => found.is_some(),
                    "DoesNotExist" => found.is_none(),
                    _ => false,
                }
            })
}

/// Whether a plain map of labels (a Service's selector) matches; an empty one matches nothing.
pub(crate) fn map_matches(selector: &Value, labels: Option<&Map<String, Value>>) -> bool {
    let Some(selector) = selector.as_object().filter(|selector| !selector.is_empty()) else {
        return false;
    };
    selector
        .iter()
        .all(|(key, wanted)| labels.and_then(|labels| labels.get(key)) == Some(wanted))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn selectors_match_as_the_documentation_says() {
        let labels = json!({"app": "db", "tier": "back"});
        let labels = labels.as_object();
        let cases = [
            (json!({}), true),
            (json!(null), false),
            (json!({"matchLabels": {"app": "db"}}), true),
            (json!({"matchLabels": {"app": "web"}}), false),
            (json!({"matchLabels": {"absent": "x"}}), false),
            (
                json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["db", "web"]}]}),
                true,
            ),
            (
                json!({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["db"]}]}),
                false,
            ),
            (
                json!({"matchExpressions": [{"key": "absent", "operator": "NotIn", "values": ["db"]}]}),
                true,
            ),
            (
                json!({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}),
                true,
            ),
            (
                json!({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}),
                false,
            ),
            (
                json!({"matchLabels": {"app": "db"}, "matchExpressions": [{"key": "absent", "operator": "Exists"}]}),
                false,
            ),
        ];
        for (selector, expected) in cases {
            assert_eq!(matches(&selector, labels), expected, "{selector}");
        }
    }

    #[test]
    fn an_empty_service_selector_selects_nothing() {
        let labels = json!({"app": "db"});
        assert!(map_matches(&json!({"app": "db"}), labels.as_object()));
        assert!(!map_matches(&json!({}), labels.as_object()));
        assert!(!map_matches(&json!(null), labels.as_object()));
        assert!(!map_matches(&json!({"app": "web"}), labels.as_object()));
    }
}
