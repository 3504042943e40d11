use std::borrow::Cow;
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use kube::core::{ApiResource, DynamicResourceScope};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::cached::CachedObject;

/// An object as it came over the wire, which `kube`'s watcher carries without decoding it.
///
/// Deserializing never fails on what is inside the object: one that makes no sense travels on as such, so that it does
/// not take the whole list or watch down with it.
#[derive(Clone, Debug)]
pub(super) struct RawObject<const METADATA_ONLY: bool, const MANAGED_FIELDS: bool> {
    pub(super) object: Result<Arc<CachedObject>, Arc<str>>,
    /// All that the watcher asks for is the resource version.
    meta: ObjectMeta,
}

impl<'de, const METADATA_ONLY: bool, const MANAGED_FIELDS: bool> Deserialize<'de>
    for RawObject<METADATA_ONLY, MANAGED_FIELDS>
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let parsed = if MANAGED_FIELDS {
            CachedObject::parse_whole(raw.get())
        } else {
            CachedObject::parse(raw.get())
        };
        let (object, resource_version) = match parsed {
            Ok(object) => {
                let resource_version = object.resource_version().to_owned();
                (Ok(Arc::new(object)), resource_version)
            }
            // Whatever is wrong with it, the watch wants to go on from here.
            Err(error) => (Err(error.to_string().into()), resource_version_of(raw.get())),
        };
        Ok(Self {
            object,
            meta: ObjectMeta {
                resource_version: Some(resource_version),
                ..ObjectMeta::default()
            },
        })
    }
}

/// The resource version of an object that is otherwise not understood; "0" when it has none.
fn resource_version_of(json: &str) -> String {
    let object: Option<serde_json::Value> = serde_json::from_str(json).ok();
    let version =
        object.and_then(|object| Some(object.pointer("/metadata/resourceVersion")?.as_str()?.to_owned()));
    version.unwrap_or_else(|| "0".to_owned())
}

impl<const METADATA_ONLY: bool, const MANAGED_FIELDS: bool> Resource
    for RawObject<METADATA_ONLY, MANAGED_FIELDS>
{
    type DynamicType = ApiResource;
    type Scope = DynamicResourceScope;

    fn kind(kind: &ApiResource) -> Cow<'_, str> {
        kind.kind.as_str().into()
    }

    fn group(kind: &ApiResource) -> Cow<'_, str> {
        kind.group.as_str().into()
    }

    fn version(kind: &ApiResource) -> Cow<'_, str> {
        kind.version.as_str().into()
    }

    fn api_version(kind: &ApiResource) -> Cow<'_, str> {
        kind.api_version.as_str().into()
    }

    fn plural(kind: &ApiResource) -> Cow<'_, str> {
        kind.plural.as_str().into()
    }

    fn metadata_api() -> bool {
        METADATA_ONLY
    }

    fn meta(&self) -> &ObjectMeta {
        &self.meta
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.meta
    }
}

#[cfg(test)]
mod tests {
    use kube::core::{ObjectList, WatchEvent};

    use super::*;

    #[test]
    fn one_bad_object_does_not_take_the_list_down() {
        let list = r#"{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"9"},"items":[
            {"metadata":{"name":"a","namespace":"n","resourceVersion":"3"}},
            {"metadata":{"name":7,"resourceVersion":"4"}},
            {"metadata":{"name":"c","namespace":"n","resourceVersion":"5"},"data":{"k":"v"}}]}"#;
        let list: ObjectList<RawObject<false, false>> = serde_json::from_str(list).unwrap();
        let good: Vec<_> = list.items.iter().map(|item| item.object.is_ok()).collect();
        assert_eq!(good, [true, false, true]);
        assert_eq!(list.items[1].meta().resource_version.as_deref(), Some("4"));
    }

    #[test]
    fn a_watch_event_is_carried() {
        let event = r#"{"type":"MODIFIED","object":{"metadata":{"name":"a","resourceVersion":"3"},"x":1}}"#;
        let event: WatchEvent<RawObject<false, false>> = serde_json::from_str(event).unwrap();
        let WatchEvent::Modified(object) = event else {
            panic!("{event:?}")
        };
        assert_eq!(object.object.unwrap().key().as_str(), "a");
    }
}
