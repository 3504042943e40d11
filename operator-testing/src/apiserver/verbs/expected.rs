//! The type that a body is expected to be of, and what is said of one that is not.
//!
//! Source: `k8s.io/apiserver/pkg/endpoints/handlers/{create,rest}.go`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{
    super::{call::Call, status::StatusError, types::decode::fields_in_order},
    body::{self, Format},
    type_meta::TypeMeta,
};

/// How much of a body messages show.
const SUMMARY: usize = 30;

/// Where the server looks for the types of bodies, and of what patches made.
const BODIES: &str = "pkg/api/legacyscheme/scheme.go:30";
pub(super) const PATCHES: &str = "pkg/runtime/scheme.go:111";

/// The type that a body is expected to be of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    pub(super) kind: &'a str,
    /// The package that holds the server's own form of the kind, as messages name it.
    pub(super) package: &'a str,
    /// The versions in which it is taken; the first is that of a body which states none.
    pub(super) versions: &'a [&'a str],
}

/// How a body of a built-in kind stands to what is expected of it.
pub(super) enum Verdict {
    /// It is of the type.
    Same,
    /// It is of the kind, in a version that is known and not taken here.
    OtherVersion,
    /// It is of another type: why it cannot be taken.
    Other(String),
}

impl Expected<'_> {
    /// Completes what a body states of its type.
    pub(super) fn completed(&self, mut stated: TypeMeta) -> TypeMeta {
        if stated.kind.is_empty() {
            self.kind.clone_into(&mut stated.kind);
        }
        if stated.api_version.is_empty() {
            self.versions[0].clone_into(&mut stated.api_version);
        }
        stated
    }

    /// How a body stands to the type that it states, [completed](Self::completed). `scheme` is where the server would have looked
    /// for another type.
    pub(super) fn verdict(&self, call: &Call<'_>, stated: &TypeMeta, value: &Value, scheme: &str) -> Verdict {
        let TypeMeta { kind, api_version } = stated;
        let is_kind = *kind == *self.kind;
        if is_kind && self.versions.contains(&api_version.as_str()) {
            return Verdict::Same;
        }
        let (group, version) = (stated.group(), stated.version());
        let types = call.types.snapshot();
        if !types.is_builtin(group, version, kind) {
            return Verdict::Other(format!(
                "no kind {kind:?} is registered for version {api_version:?} in scheme {scheme:?}"
            ));
        }
        if is_kind {
            return Verdict::OtherVersion;
        }
        // it is read as what it states to be before that turns out to be of no use
        let order = match scheme {
            BODIES => fields_in_order(&call.request.body),
            _ => Vec::new(),
        };
        Verdict::Other(
            types
                .misread(group, version, kind, value, &order)
                .unwrap_or_else(|| {
                    format!(
                        "converting ({version}.{kind}) to ({}.{}): unknown conversion",
                        self.package, self.kind
                    )
                }),
        )
    }

    /// Checks kind and version that a body of a built-in kind states, and fills them in where it states none. Returns what
    /// messages about the body begin with.
    ///
    /// # Errors
    /// 400: the body is of another type, or of a version that is known and not taken here.
    pub(super) fn check(
        &self,
        call: &Call<'_>,
        stated: TypeMeta,
        value: &mut Value,
    ) -> Result<String, StatusError> {
        let stated = self.completed(stated);
        let TypeMeta { kind, api_version } = &stated;
        let prefix = format!(
            "{kind} in version {:?} cannot be handled as a {}",
            stated.version(),
            self.kind
        );
        match self.verdict(call, &stated, value, BODIES) {
            Verdict::Same => {}
            Verdict::OtherVersion => return Err(other_version(api_version, self.versions[0])),
            Verdict::Other(why) => return Err(StatusError::bad_request(format!("{prefix}: {why}"))),
        }
        if value.is_null() {
            *value = json!({});
        }
        if let Value::Object(object) = value {
            object.insert("kind".into(), json!(kind));
            object.insert("apiVersion".into(), json!(api_version));
        }
        Ok(prefix)
    }
}

/// 400 about a body of a version that is known, but not expected here.
pub(super) fn other_version(stated: &str, expected: &str) -> StatusError {
    StatusError::bad_request(format!(
        "the API version in the data ({stated}) does not match the expected API version ({expected})"
    ))
}

/// 400 about a body that cannot be parsed.
pub(super) fn unreadable(call: &Call<'_>, kind: &str, format: Format, error: &str) -> StatusError {
    match format {
        Format::Json => unrecognised(
            call,
            kind,
            &format!("couldn't get version/kind; json parse error: {error}"),
        ),
        Format::Yaml => unrecognised(call, kind, body::of_yaml(error)),
        Format::Protobuf => unrecognised(call, kind, error),
    }
}

/// 400 about a body of which not even kind and version can be told.
pub(super) fn unrecognised(call: &Call<'_>, kind: &str, why: &str) -> StatusError {
    StatusError::bad_request(format!(
        "the object provided is unrecognized (must be of type {kind}): {why} ({})",
        summary(&call.request.body)
    ))
}

/// The beginning of a body, in hexadecimal digits if it does not look like JSON.
fn summary(body: &[u8]) -> String {
    let (shown, more) = match body.get(..SUMMARY) {
        Some(shown) if body.len() > SUMMARY => (shown, " ..."),
        _ => (body, ""),
    };
    match body.first() {
        None => "<empty>".to_owned(),
        Some(b'{') => format!("{}{more}", String::from_utf8_lossy(shown)),
        Some(_) => {
            let mut text = String::new();
            for byte in shown {
                write!(text, "{byte:02x}").expect("a string takes every write");
            }
            text + more
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_show_how_a_body_begins() {
        assert_eq!(summary(b""), "<empty>");
        assert_eq!(summary(b"{}"), "{}");
        assert_eq!(summary(b"null"), "6e756c6c");
        assert_eq!(
            summary(br#"{"apiVersion": "example.com/v1", "kind": "Widget"}"#),
            r#"{"apiVersion": "example.com/v1 ..."#
        );
    }
}
