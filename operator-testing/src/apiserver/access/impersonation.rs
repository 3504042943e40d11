//! Standing in for another user: the `Impersonate-*` headers.
//!
//! Source: `k8s.io/apiserver/pkg/endpoints/filters/impersonation/impersonation.go`.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use super::{
    super::{
        request::{Request, User},
        status::StatusError,
        store::Store,
    },
    Access, Attributes,
};

const USER: &str = "impersonate-user";
const GROUP: &str = "impersonate-group";
const UID: &str = "impersonate-uid";
const EXTRA: &str = "impersonate-extra-";

/// Whether a request asks for it.
pub(crate) fn is_asked_for(request: &Request) -> bool {
    request
        .headers
        .iter()
        .any(|(name, value)| !value.is_empty() && name.as_str().starts_with("impersonate-"))
}

/// The user that a client stands in for.
///
/// # Errors
/// 400 if no user is named, 403 for the first thing that the client may not stand in for.
pub(crate) fn impersonate(
    access: &Access,
    store: &Store,
    client: &User,
    request: &Request,
) -> Result<User, StatusError> {
    let name = values(request, USER).next().unwrap_or_default();
    let groups: Vec<String> = values(request, GROUP).collect();
    let uid = values(request, UID).next().unwrap_or_default();
    let extra = extra(request);
    if name.is_empty() {
        let others: Vec<_> = groups
            .iter()
            .chain(extra.values().flatten())
            .chain([&uid])
            .filter(|other| !other.is_empty())
            .cloned()
            .collect();
        if others.is_empty() {
            return Ok(client.clone());
        }
        return Err(StatusError::bad_request(format!(
            "requested [{}] without impersonating a user",
            others.join(" ")
        )));
    }
    let allowed = |group: &str, resource: &str, subresource: &str, namespace: &str, name: &str| {
        let attributes = Attributes::Resource {
            verb: "impersonate".to_owned(),
            group: group.to_owned(),
            resource: resource.to_owned(),
            subresource: subresource.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        };
        access.require(store, client, &attributes)
    };
    let mut user = User {
        name: name.clone(),
        uid: uid.clone(),
        groups: groups.clone(),
        extra: extra.clone(),
    };
    let account = name
        .strip_prefix("system:serviceaccount:")
        .and_then(|rest| rest.split_once(':'));
    match account {
        Some((namespace, account)) => {
            allowed("", "serviceaccounts", "", namespace, account)?;
            if groups.is_empty() {
                user.groups = vec![
                    "system:serviceaccounts".to_owned(),
                    format!("system:serviceaccounts:{namespace}"),
                ];
            }
        }
        None => allowed("", "users", "", "", &name)?,
    }
    for group in &groups {
        allowed("", "groups", "", "", group)?;
    }
    for (key, values) in &extra {
        for value in values {
            allowed("authentication.k8s.io", "userextras", key, "", value)?;
        }
    }
    if !uid.is_empty() {
        allowed("authentication.k8s.io", "uids", "", "", &uid)?;
    }
    complete_groups(&mut user);
    Ok(user)
}

/// Adds the group that says whether anybody vouches for the user.
fn complete_groups(user: &mut User) {
    const AUTHENTICATED: &str = "system:authenticated";
    const UNAUTHENTICATED: &str = "system:unauthenticated";
    if user.name == User::ANONYMOUS {
        if !user.is_in(UNAUTHENTICATED) {
            user.groups.push(UNAUTHENTICATED.to_owned());
        }
    } else if !user.is_in(AUTHENTICATED) && !user.is_in(UNAUTHENTICATED) {
        user.groups.push(AUTHENTICATED.to_owned());
    }
}

fn values<'a>(request: &'a Request, name: &'a str) -> impl Iterator<Item = String> + 'a {
    request
        .headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .filter(|value| !value.is_empty())
        .map(str::to_owned)
}

fn extra(request: &Request) -> BTreeMap<String, Vec<String>> {
    let mut extra: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in &request.headers {
        if let Some(key) = name.as_str().strip_prefix(EXTRA)
            && let Ok(value) = value.to_str()
        {
            let key = percent_decode_str(key).decode_utf8_lossy().into_owned();
            extra.entry(key).or_default().push(value.to_owned());
        }
    }
    extra
}
