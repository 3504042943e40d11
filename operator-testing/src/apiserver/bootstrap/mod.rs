//! What a fresh cluster holds: recorded from a real server by `record.py`, and written here without asking the server's own rules.
//!
//! Roles and bindings have a table of their own, beside what they are for.

mod access;

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    core::Core,
    meta::metadata_mut,
    store::{ObjectKey, ResourceKey},
};

/// One object a line, in the order in which a real server makes them.
const OBJECTS: &str = include_str!("objects.jsonl");

/// Fills a new server.
pub(crate) fn fill(core: &Arc<Core>) {
    let now = core.now();
    let mut state = core.state();
    for line in OBJECTS.lines() {
        let (resource, mut object) = parse(line);
        let uid = state.dice.uid();
        stamp(&mut object, &uid, &now);
        let metadata = metadata_mut(&mut object);
        let text = |field: &str| metadata.get(field).and_then(Value::as_str).unwrap_or_default();
        let key = ObjectKey::new(text("namespace"), text("name"));
        state.write(&resource, &key, &object);
    }
    access::fill(&mut state, &now);
}

/// The resource and the object of a line.
fn parse(line: &str) -> (ResourceKey, Map<String, Value>) {
    let mut line: Map<String, Value> =
        serde_json::from_str(line).expect("the committed file is JSON, line by line");
    let Some(Value::Object(object)) = line.remove("object") else {
        unreachable!("every line of the committed file has an object");
    };
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let api_version = text(object.get("apiVersion"));
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    (ResourceKey::new(group, text(line.get("resource"))), object)
}

/// Writes what differs from start to start: the uid and the times.
fn stamp(object: &mut Map<String, Value>, uid: &str, now: &str) {
    let metadata = metadata_mut(object);
    metadata.insert("uid".into(), uid.into());
    metadata.insert("creationTimestamp".into(), now.into());
    let conditions = object
        .get_mut("status")
        .and_then(|status| status.get_mut("conditions"))
        .and_then(Value::as_array_mut);
    for condition in conditions.into_iter().flatten() {
        condition["lastTransitionTime"] = now.into();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::apiserver::types::TypeTable;

    #[test]
    fn every_object_is_of_a_known_kind_and_there_once() {
        let types = TypeTable::new().snapshot();
        let mut seen = BTreeSet::new();
        for line in OBJECTS.lines() {
            let (resource, object) = parse(line);
            let kind = types.by_group_resource(&resource.group, &resource.plural);
            let kind = kind.unwrap_or_else(|| panic!("no kind for {resource}"));
            assert_eq!(object["kind"], *kind.kind, "{line}");
            let name = object["metadata"]["name"].as_str().unwrap().to_owned();
            let namespace = object["metadata"]["namespace"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            assert_eq!(namespace.is_empty(), !kind.namespaced, "{line}");
            assert!(seen.insert((resource, namespace, name)), "{line}");
        }
        assert!(seen.len() > 40, "{}", seen.len());
    }
}
