//! Which dependents belong to a controller: adopting those that match and have no controller, releasing those that no longer match.

use serde_json::{Value, json};

use crate::{
    apiserver::{status::StatusError, store::ObjectKey},
    cluster::{client::Client, controller::Seen, kind::Kind, object, selector},
};

/// The objects of `kind` in the owner's namespace that `owner` controls, with orphans adopted and strangers released.
///
/// `wanted` says which orphans the owner may take besides matching its selector.
pub(crate) fn dependents(
    client: &Client,
    owner: &Value,
    owner_kind: &Kind,
    kind: &Kind,
    wanted: impl Fn(&Value) -> bool,
) -> Result<Vec<Value>, StatusError> {
    let mut claimed = Vec::new();
    for dependent in client.list(kind, Some(object::namespace(owner)))? {
        let matches =
            selector::matches(&owner["spec"]["selector"], object::labels(&dependent)) && wanted(&dependent);
        match verdict(owner, &dependent, matches) {
            Verdict::Keep => claimed.push(dependent),
            Verdict::Leave => {}
            Verdict::Adopt => {
                let reference = object::controller_reference(owner, owner_kind);
                let mut references = object::list(&dependent, "/metadata/ownerReferences").to_vec();
                references.push(reference);
                let patch = owner_patch(&dependent, &references);
                claimed.extend(client.merge_patch(kind, &object::key(&dependent), patch)?);
            }
            Verdict::Release => {
                let references = object::list(&dependent, "/metadata/ownerReferences")
                    .iter()
                    .filter(|reference| object::text(reference, "/uid") != object::uid(owner))
                    .cloned()
                    .collect::<Vec<_>>();
                let patch = owner_patch(&dependent, &references);
                client.merge_patch(kind, &object::key(&dependent), patch)?;
            }
        }
    }
    Ok(claimed)
}

/// Wakes the owners of kind `owner_kind` that a change of a dependent concerns: its controllers before and after, and where it
/// has none, those whose selector matches.
pub(crate) fn observe(seen: &Seen, owner_kind: &Kind, client: &Client, wake: &mut Vec<ObjectKey>) {
    wake.extend(
        seen.states()
            .filter_map(|dependent| object::controller_key(dependent, owner_kind)),
    );
    let Some(orphan) = seen
        .after()
        .filter(|object| object::controller_of(object).is_none())
    else {
        return;
    };
    let owners = client
        .list(owner_kind, Some(object::namespace(orphan)))
        .unwrap_or_default();
    wake.extend(
        owners
            .iter()
            .filter(|owner| selector::matches(&owner["spec"]["selector"], object::labels(orphan)))
            .map(object::key),
    );
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Keep,
    Leave,
    Adopt,
    Release,
}

fn verdict(owner: &Value, dependent: &Value, matches: bool) -> Verdict {
    match object::controller_of(dependent) {
        Some(_) if object::is_controlled_by(dependent, owner) => {
            if matches || object::is_deleting(owner) {
                Verdict::Keep
            } else {
                Verdict::Release
            }
        }
        None if matches && !object::is_deleting(owner) && !object::is_deleting(dependent) => Verdict::Adopt,
        Some(_) | None => Verdict::Leave,
    }
}

/// Names the uid, so that the patch fails if the object is another one by now.
fn owner_patch(dependent: &Value, references: &[Value]) -> Value {
    json!({"metadata": {"uid": object::uid(dependent), "ownerReferences": references}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orphans_are_adopted_and_strangers_released() {
        let owner = json!({"metadata": {"uid": "me"}});
        let dying = json!({"metadata": {"uid": "me", "deletionTimestamp": "2026-01-01T00:00:00Z"}});
        let mine = json!({"metadata": {"ownerReferences": [{"uid": "me", "controller": true}]}});
        let others = json!({"metadata": {"ownerReferences": [{"uid": "other", "controller": true}]}});
        let orphan = json!({"metadata": {"ownerReferences": [{"uid": "other"}]}});
        let cases = [
            (&owner, &mine, true, Verdict::Keep),
            (&owner, &mine, false, Verdict::Release),
            (&dying, &mine, false, Verdict::Keep),
            (&owner, &others, true, Verdict::Leave),
            (&owner, &orphan, true, Verdict::Adopt),
            (&owner, &orphan, false, Verdict::Leave),
            (&dying, &orphan, true, Verdict::Leave),
        ];
        for (owner, dependent, matches, expected) in cases {
            assert_eq!(
                verdict(owner, dependent, matches),
                expected,
                "{owner} {dependent} {matches}"
            );
        }
    }
}
