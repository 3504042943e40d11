//! What the API server is to ask, and about what: the manifests are made of it.

use std::collections::BTreeSet;

use kube::core::ApiResource;

use super::admission::Operation;
use crate::meta::Object;

/// A path on which the API server's questions are answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Hook {
    /// The path.
    pub path: String,
    /// What is asked there.
    pub question: Question,
}

/// What the API server asks.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Question {
    /// May it be stored?
    Validate(Subject),
    /// As what is it to be stored?
    Mutate(Subject),
    /// What is it in another version?
    Convert {
        /// The name of the CustomResourceDefinition.
        definition: String,
    },
}

/// Which requests a question is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// The kind.
    pub resource: ApiResource,
    /// What is to be done with an object of it.
    pub operations: BTreeSet<Operation>,
}

impl Subject {
    /// Creations and updates of `K`.
    pub(super) fn of<K: Object>() -> Self {
        Self {
            resource: ApiResource::erase::<K>(&()),
            operations: BTreeSet::from([Operation::Create, Operation::Update]),
        }
    }
}

impl Hook {
    /// The requests that it is asked about; `None` for a conversion.
    pub fn subject(&self) -> Option<&Subject> {
        match &self.question {
            Question::Validate(subject) | Question::Mutate(subject) => Some(subject),
            Question::Convert { .. } => None,
        }
    }
}
