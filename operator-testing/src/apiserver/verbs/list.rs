//! Reading many objects.
//!
//! Source: `k8s.io/apiserver/pkg/storage/{continue,interfaces}.go`, `k8s.io/apiserver/pkg/storage/etcd3/store.go`.

use std::sync::Arc;

use base64::{DecodeError, Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    super::{
        call::{Call, Halt},
        encode,
        parameters::number,
        response::Response,
        selector::{Selector, Written},
        state::State,
        status::{FieldError, StatusError},
        store::{Revision, Stored},
        types::decode::syntax_problem,
    },
    answer, options,
};

const TOO_OLD: &str = "The resourceVersion for the provided list is too old.";
const CONTINUE_TOO_OLD: &str = "The provided continue parameter is too old to display a consistent list result. You can start \
    a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the \
    results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or \
    deleted between the time the first chunk was returned and now may show up in the list.";

/// Which revision a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Newest,
    Exactly(Revision),
}

/// A place in a list that was begun earlier.
struct Continue {
    /// `None` to go on at the newest revision, which may not fit what was shown before.
    revision: Option<Revision>,
    start: String,
}

/// `GET` of a collection.
pub(super) fn list(state: &mut State, call: &mut Call<'_>) -> Result<Response, Halt> {
    let query = &call.request.query;
    let limit = usize::try_from(number(query, "limit")?.unwrap_or(0)).unwrap_or(0);
    number(query, "timeoutSeconds")?;
    let selector = Written::parse(query.text("labelSelector"), query.text("fieldSelector"))?;
    validate(call)?;
    let selector = selector.of(&call.resource)?;
    let token = query.text("continue");
    let version = query.text("resourceVersion");
    let (at, from) = if token.is_empty() {
        let revision = options::revision(version).map_err(|error| {
            StatusError::bad_request(format!("invalid resource version: {}", error.message))
        })?;
        options::reached(state, revision)?;
        let exact = query.text("resourceVersionMatch") == "Exact"
            || (query.text("resourceVersionMatch").is_empty() && limit > 0 && revision > 0);
        (if exact { At::Exactly(revision) } else { At::Newest }, None)
    } else {
        let place = read_token(token)?;
        if !matches!(version, "" | "0") {
            return Err(StatusError::bad_request(
                "specifying resource version is not allowed when using continue",
            )
            .into());
        }
        let at = place.revision.map_or(At::Newest, At::Exactly);
        (at, Some(place.start))
    };
    let at = match (at, call.view) {
        (At::Newest, Some(view)) => At::Exactly(view),
        (at, _) => at,
    };
    let namespace = (!call.target.namespace.is_empty()).then_some(call.target.namespace.as_str());
    let prefix = namespace
        .map(|namespace| format!("{namespace}/"))
        .unwrap_or_default();
    let from = from.map(|start| format!("{prefix}{start}"));
    let storage = call.storage();
    let (objects, revision): (Vec<Arc<Stored>>, _) = match at {
        At::Newest => {
            let objects = state.store.list(&storage, namespace, from.as_deref());
            (objects.cloned().collect(), state.store.revision())
        }
        At::Exactly(revision) => {
            let objects = state
                .store
                .list_at(&storage, namespace, from.as_deref(), revision)
                .map_err(|_| too_old(from.as_deref(), &prefix))?;
            (objects, revision)
        }
    };
    let objects = call.shown_list(objects)?;
    // what is served from memory comes whole
    let limit = if version == "0" && token.is_empty() {
        0
    } else {
        limit
    };
    let (page, next, remaining) = match selector.fields.only_name() {
        Some(name) if namespace.is_some() || !call.resource.namespaced => {
            let named = objects.into_iter().filter(|object| object.key.name() == name);
            cut(named.collect(), &selector, limit)
        }
        _ => cut(objects, &selector, limit),
    };
    let token = next.map(|last| {
        let last = last.strip_prefix(&prefix).unwrap_or(&last);
        write_token(revision, &format!("{last}\u{0}"))
    });
    let body = encode(call, &page, revision, token, remaining);
    Ok(answer::finish(call, Response::json(200, body)))
}

/// The first `limit` objects that match, the key of the last of them if there are more, and how many more there are.
fn cut(
    objects: Vec<Arc<Stored>>,
    selector: &Selector,
    limit: usize,
) -> (Vec<Arc<Stored>>, Option<String>, Option<usize>) {
    if limit == 0 {
        let page = objects
            .into_iter()
            .filter(|object| selector.matches(object))
            .collect();
        return (page, None, None);
    }
    let total = objects.len();
    let mut page = Vec::new();
    for (index, object) in objects.into_iter().enumerate() {
        if page.len() == limit {
            let last: &Arc<Stored> = &page[limit - 1];
            let remaining = selector.is_everything().then_some(total - index);
            return (page.clone(), Some(last.key.as_str().to_owned()), remaining);
        }
        if selector.matches(&object) {
            page.push(object);
        }
    }
    (page, None, None)
}

