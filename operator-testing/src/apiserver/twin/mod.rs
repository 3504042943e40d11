//! Kinds that are served in two forms and stored in one.

mod autoscaler;
mod event;

use std::sync::Arc;

use super::{
    meta::Object,
    store::ResourceKey,
    types::{ResourceType, TypeSnapshot},
};

/// The form of a resource that is not the one in which it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Twin {
    Event,
    Autoscaler,
}

impl Twin {
    fn of(resource: &ResourceType) -> Option<Self> {
        match (&*resource.group, &*resource.version, &*resource.plural) {
            ("events.k8s.io", _, "events") => Some(Self::Event),
            ("autoscaling", "v1", "horizontalpodautoscalers") => Some(Self::Autoscaler),
            _ => None,
        }
    }
}

/// Whether a resource is stored in the form of another one.
pub(crate) fn is_twin(resource: &ResourceType) -> bool {
    Twin::of(resource).is_some()
}

/// Whether a resource is served in several versions, of which one is stored.
pub(crate) fn has_versions(resource: &ResourceType) -> bool {
    (&*resource.group, &*resource.plural) == ("autoscaling", "horizontalpodautoscalers")
}

/// The group in which objects of a resource are stored, which messages about them name.
pub(crate) fn stored_group(resource: &ResourceType) -> &str {
    match Twin::of(resource) {
        Some(Twin::Event) => "",
        Some(Twin::Autoscaler) | None => &resource.group,
    }
}

/// The resource whose rules hold for the objects of this one, if those are not its own.
pub(crate) fn rules(resource: &ResourceType, types: &TypeSnapshot) -> Option<Arc<ResourceType>> {
    match Twin::of(resource)? {
        Twin::Event => None,
        Twin::Autoscaler => types.resource(&resource.group, "v2", &resource.plural).cloned(),
    }
}

/// Where the objects of a resource are stored.
pub(crate) fn storage(resource: &ResourceType) -> ResourceKey {
    let group = match Twin::of(resource) {
        Some(Twin::Event) => Arc::from(""),
        Some(Twin::Autoscaler) | None => Arc::clone(&resource.group),
    };
    ResourceKey {
        group,
        plural: Arc::clone(&resource.plural),
    }
}

/// Brings a stored object into the form of the resource.
pub(crate) fn show(resource: &ResourceType, object: &mut Object) {
    match Twin::of(resource) {
        Some(Twin::Event) => event::show(object),
        Some(Twin::Autoscaler) => autoscaler::show(object),
        None => {}
    }
}

/// Brings an object of the resource into the form in which it is stored.
pub(crate) fn hide(resource: &ResourceType, object: &mut Object) {
    match Twin::of(resource) {
        Some(Twin::Event) => event::hide(object),
        Some(Twin::Autoscaler) => autoscaler::hide(object),
        None => {}
    }
}

/// Makes an object that was just read what it would be if it were stored and read again. Says whether its status would be stored in
/// another form by then.
pub(crate) fn settle(resource: &ResourceType, object: &mut Object) -> bool {
    if Twin::of(resource) != Some(Twin::Autoscaler) {
        return false;
    }
    let is_made_up = autoscaler::makes_up_metrics(object);
    autoscaler::hide(object);
    autoscaler::show(object);
    is_made_up
}

/// The stored name of a member that a field selector of the resource names.
pub(crate) fn stored_member<'a>(resource: &ResourceType, member: &'a str) -> &'a str {
    match Twin::of(resource) {
        Some(Twin::Event) => event::stored_member(member),
        Some(Twin::Autoscaler) | None => member,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::apiserver::types::TypeTable;

    #[test]
    fn events_are_stored_in_the_form_of_the_core_group() {
        let types = TypeTable::new().snapshot();
        let events = types
            .resource("events.k8s.io", "v1", "events")
            .expect("a built-in kind");
        let event = json!({"regarding": {"name": "a"}, "note": "hi", "reason": "Started"});
        let mut object = event.as_object().expect("an object").clone();
        hide(events, &mut object);
        assert_eq!(object["involvedObject"]["name"], "a");
        assert_eq!(object["message"], "hi");
        assert_eq!(object["reportingComponent"], "");
        show(events, &mut object);
        assert_eq!(serde_json::Value::Object(object), event);
        assert_eq!(storage(events), ResourceKey::new("", "events"));
        assert_eq!(stored_member(events, "regarding"), "involvedObject");
    }
}
