//! Events, which are served under two groups and stored in the form of the core group.
//!
//! Source: `k8s.io/kubernetes/pkg/apis/events/v1/conversion.go`.

use crate::apiserver::meta::Object;

/// The names of members in the core group, where they are stored, and in `events.k8s.io`.
const MEMBERS: [(&str, &str); 7] = [
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
];

/// Members, by both names, that the core group writes even if they are empty, and `events.k8s.io` only if they are not.
const WRITTEN_WHEN_EMPTY: [(&str, &str); 2] = [
    ("reportingComponent", "reportingController"),
    ("reportingInstance", "reportingInstance"),
];

/// Brings a stored event into the form of `events.k8s.io`.
pub(super) fn show(object: &mut Object) {
    rename(object, MEMBERS.into_iter());
    for (_, member) in WRITTEN_WHEN_EMPTY {
        if object.get(member).is_some_and(|value| *value == "") {
            object.remove(member);
        }
    }
}

/// Brings an event of `events.k8s.io` into the form in which it is stored.
pub(super) fn hide(object: &mut Object) {
    rename(object, MEMBERS.into_iter().map(|(core, twin)| (twin, core)));
    for (member, _) in WRITTEN_WHEN_EMPTY {
        object.entry(member).or_insert_with(|| "".into());
    }
}

/// The stored name of a member of `events.k8s.io`.
pub(super) fn stored_member(member: &str) -> &str {
    MEMBERS
        .iter()
        .find(|(_, twin)| *twin == member)
        .map_or(member, |(core, _)| core)
}

fn rename(object: &mut Object, names: impl Iterator<Item = (&'static str, &'static str)>) {
    for (from, to) in names {
        if let Some(value) = object.remove(from) {
            object.insert(to.to_owned(), value);
        }
    }
}
