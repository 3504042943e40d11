//! Kind and version that a body states, as the server looks for them before it reads the rest.
//!
//! Source: `k8s.io/apimachinery/pkg/runtime/serializer/json/meta.go`.

use serde_json::{Map, Value};

use super::super::wording;

/// What happens to an object of a built-in kind of which a patch took the version: it is read as the server's own form of the kind,
/// whose fields have other names. Returns the names that are unknown there.
pub(super) fn forget_fields(object: &mut Value) -> Vec<String> {
    let mut unknown = Vec::new();
    if let Value::Object(fields) = object {
        fields.retain(|name, _| {
            let known = matches!(name.as_str(), "apiVersion" | "kind");
            if !known {
                unknown.push(name.clone());
            }
            known
        });
    }
    unknown
}

/// Kind and version of a body; empty where it does not state them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TypeMeta {
    pub(super) kind: String,
    pub(super) api_version: String,
}

impl TypeMeta {
    /// What a body states. Names of fields count whatever their case.
    ///
    /// # Errors
    /// The body is not an object, or states something that is no kind or no version.
    pub(super) fn of(body: &Value) -> Result<Self, String> {
        let fields = match body {
            Value::Null => return Ok(Self::default()),
            Value::Object(fields) => fields,
            other => return Err(misread(&wording::not_an_object(other))),
        };
        let stated = Self {
            api_version: text(fields, "apiVersion")?,
            kind: text(fields, "kind")?,
        };
        match stated.api_version.matches('/').count() {
            0 => Ok(stated),
            // a version without a group may be written as one of the group without a name
            1 => Ok(Self {
                api_version: stated.api_version.trim_start_matches('/').to_owned(),
                ..stated
            }),
            _ => Err(format!("unexpected GroupVersion string: {}", stated.api_version)),
        }
    }

    /// The group of the version.
    pub(super) fn group(&self) -> &str {
        self.api_version.rsplit_once('/').map_or("", |(group, _)| group)
    }

    /// The version without its group.
    pub(super) fn version(&self) -> &str {
        self.api_version.rsplit('/').next().unwrap_or_default()
    }
}

fn text(fields: &Map<String, Value>, name: &str) -> Result<String, String> {
    let named = || {
        let mut fields = fields.iter();
        fields.find_map(|(field, value)| field.eq_ignore_ascii_case(name).then_some(value))
    };
    match fields.get(name).or_else(named) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(other) => Err(misread(&format!(
            "json: cannot unmarshal {} into Go struct field .{name} of type string",
            wording::json_kind(other)
        ))),
    }
}

fn misread(why: &str) -> String {
    format!("couldn't get version/kind; json parse error: {why}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_states_kind_and_version_or_not() {
        let stated = |body: &Value| TypeMeta::of(body).map(|stated| (stated.kind, stated.api_version));
        let pair = |kind: &str, version: &str| Ok((kind.to_owned(), version.to_owned()));
        assert_eq!(
            stated(&json!({"kind": "Job", "apiVersion": "batch/v1"})),
            pair("Job", "batch/v1")
        );
        assert_eq!(
            stated(&json!({"Kind": "Job", "apiVersion": null})),
            pair("Job", "")
        );
        assert_eq!(stated(&json!({"apiVersion": "/v9"})), pair("", "v9"));
        assert_eq!(stated(&json!({"apiVersion": "/"})), pair("", ""));
        assert_eq!(stated(&json!(null)), pair("", ""));
        let wrong = [
            (
                json!({"kind": 3}),
                "couldn't get version/kind; json parse error: json: cannot unmarshal number into Go struct field .kind of type string",
            ),
            (
                json!({"kind": 3, "apiVersion": []}),
                "couldn't get version/kind; json parse error: json: cannot unmarshal array into Go struct field .apiVersion of type string",
            ),
            (
                json!({"apiVersion": "a/b/c"}),
                "unexpected GroupVersion string: a/b/c",
            ),
        ];
        for (body, why) in wrong {
            assert_eq!(stated(&body), Err(why.to_owned()), "{body}");
        }
        assert!(stated(&json!([])).is_err());
    }

    #[test]
    fn a_version_has_a_group() {
        let stated = |api_version: &str| TypeMeta {
            api_version: api_version.into(),
            ..TypeMeta::default()
        };
        assert_eq!(
            (stated("apps/v1").group(), stated("apps/v1").version()),
            ("apps", "v1")
        );
        assert_eq!((stated("v1").group(), stated("v1").version()), ("", "v1"));
    }
}
