//! The options of a deletion, from its body or its query.
//!
//! Source: `k8s.io/apiserver/pkg/endpoints/handlers/delete.go`, whose scheme is that of
//! `k8s.io/apimachinery/pkg/apis/meta/internalversion`.

use serde_json::{Value, json};

use super::{
    super::{
        call::Call,
        lifecycle::DeleteOptions,
        status::StatusError,
        types::{DefinitionId, decode::read_as},
    },
    body::{self, Format},
    type_meta::TypeMeta,
};

/// The kinds that are known in every version.
const UNVERSIONED: [&str; 8] = [
    "APIGroup",
    "APIGroupList",
    "APIResourceList",
    "APIVersions",
    "CreateOptions",
    "DeleteOptions",
    "Status",
    "UpdateOptions",
];

/// The kinds that are known in one version alone.
const OF_META: [&str; 8] = [
    "GetOptions",
    "ListOptions",
    "PartialObjectMetadata",
    "PartialObjectMetadataList",
    "PatchOptions",
    "Table",
    "TableOptions",
    "WatchEvent",
];

const META: &str = "meta.k8s.io/v1";

/// Reads the options. Whoever sends a body says everything in it.
pub(super) fn read(call: &Call<'_>) -> Result<DeleteOptions, StatusError> {
    let query = &call.request.query;
    if call.request.body.is_empty() {
        return DeleteOptions::read(&Value::Null, query);
    }
    let format = body::format(call)?;
    let parsed = body::parse_of_type(format, &call.request.body).map_err(|error| match format {
        Format::Json => format!("couldn't get version/kind; json parse error: {error}"),
        Format::Yaml | Format::Protobuf => body::of_yaml(&error).to_owned(),
    });
    let options = parsed.and_then(|parsed| of_type(parsed.value));
    DeleteOptions::read(&options.map_err(StatusError::bad_request)?, query)
}

/// Brings a body into the form of the options.
fn of_type(mut value: Value) -> Result<Value, String> {
    let stated = TypeMeta::of(&value)?;
    check(&stated)?;
    if value.is_null() {
        value = json!({});
    }
    if let Some(id) = DefinitionId::named("io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions") {
        read_as(id.schema(), &mut value)?;
    }
    Ok(value)
}

fn check(stated: &TypeMeta) -> Result<(), String> {
    let (kind, api_version) = (stated.kind.as_str(), stated.api_version.as_str());
    let is_meta = matches!(api_version, "" | META);
    if matches!(kind, "" | "DeleteOptions") {
        Ok(())
    } else if UNVERSIONED.contains(&kind) || is_meta && OF_META.contains(&kind) {
        Err(format!(
            "converting (v1.{kind}) to (v1.DeleteOptions): unknown conversion"
        ))
    } else {
        let version = if is_meta { META } else { api_version };
        Err(format!(
            "no kind {kind:?} is registered for version {version:?} in scheme \"pkg/runtime/scheme.go:111\""
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_read_by_the_type_of_the_options() {
        let wrong = [
            (
                json!({"gracePeriodSeconds": "x"}),
                "json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64",
            ),
            (
                json!({"preconditions": {"uid": 3}}),
                "json: cannot unmarshal number into Go struct field Preconditions.preconditions.uid of type types.UID",
            ),
            (
                json!({"dryRun": "All"}),
                "json: cannot unmarshal string into Go struct field DeleteOptions.dryRun of type []string",
            ),
            (
                json!({"kind": "Status", "apiVersion": "v1"}),
                "converting (v1.Status) to (v1.DeleteOptions): unknown conversion",
            ),
            (
                json!({"kind": "ListOptions", "apiVersion": "v1"}),
                "no kind \"ListOptions\" is registered for version \"v1\" in scheme \"pkg/runtime/scheme.go:111\"",
            ),
            (
                json!({"kind": "DeleteOptions", "apiVersion": "a/b/c"}),
                "unexpected GroupVersion string: a/b/c",
            ),
        ];
        for (body, why) in wrong {
            assert_eq!(of_type(body.clone()), Err(why.to_owned()), "{body}");
        }
        for body in [
            json!(null),
            json!({"unknown": 1}),
            json!({"kind": "DeleteOptions", "apiVersion": "a/b"}),
        ] {
            assert!(of_type(body.clone()).is_ok(), "{body}");
        }
    }
}
