//! Lists and maps that were sent empty and are not kept.
//!
//! Stores know no difference between an empty list and none, but an object has one on its way there. What compares the object
//! with the stored one while it is on its way finds a change in it.

use serde_json::Value;

use super::super::{meta::Object, types::ResourceType};

/// Whether something was sent empty that the object does not have, in one of the fields looked at or anywhere below.
pub(super) fn any(sent: &Object, kept: &Object, looked_at: impl Fn(&str) -> bool) -> bool {
    sent.iter()
        .filter(|(name, _)| looked_at(name))
        .any(|(name, value)| in_value(value, kept.get(name)))
}

/// The same for everything but the metadata.
pub(super) fn beside_metadata(sent: &Object, kept: &Object) -> bool {
    any(sent, kept, |name| name != "metadata")
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

fn in_value(sent: &Value, kept: Option<&Value>) -> bool {
    match (sent, kept) {
        (Value::Object(sent), None | Some(Value::Null)) => sent.is_empty(),
        (Value::Array(sent), None | Some(Value::Null)) => sent.is_empty(),
        (Value::Object(sent), Some(Value::Object(kept))) => any(sent, kept, |_| true),
        (Value::Array(sent), Some(Value::Array(kept))) => sent
            .iter()
            .zip(kept)
            .any(|(sent, kept)| in_value(sent, Some(kept))),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
    fn metadata_can_be_left_out() {
        let sent = json!({"metadata": {"labels": {}}, "spec": {"a": 1}});
        let kept = json!({"metadata": {}, "spec": {"a": 1}});
        let (sent, kept) = (sent.as_object().expect("a map"), kept.as_object().expect("a map"));
        assert!(any(sent, kept, |_| true));
        assert!(!beside_metadata(sent, kept));
    }
}
