//! Who owns which field after a write.

use std::sync::Arc;

use serde_json::Value;

use super::{
    super::{
        call::Call,
        meta::Object,
        patch::apply::{self, OneVersion, Versions, reset},
        types::{ResourceType, Schema, TypeSnapshot},
    },
    options::WriteOptions,
};

/// Writes into `object` who owns what after a write other than apply.
pub(super) fn track(call: &Call<'_>, old: Option<&Value>, object: &mut Object, options: &WriteOptions) {
    let mut value = Value::Object(std::mem::take(object));
    with_request(call, options, |request| {
        // a subresource is written with the owners that it knows of, so the books start from the old ones
        apply::track_update(old, &mut value, request);
    });
    if let Value::Object(tracked) = value {
        *object = tracked;
    }
}

/// Hands out what the bookkeeping needs to know of this write.
pub(super) fn with_request<T>(
    call: &Call<'_>,
    options: &WriteOptions,
    then: impl FnOnce(&apply::Request<'_>) -> T,
) -> T {
    let reset = reset::fields(&call.resource, &call.target.subresource);
    let others;
    let versions: &dyn Versions = if call.resource.custom.is_some() {
        others = OtherVersions {
            types: call.types.snapshot(),
            resource: Arc::clone(&call.resource),
        };
        &others
    } else {
        &OneVersion
    };
    then(&apply::Request {
        manager: &options.manager,
        subresource: &call.target.subresource,
        api_version: &call.resource.api_version(),
        kind: &call.resource.kind,
        schema: call.resource.schema.as_deref(),
        reset: &reset,
        versions,
        now: call.time,
    })
}

/// The versions of a custom resource, which differ in their schemas only.
#[derive(Debug)]
struct OtherVersions {
    types: Arc<TypeSnapshot>,
    resource: Arc<ResourceType>,
}

impl Versions for OtherVersions {
    fn convert<'a>(&'a self, object: &Value, api_version: &str) -> Option<(Value, Option<&'a Schema>)> {
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        if *group != *self.resource.group {
            return None;
        }
        let other = self.types.resource(group, version, &self.resource.plural)?;
        let mut converted = object.clone();
        converted["apiVersion"] = api_version.into();
        Some((converted, other.schema.as_deref()))
    }
}
