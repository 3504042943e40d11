//! Who writes, in which version, through which door.

use jiff::Timestamp;
use serde_json::Value;

use super::{manager_id::ManagerId, set::FieldSet, shape::Type};
use crate::apiserver::types::Schema;

/// What a write is besides the object it writes.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The name of the field manager: the `fieldManager` parameter, or what [`super::manager_name`] makes of the user agent.
    pub manager: &'a str,
    /// The subresource that is written through; empty for the object itself.
    pub subresource: &'a str,
    /// The version of the request, as in `apiVersion:`.
    pub api_version: &'a str,
    /// The kind of the request, as in `kind:`.
    pub kind: &'a str,
    /// The schema of the kind in this version; `None` if nothing is known about it.
    pub schema: Option<&'a Schema>,
    /// The fields that this write never changes ([`super::reset::fields`]).
    pub reset: &'a FieldSet,
    /// The fields that count as changed though nobody sees it ([`super::reflected::fields`]).
    pub reflected: Option<&'a FieldSet>,
    /// The other versions in which entries may have been written.
    pub versions: &'a dyn Versions,
    /// The time of the write.
    pub now: Timestamp,
}

impl<'a> Request<'a> {
    pub(super) fn root(&self) -> Type<'a> {
        Type::root(self.schema)
    }

    pub(super) fn applier(&self) -> ManagerId {
        ManagerId::applier(self.name(), self.subresource)
    }

    pub(super) fn updater(&self) -> ManagerId {
        ManagerId::updater(self.name(), self.api_version, self.subresource)
    }

    fn name(&self) -> &'a str {
        if self.manager.is_empty() {
            "unknown"
        } else {
            self.manager
        }
    }

    /// The time of the write in whole seconds, as entries hold it.
    pub(super) fn time(&self) -> Option<Timestamp> {
        Timestamp::from_second(self.now.as_second()).ok()
    }

    /// How messages name an object: `namespace/name; group/version, Kind=kind`.
    pub fn describe(&self, object: &Value) -> String {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or("");
        format!(
            "{}/{}; {}",
            text("/metadata/namespace"),
            text("/metadata/name"),
            describe_kind(self.api_version, self.kind)
        )
    }
}

/// How messages name a kind: `apps/v1, Kind=Deployment`, `/v1, Kind=ConfigMap`.
pub(super) fn describe_kind(api_version: &str, kind: &str) -> String {
    let slash = if api_version.contains('/') { "" } else { "/" };
    format!("{slash}{api_version}, Kind={kind}")
}

/// The versions of a kind besides the one of the request.
///
/// Entries of `managedFields` name fields in the version of their writer; they are read in that version and dropped when it is
/// served no longer.
pub trait Versions: std::fmt::Debug {
    /// The object in another version and the schema of that version; `None` if there is no such version.
    fn convert<'a>(&'a self, object: &Value, api_version: &str) -> Option<(Value, Option<&'a Schema>)>;

    /// Why an object cannot be brought into a version that the kind does not have, so that the bookkeeping fails; `None` if whoever
    /// owns fields of such a version loses them.
    fn refusal(&self, _api_version: &str) -> Option<String> {
        None
    }

    /// Whether the fields that a write never changes are left out of what is compared in other versions too.
    fn share_resets(&self) -> bool {
        true
    }
}

/// A kind with a single version.
#[derive(Clone, Copy, Debug, Default)]
pub struct OneVersion;

impl Versions for OneVersion {
    fn convert<'a>(&'a self, _object: &Value, _api_version: &str) -> Option<(Value, Option<&'a Schema>)> {
        None
    }
}
