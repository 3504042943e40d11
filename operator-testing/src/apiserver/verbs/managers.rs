//! Who owns which field after a write.

use std::{cell::RefCell, sync::Arc};

use serde_json::Value;

use super::{
    super::{
        call::{Call, Halt},
        conversion::{Converter, Trouble, no_such_version},
        meta::Object,
        patch::apply::{self, OneVersion, Versions, reset},
        twin,
        types::{ResourceType, Schema, TypeSnapshot},
        webhook::{Answers, Question},
    },
    options::WriteOptions,
};

/// Writes into `object` who owns what after a write other than apply.
pub(super) fn track(
    call: &Call<'_>,
    old: Option<&Value>,
    object: &mut Object,
    options: &WriteOptions,
) -> Result<(), Halt> {
    let mut value = Value::Object(std::mem::take(object));
    with_request(call, options, |request| {
        // a subresource is written with the owners that it knows of, so the books start from the old ones
        apply::track_update(old, &mut value, request);
    })?;
    if let Value::Object(tracked) = value {
        *object = tracked;
    }
    Ok(())
}

/// Hands out what the bookkeeping needs to know of this write.
///
/// # Errors
/// The webhook that converts the object has yet to be asked.
pub(super) fn with_request<T>(
    call: &Call<'_>,
    options: &WriteOptions,
    then: impl FnOnce(&apply::Request<'_>) -> T,
) -> Result<T, Halt> {
    let reset = reset::fields(&call.resource, &call.target.subresource);
    let others = call.resource.custom.is_some().then(|| OtherVersions {
        types: call.types.snapshot(),
        resource: Arc::clone(&call.resource),
        converter: call.converter(),
        answers: call.answers,
        through_status: &*call.target.subresource == "status",
        open: RefCell::default(),
    });
    let twins = TwinVersions {
        types: call.types.snapshot(),
        resource: &call.resource,
    };
    let versions: &dyn Versions = match &others {
        Some(others) => others,
        None if twin::has_versions(&call.resource) => &twins,
        None => &OneVersion,
    };
    let result = then(&apply::Request {
        manager: &options.manager,
        subresource: &call.target.subresource,
        api_version: &call.resource.api_version(),
        kind: &call.resource.kind,
        schema: call.resource.schema.as_deref(),
        reset: &reset,
        reflected: call.reflected.as_ref(),
        versions,
        now: call.time,
    });
    let open = others.map_or_else(Vec::new, |others| others.open.into_inner());
    if open.is_empty() {
        Ok(result)
    } else {
        Err(Halt::Ask(open))
    }
}

/// The versions of a custom resource.
#[derive(Debug)]
struct OtherVersions<'a> {
    types: Arc<TypeSnapshot>,
    resource: Arc<ResourceType>,
    converter: Option<Converter>,
    answers: &'a Answers,
    /// Whether the status is written.
    through_status: bool,
    /// What the webhook would have to be asked.
    open: RefCell<Vec<Question>>,
}

impl OtherVersions<'_> {
    /// A version of the resource, served or not.
    fn version(&self, api_version: &str) -> Option<&ResourceType> {
        let (group, version) = api_version.rsplit_once('/')?;
        if *group != *self.resource.group {
            return None;
        }
        let definition = self
            .types
            .definition(&format!("{}.{group}", self.resource.plural))?;
        definition.version(version).map(|resource| &**resource)
    }
}

impl Versions for OtherVersions<'_> {
    fn convert<'a>(&'a self, object: &Value, api_version: &str) -> Option<(Value, Option<&'a Schema>)> {
        let other = self.version(api_version)?;
        let version = &*other.version;
        let converted = match &self.converter {
            None => {
                let mut converted = object.clone();
                converted["apiVersion"] = api_version.into();
                converted
            }
            Some(converter) => match converter.to(object.clone(), version, self.answers) {
                Ok(converted) => converted,
                Err(Trouble::Ask(question)) => {
                    self.open.borrow_mut().push(*question);
                    return None;
                }
                // whoever owns fields of a version that cannot be had loses them
                Err(Trouble::Failed(_)) => return None,
            },
        };
        Some((converted, other.schema.as_deref()))
    }

    /// A version that the definition has lost is no reason to forget who owns what: nothing can be applied until somebody resets
    /// the managers, and any other write loses them all.
    fn refusal(&self, api_version: &str) -> Option<String> {
        let is_known = self.version(api_version).is_some();
        (!is_known).then(|| no_such_version(api_version))
    }

    /// The strategy of a custom resource knows of no version but its own; those of its status are put together.
    fn share_resets(&self) -> bool {
        self.through_status
    }
}

/// The versions of a built-in kind that is stored in one of them.
#[derive(Debug)]
struct TwinVersions<'a> {
    types: Arc<TypeSnapshot>,
    resource: &'a ResourceType,
}

impl Versions for TwinVersions<'_> {
    fn convert<'a>(&'a self, object: &Value, api_version: &str) -> Option<(Value, Option<&'a Schema>)> {
        let (group, version) = api_version.rsplit_once('/')?;
        let other = self.types.resource(group, version, &self.resource.plural)?;
        if *group != *self.resource.group {
            return None;
        }
        let mut converted = object.as_object()?.clone();
        twin::hide(self.resource, &mut converted);
        twin::show(other, &mut converted);
        converted.insert("apiVersion".into(), api_version.into());
        Some((converted.into(), other.schema.as_deref()))
    }
}
