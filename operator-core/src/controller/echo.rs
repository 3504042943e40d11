//! Whether a change is nothing but a write of our own coming back.

use serde_json::{Map, Value};

use crate::informer::CachedObject;
use crate::toolkit::Step;

/// Whether the step from `old` to `new` holds nothing but the write that `step` describes.
///
/// The write made the resource version of `new`, as far as its answer tells; it may have changed nothing and only seen
/// what somebody else changed. What is not certain is no echo.
pub(super) fn is_echo(old: Option<&CachedObject>, new: &CachedObject, step: &Step) -> bool {
    match (step, old) {
        (Step::From(version), Some(old)) => old.uid() == new.uid() && old.resource_version() == version,
        (Step::From(_), None) => false,
        (Step::Intent { sole, .. }, None) => *sole,
        (Step::Intent { body, .. }, Some(old)) => {
            let decode = |object: &CachedObject| object.decode::<Map<String, Value>>().ok();
            match (decode(old), decode(new)) {
                (Some(mut old), Some(mut new)) if old_uid(&old) == old_uid(&new) => {
                    strip(&mut old);
                    strip(&mut new);
                    leads_to_intent(&Value::Object(old), &Value::Object(new), Some(body))
                }
                _ => false,
            }
        }
    }
}

/// Whether everything in which `new` differs from `old` is as the intent has it, and nothing is gone.
///
/// What is gone was given up by us or taken away by somebody, and nobody can tell which. That `new` is what the intent
/// says, and no more, does not help: the rest may have been somebody else's.
fn leads_to_intent(old: &Value, new: &Value, intent: Option<&Value>) -> bool {
    if old == new {
        return true;
    }
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            let kept = old.keys().all(|name| new.contains_key(name));
            let wanted = |name: &String| intent.and_then(|intent| intent.get(name));
            kept && new.iter().all(|(name, value)| {
                leads_to_intent(old.get(name).unwrap_or(&Value::Null), value, wanted(name))
            })
        }
        (Value::Array(old), Value::Array(new)) => {
            let wanted = |place: usize| intent.and_then(|intent| intent.get(place));
            let before = |place: usize| old.get(place).unwrap_or(&Value::Null);
            old.len() <= new.len()
                && new
                    .iter()
                    .enumerate()
                    .all(|(place, value)| leads_to_intent(before(place), value, wanted(place)))
        }
        _ => intent == Some(new),
    }
}

fn old_uid(object: &Map<String, Value>) -> Option<&Value> {
    object.get("metadata")?.get("uid")
}

/// Takes out what the server counts by itself.
fn strip(object: &mut Map<String, Value>) {
    if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
        metadata.remove("resourceVersion");
        metadata.remove("generation");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;

    fn cached(mut object: Value, revision: u32) -> CachedObject {
        object["metadata"]["name"] = "a".into();
        object["metadata"]["uid"] = "u".into();
        object["metadata"]["resourceVersion"] = revision.to_string().into();
        object["metadata"]["generation"] = revision.into();
        CachedObject::parse(&object.to_string()).unwrap()
    }

    fn echo(old: Value, new: Value, intent: Value) -> bool {
        let step = Step::Intent {
            body: Arc::new(intent),
            sole: false,
        };
        is_echo(Some(&cached(old, 1)), &cached(new, 2), &step)
    }

    #[test]
    fn what_leads_to_the_intent_is_an_echo() {
        let intent = json!({"spec": {"replicas": 3, "containers": [{"name": "db", "image": "b"}]}});
        let state = |replicas: u32, image: &str, ready: u32| {
            json!({"spec": {"replicas": replicas, "containers": [{"name": "db", "image": image, "policy": "Always"}]},
                "status": {"ready": ready}})
        };
        assert!(echo(state(1, "a", 0), state(3, "b", 0), intent.clone()));
        assert!(
            !echo(state(1, "a", 0), state(3, "a", 1), intent.clone()),
            "a foreign status"
        );
        assert!(
            !echo(state(3, "b", 0), state(2, "b", 0), intent.clone()),
            "somebody scaled it"
        );
        assert!(
            !echo(state(3, "a", 0), state(3, "c", 0), intent.clone()),
            "somebody changed the image"
        );
        let mut labelled = state(3, "b", 0);
        labelled["metadata"] = json!({"labels": {"x": "y"}});
        assert!(
            !echo(state(3, "b", 0), labelled.clone(), intent.clone()),
            "a foreign label"
        );
        assert!(
            !echo(labelled, state(3, "b", 0), intent),
            "a label that went away"
        );
    }

    #[test]
    fn what_is_gone_is_no_echo_even_if_the_rest_is_all_that_was_meant() {
        let intent = json!({"data": {"a": 1}, "list": ["x"]});
        let state = |data: Value, list: Value| json!({"data": data, "list": list});
        let meant = || state(json!({"a": 1}), json!(["x"]));
        assert!(echo(state(json!({}), json!([])), meant(), intent.clone()));
        assert!(!echo(
            state(json!({"a": 1, "b": 2}), json!(["x"])),
            meant(),
            intent.clone()
        ));
        assert!(!echo(state(json!({"a": 1}), json!(["x", "y"])), meant(), intent));
    }

    #[test]
    fn a_conditional_write_is_an_echo_of_the_step_it_was_made_on() {
        let (old, new) = (cached(json!({}), 1), cached(json!({"x": 1}), 5));
        assert!(is_echo(Some(&old), &new, &Step::From("1".to_owned())));
        assert!(
            !is_echo(Some(&old), &new, &Step::From("2".to_owned())),
            "somebody wrote in between"
        );
    }

    #[test]
    fn a_creation_is_an_echo_when_nobody_else_wrote() {
        let step = |sole| Step::Intent {
            body: Arc::new(json!({})),
            sole,
        };
        let new = cached(json!({"spec": {"defaulted": true}}), 1);
        assert!(is_echo(None, &new, &step(true)));
        assert!(!is_echo(None, &new, &step(false)));
    }
}