/// Writes the list.
pub(super) fn encode(
    call: &Call<'_>,
    objects: &[Arc<Stored>],
    revision: Revision,
    token: Option<String>,
    remaining: Option<usize>,
) -> Bytes {
    let size: usize = objects.iter().map(|object| object.json().len() + 1).sum();
    let mut metadata = json!({"resourceVersion": revision.to_string()});
    if call.resource.custom.is_some() {
        metadata["continue"] = "".into();
    }
    if let Some(token) = token {
        metadata["continue"] = token.into();
    }
    if let Some(remaining) = remaining {
        metadata["remainingItemCount"] = remaining.into();
    }
    let mut out = Vec::with_capacity(size + 256);
    out.extend_from_slice(
        format!(
            "{{\"kind\":\"{}\",\"apiVersion\":\"{}\",\"metadata\":{metadata},\"items\":[",
            call.resource.list_kind,
            call.resource.api_version()
        )
        .as_bytes(),
    );
    for (index, object) in objects.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        encode::write_item(&mut out, &call.resource, object);
    }
    out.extend_from_slice(b"]}\n");
    Bytes::from(out)
}

/// Checks the parameters that must fit one another.
fn validate(call: &Call<'_>) -> Result<(), StatusError> {
    let query = &call.request.query;
    let mut errors = Vec::new();
    let (version, matching) = (query.text("resourceVersion"), query.text("resourceVersionMatch"));
    if !matching.is_empty() {
        let forbidden = |why: &str| FieldError::forbidden("resourceVersionMatch", why);
        if version.is_empty() {
            errors.push(forbidden(
                "resourceVersionMatch is forbidden unless resourceVersion is provided",
            ));
        }
        if !query.text("continue").is_empty() {
            errors.push(forbidden(
                "resourceVersionMatch is forbidden when continue is provided",
            ));
        }
        if !matches!(matching, "Exact" | "NotOlderThan") {
            errors.push(FieldError::not_supported(
                "resourceVersionMatch",
                &matching.into(),
                &["Exact", "NotOlderThan", ""],
            ));
        }
        if matching == "Exact" && version == "0" {
            errors.push(forbidden(
                "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"",
            ));
        }
    }
    if query.get("sendInitialEvents").is_some() {
        errors.push(FieldError::forbidden(
            "sendInitialEvents",
            "sendInitialEvents is forbidden for list",
        ));
    }
    options::invalid_options("ListOptions", &errors)
}

/// The answer to a list of a revision that is forgotten.
fn too_old(from: Option<&str>, prefix: &str) -> StatusError {
    let Some(from) = from else {
        return StatusError::expired(TOO_OLD);
    };
    let start = from.strip_prefix(prefix).unwrap_or(from);
    let mut gone = StatusError::expired(CONTINUE_TOO_OLD);
    gone.continue_token = Some(encode_token(
        &json!({"v": "meta.k8s.io/v1", "rv": -1, "start": start}),
    ));
    gone
}

fn write_token(revision: Revision, start: &str) -> String {
    encode_token(&json!({"v": "meta.k8s.io/v1", "rv": revision, "start": start}))
}

fn encode_token(token: &Value) -> String {
    URL_SAFE_NO_PAD.encode(token.to_string())
}

fn read_token(token: &str) -> Result<Continue, StatusError> {
    let invalid = |why: &str| {
        StatusError::bad_request(format!(
            "invalid continue token: continue key is not valid: {why}"
        ))
    };
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|error| {
        invalid(&format!(
            "illegal base64 data at input byte {}",
            offset(&error, token)
        ))
    })?;
    let token: Value = serde_json::from_slice(&bytes)
        .map_err(|error| invalid(&syntax_problem(&bytes).unwrap_or_else(|| error.to_string())))?;
    if token["v"] != "meta.k8s.io/v1" {
        let version = token["v"].as_str().unwrap_or_default();
        return Err(invalid(&format!(
            "server does not recognize this encoded version {version}"
        )));
    }
    let revision = token["rv"].as_i64().unwrap_or(0);
    if revision == 0 {
        return Err(invalid(
            "incorrect encoded start resourceVersion (version meta.k8s.io/v1)",
        ));
    }
    let start = token["start"].as_str().unwrap_or_default();
    if start.is_empty() {
        return Err(invalid("encoded start key empty (version meta.k8s.io/v1)"));
    }
    Ok(Continue {
        revision: Revision::try_from(revision).ok(),
        start: start.to_owned(),
    })
}

/// Where a token stops being base64.
fn offset(error: &DecodeError, token: &str) -> usize {
    match error {
        DecodeError::InvalidByte(at, _) => *at,
        _ => token.len(),
    }
}
