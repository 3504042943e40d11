//! Reading scales, which all resources that can be scaled share.

use serde_json::Value;

use super::{
    super::{
        call::Call,
        status::StatusError,
        types::decode::{read_as, read_converted},
    },
    expected::{Expected, PATCHES, Verdict},
    foreign::{Foreign, report},
    options::FieldValidation,
    patch::{self, PatchType, Patched},
    patched::{self, Origin},
    type_meta::{self, TypeMeta},
};

/// What is said of any body that is no scale where the resource is a custom one.
const UNKNOWN: &str = "no kind is registered for the type v1.Scale in scheme \"pkg/runtime/scheme.go:111\"";

/// The kind of the scale subresource.
pub(super) static SCALE: Foreign = Foreign {
    expected: Expected {
        kind: "Scale",
        package: "autoscaling",
        versions: &["autoscaling/v1"],
    },
    definition: "io.k8s.api.autoscaling.v1.Scale",
};

/// The scale that a request brings.
pub(super) fn replacement(call: &mut Call<'_>, validation: FieldValidation) -> Result<Value, StatusError> {
    let is_custom = call.resource.custom.is_some();
    SCALE.read(call, validation).map_err(|error| {
        if is_custom {
            StatusError::bad_request(UNKNOWN)
        } else {
            error
        }
    })
}

/// The scale that a patch makes of the one there is.
pub(super) fn patched(
    call: &mut Call<'_>,
    kind: PatchType,
    old: &Value,
    validation: FieldValidation,
) -> Result<Value, StatusError> {
    let Patched {
        mut value,
        mut problems,
        patch,
    } = patch::patched(call, kind, old, SCALE.schema(), validation)?;
    let shown = Origin::of(kind, old, &patch).shown(&value, &call.request.body);
    let is_strategic = kind == PatchType::Strategic;
    let refuse = |why: String| patched::invalid_patch(shown.clone(), why);
    let stated = TypeMeta::of(&value).map_err(refuse)?;
    let completed = SCALE.expected.completed(stated.clone());
    if let Verdict::Other(why) = SCALE.expected.verdict(call, &completed, &value, PATCHES) {
        return Err(refuse(why));
    }
    let before = value.clone();
    let read = match SCALE.schema().filter(|_| is_strategic) {
        Some(schema) => read_converted(schema, &mut value, &before),
        None if !is_strategic && stated.api_version.is_empty() => Ok(type_meta::forget_fields(&mut value)),
        None => read(&mut value),
    };
    let unknown = read.map_err(refuse)?;
    problems.extend(unknown.iter().map(|path| format!("unknown field {path:?}")));
    report(call, problems, validation).map_err(refuse)?;
    Ok(value)
}

fn read(value: &mut Value) -> Result<Vec<String>, String> {
    SCALE
        .schema()
        .map_or(Ok(Vec::new()), |schema| read_as(schema, value))
}
