//! What was written, write by write, with the differences.

use std::fmt;

use serde_json::Value;

use crate::apiserver::{
    Loopback,
    store::{ResourceKey, Revision},
};

/// Members of an object that say nothing a reader of a journal wants to know.
const LEFT_OUT: [&str; 2] = ["/metadata/managedFields", "/metadata/resourceVersion"];

/// The writes of some time, oldest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Journal {
    entries: Vec<Entry>,
    complete: bool,
}

/// One write.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Entry {
    /// The revision that it made.
    pub revision: Revision,
    /// The kind of object.
    pub resource: ResourceKey,
    /// The namespace; empty for objects of the cluster.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// The object before; `None` if it was made.
    pub before: Option<Value>,
    /// The object after; `None` if it was removed.
    pub after: Option<Value>,
}

impl Journal {
    pub(super) fn of(feed: &Loopback, since: Revision) -> Self {
        match feed.changes(since) {
            Ok(changes) => Self {
                entries: changes
                    .into_iter()
                    .map(|change| Entry {
                        revision: change.revision,
                        resource: change.resource,
                        namespace: change.namespace,
                        name: change.name,
                        before: change.before,
                        after: change.after,
                    })
                    .collect(),
                complete: true,
            },
            Err(_) => Self {
                entries: Vec::new(),
                complete: false,
            },
        }
    }

    /// The writes.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Whether the history still reached back to the beginning.
    pub fn is_complete(&self) -> bool {
        self.complete
    }
}

impl Entry {
    /// What differs, as lines of `path: before -> after`.
    pub fn differences(&self) -> Vec<String> {
        let (Some(before), Some(after)) = (&self.before, &self.after) else {
            return Vec::new();
        };
        let mut lines = Vec::new();
        compare("", before, after, &mut lines);
        lines
    }
}

fn compare(path: &str, before: &Value, after: &Value, lines: &mut Vec<String>) {
    if before == after || LEFT_OUT.contains(&path) {
        return;
    }
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let nothing = &Value::Null;
                let (old, new) = (old.get(name).unwrap_or(nothing), new.get(name).unwrap_or(nothing));
                compare(&format!("{path}/{name}"), old, new, lines);
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                compare(&format!("{path}/{index}"), old, new, lines);
            }
        }
        _ => lines.push(format!("{}: {before} -> {after}", &path[1.min(path.len())..])),
    }
}

impl fmt::Display for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.complete {
            writeln!(f, "  (the history no longer reaches back that far)")?;
        }
        for entry in &self.entries {
            let sign = match (&entry.before, &entry.after) {
                (None, _) => '+',
                (_, None) => '-',
                _ => '~',
            };
            let slash = if entry.namespace.is_empty() { "" } else { "/" };
            writeln!(
                f,
                "  {} {sign} {} {}{slash}{}",
                entry.revision, entry.resource, entry.namespace, entry.name
            )?;
            for line in entry.differences() {
                writeln!(f, "        {line}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_write_is_shown_by_its_differences() {
        let journal = Journal {
            entries: vec![Entry {
                revision: 7,
                resource: ResourceKey::new("apps", "deployments"),
                namespace: "default".into(),
                name: "web".into(),
                before: Some(
                    json!({"metadata": {"resourceVersion": "6"}, "spec": {"replicas": 1, "list": [1, 2]}}),
                ),
                after: Some(
                    json!({"metadata": {"resourceVersion": "7"}, "spec": {"replicas": 2, "list": [1, 3], "paused": true}}),
                ),
            }],
            complete: true,
        };
        assert_eq!(
            journal.to_string(),
            "  7 ~ deployments.apps default/web
        spec/list/1: 2 -> 3
        spec/paused: null -> true
        spec/replicas: 1 -> 2\n"
        );
    }
}
