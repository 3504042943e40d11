//! `POST serviceaccounts/NAME/token`: issues a token.
//!
//! Source: `k8s.io/kubernetes/pkg/registry/core/serviceaccount/storage/token.go`.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{
    super::{
        access::{AUDIENCE, Claims},
        call::{Call, Halt},
        response::Response,
        state::State,
        status::{About, FieldError, StatusError},
        store::{ObjectKey, ResourceKey},
    },
    answer,
    expected::Expected,
    foreign::Foreign,
    options::WriteOptions,
};
use crate::clock::shown;

/// How long a token lives that nobody set an end to.
const DEFAULT_SECONDS: i64 = 3600;
const SHORTEST_SECONDS: i64 = 600;

static TOKEN_REQUEST: Foreign = Foreign {
    expected: Expected {
        kind: "TokenRequest",
        package: "authentication",
        versions: &["authentication.k8s.io/v1"],
    },
    definition: "io.k8s.api.authentication.v1.TokenRequest",
};

/// Issues a token for the service account.
pub(super) fn create(state: &mut State, call: &mut Call<'_>) -> Result<Response, Halt> {
    let options = WriteOptions::of(call.request, "CreateOptions", false)?;
    let asked = TOKEN_REQUEST.read(call, options.field_validation)?;
    let metadata = asked.get("metadata").unwrap_or(&Value::Null);
    for (field, own, what) in [
        ("name", &call.target.name, "the service account name"),
        (
            "namespace",
            &call.target.namespace,
            "the service account namespace",
        ),
    ] {
        let given = text(metadata, field);
        if !given.is_empty() && given != own.as_str() {
            let error = FieldError::invalid(
                format!("metadata.{field}"),
                &given.into(),
                format!("must match {what} if specified"),
            );
            return Err(StatusError::invalid(about(&call.target.name), &[error]).into());
        }
    }
    let account = state.store.get(&call.storage(), &call.key()).cloned();
    let account = account.ok_or_else(|| call.not_found())?;
    let spec = asked.get("spec").unwrap_or(&Value::Null);
    let seconds = spec["expirationSeconds"].as_i64().unwrap_or(DEFAULT_SECONDS);
    check_seconds(seconds)?;
    let bound = bound_object(state, call, &spec["boundObjectRef"])?;
    let mut audiences: Vec<String> = spec["audiences"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    if audiences.is_empty() {
        audiences.push(AUDIENCE.to_owned());
    }
    let issued = call.time;
    let expires = issued
        .checked_add(SignedDuration::from_secs(seconds))
        .map_err(|error| StatusError::internal(error.to_string()))?;
    let claims = Claims {
        namespace: call.target.namespace.clone(),
        account: call.target.name.clone(),
        uid: account.uid.to_string(),
        bound,
        audiences: audiences.clone(),
        issued,
        expires,
        id: state.dice.uid(),
    };
    let token = if options.dry_run {
        String::new()
    } else {
        call.access.issue(claims)
    };
    let answer = json!({
        "kind": "TokenRequest",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": {
            "name": call.target.name, "namespace": call.target.namespace, "uid": &*account.uid,
            "creationTimestamp": call.now,
        },
        "spec": {"audiences": audiences, "expirationSeconds": seconds, "boundObjectRef": spec["boundObjectRef"]},
        "status": {
            "token": token, "expirationTimestamp": shown(expires),
        },
    });
    Ok(answer::finish(call, Response::value(201, &answer)))
}

fn about(name: &str) -> About<'_> {
    About {
        group: "authentication.k8s.io",
        kind: "TokenRequest",
        name,
    }
}

fn check_seconds(seconds: i64) -> Result<(), StatusError> {
    let why = if seconds < SHORTEST_SECONDS {
        "may not specify a duration less than 10 minutes"
    } else if seconds > 1 << 32 {
        "may not specify a duration larger than 2^32 seconds"
    } else {
        return Ok(());
    };
    let error = FieldError::invalid("spec.expirationSeconds", &seconds.into(), why);
    Err(StatusError::invalid(about(""), &[error]))
}

/// The object that the token ends with.
fn bound_object(
    state: &State,
    call: &Call<'_>,
    reference: &Value,
) -> Result<Option<(ResourceKey, String, String)>, StatusError> {
    if reference.is_null() {
        return Ok(None);
    }
    let (kind, version) = (text(reference, "kind"), text(reference, "apiVersion"));
    let (plural, namespace) = match (kind, version) {
        ("Pod", "v1") => ("pods", call.target.namespace.as_str()),
        ("Secret", "v1") => ("secrets", call.target.namespace.as_str()),
        ("Node", "v1") => ("nodes", ""),
        _ => {
            let (group, version) = version.split_once('/').unwrap_or(("", version));
            return Err(StatusError::bad_request(format!(
                "cannot bind token to object of type {group}/{version}, Kind={kind}"
            )));
        }
    };
    let (resource, name) = (ResourceKey::new("", plural), text(reference, "name"));
    let about = About {
        group: "",
        kind: plural,
        name,
    };
    let stored = state
        .store
        .get(&resource, &ObjectKey::new(namespace, name))
        .ok_or_else(|| StatusError::not_found(about))?;
    let wanted = text(reference, "uid");
    if !wanted.is_empty() && *wanted != *stored.uid {
        let why = format!(
            "the UID in the bound object reference ({wanted}) does not match the UID in record. The object might have been deleted and then recreated"
        );
        return Err(StatusError::conflict(about, why));
    }
    Ok(Some((resource, name.to_owned(), stored.uid.to_string())))
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}
