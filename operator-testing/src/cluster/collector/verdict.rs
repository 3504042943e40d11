//! What becomes of an object, given what became of its owners.

use serde_json::Value;

use super::{FOREGROUND, ORPHAN};
use crate::cluster::object;

/// What has become of an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OwnerState {
    /// It is there.
    Solid,
    /// It is not, or another object has its name.
    Absent,
    /// It waits for its dependents to be deleted.
    Waiting,
}

/// What to do with the object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing.
    Keep,
    /// Take the owners with these uids off its list.
    Forget(Vec<String>),
    /// Delete it with this propagation policy.
    Delete(&'static str),
}

/// The verdict on an object that is not being deleted yet.
pub(super) fn on(owners: &[(String, OwnerState)], has_dependents: bool, item: &Value) -> Verdict {
    let count = |state| owners.iter().filter(|(_, found)| *found == state).count();
    if owners.is_empty() {
        return Verdict::Keep;
    }
    if count(OwnerState::Solid) > 0 {
        let gone: Vec<String> = owners
            .iter()
            .filter(|(_, state)| *state != OwnerState::Solid)
            .map(|(uid, _)| uid.clone())
            .collect();
        return if gone.is_empty() {
            Verdict::Keep
        } else {
            Verdict::Forget(gone)
        };
    }
    if count(OwnerState::Waiting) > 0 && has_dependents {
        return Verdict::Delete("Foreground");
    }
    Verdict::Delete(if object::has_finalizer(item, ORPHAN) {
        "Orphan"
    } else if object::has_finalizer(item, FOREGROUND) {
        "Foreground"
    } else {
        "Background"
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_goes_only_when_no_owner_is_left() {
        use OwnerState::{Absent, Solid, Waiting};
        let plain = json!({});
        let orphaning = json!({"metadata": {"finalizers": ["orphan"]}});
        let forget = |uids: &[&str]| Verdict::Forget(uids.iter().map(|uid| (*uid).to_owned()).collect());
        let cases = [
            (vec![], false, &plain, Verdict::Keep),
            (vec![Solid], false, &plain, Verdict::Keep),
            (vec![Absent], false, &plain, Verdict::Delete("Background")),
            (vec![Absent, Absent], true, &plain, Verdict::Delete("Background")),
            (vec![Absent], false, &orphaning, Verdict::Delete("Orphan")),
            (vec![Waiting], false, &plain, Verdict::Delete("Background")),
            (vec![Waiting], true, &plain, Verdict::Delete("Foreground")),
            (vec![Solid, Absent], false, &plain, forget(&["1"])),
            (vec![Waiting, Solid, Absent], true, &plain, forget(&["0", "2"])),
            (vec![Solid, Solid], false, &plain, Verdict::Keep),
        ];
        for (states, has_dependents, item, expected) in cases {
            let owners: Vec<_> = states
                .iter()
                .enumerate()
                .map(|(index, state)| (index.to_string(), *state))
                .collect();
            assert_eq!(
                on(&owners, has_dependents, item),
                expected,
                "{states:?} {has_dependents} {item}"
            );
        }
    }
}
