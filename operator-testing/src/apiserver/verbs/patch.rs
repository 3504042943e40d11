//! Patching objects.
//!
//! Source: `k8s.io/apiserver/pkg/endpoints/handlers/patch.go`.

use serde_json::Value;

use super::{
    super::{
        access::Attributes,
        admission,
        call::{Call, Halt},
        meta::{self, Object},
        patch::{self, apply::Applied, yaml},
        request::{Target, Verb},
        response::Response,
        state::State,
        status::{About, StatusError},
        store::Stored,
        types::Schema,
        wording,
    },
    answer,
    body::{self, Format, Parsed},
    create::{self, Source},
    managers,
    options::{FieldValidation, WriteOptions},
    patched::{self, Origin},
    strategy::Part,
    update,
};

/// How a patch is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PatchType {
    Json,
    Merge,
    Strategic,
    Apply,
}

impl PatchType {
    const NAMES: [(&'static str, Self); 4] = [
        ("application/json-patch+json", Self::Json),
        ("application/merge-patch+json", Self::Merge),
        ("application/strategic-merge-patch+json", Self::Strategic),
        ("application/apply-patch+yaml", Self::Apply),
    ];

    /// The type that the `Content-Type` header names.
    pub(super) fn of(call: &Call<'_>) -> Result<Self, StatusError> {
        let header = call
            .request
            .header(http::header::CONTENT_TYPE)
            .unwrap_or_default();
        let media_type = body::media_type(header);
        let served = Self::NAMES
            .into_iter()
            .filter(|(_, kind)| *kind != Self::Strategic || call.resource.custom.is_none());
        match served.clone().find(|(name, _)| *name == media_type) {
            Some((_, kind)) => Ok(kind),
            // the routes of built-in kinds list what they take, and what does not fit never gets to the handler
            None if call.resource.custom.is_none() => Err(StatusError::from_code(
                415,
                "UnsupportedMediaType",
                "415: Unsupported Media Type",
            )),
            None => {
                let accepted: Vec<_> = served.map(|(name, _)| name).collect();
                Err(StatusError::unsupported_media_type(&accepted))
            }
        }
    }
}

/// `PATCH` of an object or of one of its subresources.
pub(super) fn patch(state: &mut State, call: &mut Call<'_>) -> Result<Response, Halt> {
    let kind = PatchType::of(call)?;
    update::check_named(call)?;
    let options = WriteOptions::of(call.request, "PatchOptions", kind == PatchType::Apply)?;
    let stored = state.store.get(&call.storage(), &call.key()).cloned();
    let Some(stored) = stored else {
        let creates = call.target.subresource.is_empty() || update::creates_missing(call);
        if kind == PatchType::Apply && creates {
            return create_by_apply(state, call, &options);
        }
        return Err(call.not_found().into());
    };
    let stored = call.shown(stored)?;
    let repeats = kind == PatchType::Apply && repeats(call, &stored, &options)?;
    if repeats && is_settled(state, call, &stored) {
        return Ok(answer::stored(call, 200, &stored));
    }
    let old = Value::Object(call.object(&stored));
    let part = Part::of(&call.target.subresource);
    let mut object = if repeats {
        settle(call, old.clone(), &options)?
    } else if kind == PatchType::Apply {
        match apply(call, Some(&old), &options)? {
            Some(value) => settle(call, value, &options)?,
            None if is_settled(state, call, &stored) => return Ok(answer::stored(call, 200, &stored)),
            None => settle(call, old.clone(), &options)?,
        }
    } else {
        let schema = call.resource.schema.clone();
        let Patched {
            value,
            problems,
            patch,
        } = patched(call, kind, &old, schema.as_deref(), options.field_validation)?;
        let origin = Origin::of(kind, &old, &patch);
        let mut object = patched::read(call, value, problems, options.field_validation, origin)?;
        managers::track(call, Some(&old), &mut object, &options)?;
        object
    };
    create::settle_namespace(call, &mut object)?;
    update::check_name(call, &object)?;
    update::change(state, call, &stored, &old, object, part, &options)
}

/// What a patch makes of a value.
pub(super) struct Patched {
    pub(super) value: Value,
    /// What strict decoding finds in the patch.
    pub(super) problems: Vec<String>,
    pub(super) patch: Value,
}

/// A value with the patch of the request applied.
pub(super) fn patched(
    call: &Call<'_>,
    kind: PatchType,
    old: &Value,
    schema: Option<&Schema>,
    validation: FieldValidation,
) -> Result<Patched, StatusError> {
    let Parsed {
        value: patch,
        duplicates,
        ..
    } = body::parse(Format::Json, &call.request.body).map_err(|error| {
        StatusError::bad_request(match (kind, validation) {
            (PatchType::Merge, FieldValidation::Ignore) => patch::merge::UNREADABLE.to_owned(),
            (PatchType::Strategic, _) | (_, FieldValidation::Ignore) => error,
            _ => format!("error decoding patch: {error}"),
        })
    })?;
    let mut problems: Vec<String> = duplicates
        .iter()
        .map(|path| format!("duplicate field {path:?}"))
        .collect();
    // whoever ignores what is wrong with the fields of a patch does not read it before it is applied
    let is_unread = validation == FieldValidation::Ignore;
    let value = match kind {
        PatchType::Json => {
            problems = problems
                .iter()
                .map(|problem| format!("json patch {problem}"))
                .chain(patch::json::unknown_fields(&patch))
                .collect();
            if is_unread {
                patch::json::check_unread(&patch)?;
            }
            patch::json::apply(old, &patch)?
        }
        PatchType::Strategic => {
            let nothing = Schema::default();
            patch::strategic::apply(old, &patch, schema.unwrap_or(&nothing))?
        }
        PatchType::Merge | PatchType::Apply => {
            let mut value = old.clone();
            if is_unread {
                patch::merge::apply_unread(&mut value, &patch)?;
            } else {
                patch::merge::apply(&mut value, &patch)?;
            }
            value
        }
    };
    Ok(Patched {
        value,
        problems,
        patch,
    })
}

/// Creates the object that an apply describes.
fn create_by_apply(state: &mut State, call: &mut Call<'_>, options: &WriteOptions) -> Result<Response, Halt> {
    let value = apply(call, None, options)?.unwrap_or_default();
    let mut object = settle(call, value, options)?;
    let uid = meta::text(&object, "uid");
    if !uid.is_empty() {
        let why = format!(
            "uid mismatch: the provided object specified uid {uid}, and no existing object was found"
        );
        return Err(StatusError::conflict(call.about(), why).into());
    }
    create::settle_namespace(call, &mut object)?;
    update::check_name(call, &object)?;
    if !call.request.trusted {
        let creation = Target {
            verb: Verb::Create,
            ..call.target.clone()
        };
        let attributes = Attributes::of(Some(&creation), call.request);
        call.access.require(&state.store, call.user, &attributes)?;
    }
    create::store_new(state, call, object, options, Source::Upsert)
}

/// Whether a change that changes nothing needs no further look: the server's own rules have nothing to add to what they have
/// accepted, nobody else is asked, and there is nothing to warn of. Rules of custom resources may have changed since, of which
/// clients are warned.
fn is_settled(state: &State, call: &Call<'_>, stored: &Stored) -> bool {
    call.resource.custom.is_none()
        && !stored.unsettled
        && !is_warned_of(call)
        && !admission::is_extended(state, call)
}

/// Whether clients are warned of what an object holds with every write, even if the write changes nothing.
fn is_warned_of(call: &Call<'_>) -> bool {
    match &*call.resource.plural {
        "csistoragecapacities"
        | "endpoints"
        | "endpointslices"
        | "ingresses"
        | "networkpolicies"
        | "nodes"
        | "persistentvolumeclaims"
        | "persistentvolumes"
        | "resourceslices"
        | "runtimeclasses"
        | "secrets"
        | "services"
        | "storageclasses" => true,
        "pods" => &*call.target.subresource == "status",
        _ => false,
    }
}

/// Whether the request is plainly an apply of what is applied already.
fn repeats(call: &Call<'_>, stored: &Stored, options: &WriteOptions) -> Result<bool, Halt> {
    if !call.reads_as_stored(stored) {
        return Ok(false);
    }
    managers::with_request(call, options, |request| {
        patch::apply::changes_nothing(stored.json(), &call.request.body, request)
    })
}

/// The object with the configuration of the request applied; `None` if that changes nothing.
fn apply(call: &mut Call<'_>, old: Option<&Value>, options: &WriteOptions) -> Result<Option<Value>, Halt> {
    let document = configuration(&call.request.body)
        .map_err(|error| StatusError::bad_request(format!("error decoding YAML: {error}")))?;
    let applied = managers::with_request(call, options, |request| {
        patch::apply::apply(old, &document.value, options.force, request)
    })??;
    let value = match (applied, old) {
        (Applied::Changed(value), _) => Some(value),
        (Applied::Unchanged, Some(_)) => None,
        (Applied::Unchanged, None) => Some(document.value),
    };
    if !document.duplicates.is_empty() {
        match options.field_validation {
            FieldValidation::Ignore => {}
            FieldValidation::Warn => call.warnings.extend(document.duplicates),
            FieldValidation::Strict => {
                return Err(StatusError::bad_request(format!(
                    "error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  {}",
                    document.duplicates.join("\n  ")
                ))
                .into());
            }
        }
    }
    Ok(value)
}

/// Brings what an apply made into the form of the resource.
fn settle(call: &mut Call<'_>, value: Value, options: &WriteOptions) -> Result<Object, StatusError> {
    patched::read(call, value, Vec::new(), options.field_validation, Origin::Apply)
}

/// Reads an applied configuration: YAML, but mostly JSON, which is read faster as what it is.
fn configuration(body: &[u8]) -> Result<yaml::Document, String> {
    let json = body
        .iter()
        .find(|byte| !byte.is_ascii_whitespace())
        .is_some_and(|byte| *byte == b'{');
    if json
        && let Ok(parsed) = body::parse(Format::Json, body)
        && parsed.duplicates.is_empty()
    {
        return Ok(yaml::Document {
            value: parsed.value,
            duplicates: Vec::new(),
        });
    }
    let text = std::str::from_utf8(body)
        .map_err(|_| "error converting YAML to JSON: yaml: invalid leading UTF-8 octet".to_owned())?;
    let mut document = yaml::read(text)?;
    match &document.value {
        Value::Object(_) => {}
        Value::Null => document.value = Value::Object(Object::new()),
        other => {
            return Err(format!(
                "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
                wording::json_kind(other)
            ));
        }
    }
    Ok(document)
}

/// What an error about the scale of the request's object is about.
pub(super) fn about_scale<'a>(call: &'a Call<'_>) -> About<'a> {
    About {
        group: "autoscaling",
        kind: "Scale",
        name: &call.target.name,
    }
}
