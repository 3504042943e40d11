//! Lists and maps that were sent empty and are not kept.
//!
//! Stores know no difference between an empty list and none, but an object has one on its way there. What compares the object
//! with the stored one while it is on its way finds a change in it.

use serde_json::Value;

use super::super::{
    call::Call,
    meta::{self, Object},
    patch::apply::reflected,
    types::{ResourceType, Schema},
};

/// Metadata that the server sets whatever is sent.
const SETTLED: [&str; 7] = [
    "creationTimestamp",
    "generation",
    "managedFields",
    "name",
    "namespace",
    "resourceVersion",
    "uid",
];

/// Notes what a write sent empty that its object, one of a built-in kind, does not have.
pub(super) fn note(call: &mut Call<'_>, sent: &Value, object: &Object) {
    let Value::Object(members) = sent else { return };
    if call.resource.custom.is_some() || !any(members, object, |_| true) {
        return;
    }
    let sent = &match call.resource.schema.as_deref() {
        Some(schema) => known(sent, schema),
        None => sent.clone(),
    };
    let Value::Object(members) = sent else { return };
    call.emptied = is_counted(&call.resource) && any(members, object, |field| field != "metadata");
    let kept = Value::Object(object.clone());
    let fields = reflected::fields(sent, &kept, call.resource.schema.as_deref());
    call.reflected = (!fields.is_empty()).then_some(fields);
}

/// A value without the fields that its type does not have, which nobody sees.
fn known(value: &Value, schema: &Schema) -> Value {
    match value {
        Value::Object(members) if !schema.properties.is_empty() || schema.additional.is_some() => {
            let members = members.iter().filter_map(|(name, value)| {
                let child = schema
                    .properties
                    .get(name.as_str())
                    .or(schema.additional.as_ref())?;
                Some((name.clone(), known(value, child)))
            });
            Value::Object(members.collect())
        }
        Value::Array(items) => match &schema.items {
            Some(child) => items.iter().map(|item| known(item, child)).collect(),
            None => value.clone(),
        },
        _ => value.clone(),
    }
}

/// Whether something was sent empty that the object does not have, in one of the fields looked at or anywhere below.
pub(super) fn any(sent: &Object, kept: &Object, looked_at: impl Fn(&str) -> bool) -> bool {
    sent.iter()
        .filter(|(name, _)| looked_at(name))
        .any(|(name, value)| reflected::is_emptied(value, kept.get(name)))
}

/// The metadata that was sent and the object does not have: what is null, or nothing to its type.
pub(super) fn lost_metadata(sent: &Object, kept: &Object) -> Object {
    let Some(Value::Object(sent)) = sent.get("metadata") else {
        return Object::new();
    };
    sent.iter()
        .filter(|(name, _)| !SETTLED.contains(&name.as_str()) && meta::member(kept, name).is_none())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Whether the generation of a kind counts what was sent empty as a change: its strategy compares by reflection.
pub(super) fn is_counted(resource: &ResourceType) -> bool {
    matches!(
        (&*resource.group, &*resource.plural),
        ("networking.k8s.io", "networkpolicies")
            | (
                "admissionregistration.k8s.io",
                "mutatingwebhookconfigurations" | "validatingwebhookconfigurations"
            )
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::apiserver::types::DefinitionId;

    #[test]
    fn what_was_sent_empty_is_found_at_every_depth() {
        let is_lost = |sent: Value, kept: Value| {
            let (Value::Object(sent), Value::Object(kept)) = (sent, kept) else {
                return false;
            };
            any(&sent, &kept, |_| true)
        };
        assert!(is_lost(json!({"spec": {"from": []}}), json!({"spec": {}})));
        assert!(is_lost(json!({"spec": {}}), json!({})));
        assert!(is_lost(
            json!({"spec": {"rules": [{"to": []}]}}),
            json!({"spec": {"rules": [{"to": null}]}})
        ));
        assert!(!is_lost(json!({"spec": {}}), json!({"spec": {}})));
        assert!(!is_lost(
            json!({"spec": {"from": []}}),
            json!({"spec": {"from": ["x"]}})
        ));
        assert!(!is_lost(
            json!({"spec": {"unknown": {"a": 1}}}),
            json!({"spec": {}})
        ));
        assert!(!is_lost(json!({"spec": null}), json!({})));
    }

    #[test]
    fn fields_that_nobody_knows_are_not_looked_at() {
        let id = DefinitionId::named("io.k8s.api.networking.v1.NetworkPolicy").expect("a kind");
        let sent = json!({"type": {}, "spec": {"type": [], "ingress": [{"from": [], "form": {}}], "podSelector": {"matchLabels": {"a": "b"}}}});
        let kept = json!({"spec": {"ingress": [{"from": []}], "podSelector": {"matchLabels": {"a": "b"}}}});
        assert_eq!(known(&sent, id.schema()), kept);
    }

    #[test]
    fn fields_can_be_left_out() {
        let sent = json!({"metadata": {"labels": {}}, "spec": {"a": 1}});
        let kept = json!({"metadata": {}, "spec": {"a": 1}});
        let (sent, kept) = (sent.as_object().expect("a map"), kept.as_object().expect("a map"));
        assert!(any(sent, kept, |_| true));
        assert!(!any(sent, kept, |field| field != "metadata"));
    }
}
