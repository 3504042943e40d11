//! Labels and label selectors as one line of text.

use serde_json::Value;

use super::fields;

/// A map of labels: `a=b,c=d`, or `<none>`.
pub(super) fn labels(object: &Value, pointer: &str) -> String {
    let labels: Vec<_> = fields::map(object, pointer)
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    if labels.is_empty() {
        "<none>".into()
    } else {
        labels.join(",")
    }
}

/// A label selector, or `<none>` where it is empty.
pub(super) fn selector_or_none(object: &Value, pointer: &str) -> String {
    let text = selector(object, pointer);
    if text.is_empty() { "<none>".into() } else { text }
}

/// A label selector: its requirements by key.
pub(super) fn selector(object: &Value, pointer: &str) -> String {
    let labels = fields::map(object, &format!("{pointer}/matchLabels"));
    let mut requirements: Vec<(&str, String)> = labels
        .into_iter()
        .map(|(key, value)| (key, format!("{key}={value}")))
        .collect();
    for expression in fields::list(object, &format!("{pointer}/matchExpressions")) {
        let key = fields::text(expression, "/key");
        let mut values = fields::texts(expression, "/values");
        values.sort_unstable();
        let values = values.join(",");
        let text = match fields::text(expression, "/operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key.to_owned(),
            _ => format!("!{key}"),
        };
        requirements.push((key, text));
    }
    requirements.sort_by_key(|(key, _)| *key);
    let texts: Vec<_> = requirements.into_iter().map(|(_, text)| text).collect();
    texts.join(",")
}
