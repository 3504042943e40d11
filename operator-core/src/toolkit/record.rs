//! What this process has written, so that it does not write the same again.
//!
//! A write is left out only if the last one had the same intent and nobody changed the object since. Whether somebody
//! did is seen by comparing the object that the server answered with the object in the cache: both went through the
//! server's defaults, so nothing is ever compared with what the operator meant. What changes by itself, the status,
//! does not count.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::intent::Fingerprint;

/// One write: what was meant, and what the server made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) intent: Fingerprint,
    pub(crate) uid: String,
    pub(crate) resource_version: String,
    pub(crate) result: Option<Fingerprint>,
}

/// What is known of the live object at the moment of a decision.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) uid: &'a str,
    pub(crate) resource_version: &'a str,
}

/// Whether to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// The intent is new, or the object may have changed.
    Write,
    /// The server has what is meant.
    Nothing,
    /// The cache holds a newer object than the last write made: it has to be compared with what the write made.
    Compare,
}

/// Decides whether an intent has to be written, from the last write and the cached object.
pub(crate) fn decide(record: Option<&Record>, seen: Option<Seen<'_>>, intent: Fingerprint) -> Need {
    // Without a cached object nobody knows whether somebody deleted it.
    let (Some(record), Some(seen)) = (record, seen) else {
        return Need::Write;
    };
    if record.intent != intent {
        return Need::Write;
    }
    match version_order(seen.resource_version, &record.resource_version) {
        // An older object of another uid is the one that was replaced; the write made the newer.
        Some(std::cmp::Ordering::Less) => Need::Nothing,
        Some(std::cmp::Ordering::Equal) if seen.uid == record.uid => Need::Nothing,
        Some(std::cmp::Ordering::Greater) if seen.uid == record.uid => Need::Compare,
        _ => Need::Write,
    }
}

/// Which of two resource versions is the newer; `None` if they are not numbers and differ.
pub(crate) fn version_order(a: &str, b: &str) -> Option<std::cmp::Ordering> {
    if a == b {
        return Some(std::cmp::Ordering::Equal);
    }
    Some(a.parse::<u64>().ok()?.cmp(&b.parse::<u64>().ok()?))
}

/// Whose writes are remembered together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Writer {
    /// Kind, namespace and name of the object that is written for.
    pub(crate) key: String,
    /// Its uid: what was written for another of its name counts no longer.
    pub(crate) uid: String,
}

/// The last writes, by the object that was written for and by what was written.
#[derive(Debug, Default)]
pub(crate) struct Records {
    by_writer: Mutex<BTreeMap<String, Written>>,
}

#[derive(Debug, Default)]
struct Written {
    uid: String,
    records: BTreeMap<String, Record>,
}

impl Records {
    pub(crate) fn get(&self, writer: &Writer, target: &str) -> Option<Record> {
        let all = self.lock();
        let written = all.get(&writer.key).filter(|written| written.uid == writer.uid)?;
        written.records.get(target).cloned()
    }

    pub(crate) fn put(&self, writer: &Writer, target: &str, record: Record) {
        let mut all = self.lock();
        let written = all.entry(writer.key.clone()).or_default();
        if written.uid != writer.uid {
            *written = Written {
                uid: writer.uid.clone(),
                records: BTreeMap::new(),
            };
        }
        written.records.insert(target.to_owned(), record);
    }

    pub(crate) fn forget(&self, writer: &Writer, target: &str) {
        let mut all = self.lock();
        if let Some(written) = all.get_mut(&writer.key) {
            written.records.remove(target);
            if written.records.is_empty() {
                all.remove(&writer.key);
            }
        }
    }

    pub(crate) fn forget_all(&self, key: &str) {
        self.lock().remove(key);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Written>> {
        self.by_writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record() -> Record {
        Record {
            intent: Fingerprint::of(&json!(1)),
            uid: "u-1".into(),
            resource_version: "10".into(),
            result: Some(Fingerprint::of(&json!("made"))),
        }
    }

    fn need(seen: Option<(&str, &str)>, intent: i64) -> Need {
        let seen = seen.map(|(uid, resource_version)| Seen {
            uid,
            resource_version,
        });
        decide(Some(&record()), seen, Fingerprint::of(&json!(intent)))
    }

    #[test]
    fn the_first_write_and_a_new_intent_are_written() {
        let seen = Seen {
            uid: "u-1",
            resource_version: "10",
        };
        assert_eq!(decide(None, Some(seen), Fingerprint::of(&json!(1))), Need::Write);
        assert_eq!(need(Some(("u-1", "10")), 2), Need::Write);
    }

    #[test]
    fn an_object_missing_from_the_cache_is_written() {
        assert_eq!(need(None, 1), Need::Write);
    }

    #[test]
    fn a_cache_behind_the_own_write_needs_nothing() {
        assert_eq!(need(Some(("u-1", "9")), 1), Need::Nothing);
        assert_eq!(need(Some(("u-1", "10")), 1), Need::Nothing);
        assert_eq!(need(Some(("u-0", "9")), 1), Need::Nothing);
    }

    #[test]
    fn a_newer_object_is_compared_and_a_recreated_one_is_written() {
        assert_eq!(need(Some(("u-1", "11")), 1), Need::Compare);
        assert_eq!(need(Some(("u-2", "11")), 1), Need::Write);
    }

    #[test]
    fn versions_that_are_no_numbers_are_only_equal_or_unknown() {
        assert_eq!(need(Some(("u-1", "abc")), 1), Need::Write);
        assert_eq!(version_order("abc", "abc"), Some(std::cmp::Ordering::Equal));
    }

    fn writer(key: &str, uid: &str) -> Writer {
        Writer {
            key: key.into(),
            uid: uid.into(),
        }
    }

    #[test]
    fn an_object_is_forgotten_with_all_that_was_written_for_it() {
        let records = Records::default();
        let (o, p) = (writer("o", "1"), writer("p", "2"));
        records.put(&o, "a", record());
        records.put(&o, "b", record());
        records.put(&p, "a", record());
        records.forget(&o, "a");
        assert_eq!(records.get(&o, "a"), None);
        assert!(records.get(&o, "b").is_some());
        records.forget_all("o");
        assert_eq!(records.get(&o, "b"), None);
        assert!(records.get(&p, "a").is_some());
    }

    #[test]
    fn what_was_written_for_another_of_the_name_does_not_count() {
        let records = Records::default();
        let (old, new) = (writer("o", "1"), writer("o", "2"));
        records.put(&old, "a", record());
        assert_eq!(records.get(&new, "a"), None);
        records.put(&new, "b", record());
        assert_eq!(records.get(&old, "a"), None);
        assert!(records.get(&new, "b").is_some());
    }
}
