//! A right, as data.

use std::collections::BTreeSet;

/// The right to do some things with some kinds of one API group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rule {
    /// The API group; empty for the core group.
    pub group: String,
    /// The plural names, with a subresource as `databases/status`.
    pub resources: BTreeSet<String>,
    /// What may be done.
    pub verbs: BTreeSet<String>,
}

impl Rule {
    /// A rule for resources of one group.
    pub fn new<R, V>(group: impl Into<String>, resources: R, verbs: V) -> Self
    where
        R: IntoIterator<Item: Into<String>>,
        V: IntoIterator<Item: Into<String>>,
    {
        Self {
            group: group.into(),
            resources: resources.into_iter().map(Into::into).collect(),
            verbs: verbs.into_iter().map(Into::into).collect(),
        }
    }
}
