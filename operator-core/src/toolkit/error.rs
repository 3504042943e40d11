//! What can go wrong when an operator writes.

use super::target::Target;
use crate::meta::OwnerReferenceError;

/// Why a write of the toolkit failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The object to write has no name.
    #[error("{kind} has no name")]
    NoName {
        /// The kind of the object.
        kind: String,
    },
    /// The owner cannot own the object.
    #[error(transparent)]
    Owner(#[from] OwnerReferenceError),
    /// The object cannot be written as JSON.
    #[error("{target} cannot be serialised")]
    Serialize {
        /// The object.
        target: Box<Target>,
        /// Why.
        source: serde_json::Error,
    },
    /// Another object controls the child already.
    #[error("{target} is controlled by {controller}")]
    Controlled {
        /// The child.
        target: Box<Target>,
        /// Kind and name of its controller.
        controller: String,
    },
    /// The object exists without this owner, and adoption was turned off.
    #[error("{target} exists and does not belong to this owner")]
    NotOurs {
        /// The object.
        target: Box<Target>,
    },
    /// The object was deleted, and another with its name took its place.
    #[error("{target} was replaced by another object of the same name")]
    Replaced {
        /// The object.
        target: Box<Target>,
    },
    /// The object kept changing under every attempt.
    #[error("{target} changed during each of {attempts} attempts")]
    Contended {
        /// The object.
        target: Box<Target>,
        /// How many attempts were made.
        attempts: usize,
    },
    /// The API server refused, or could not be reached.
    #[error("{action} {target}: {}", server_words(.source))]
    Request {
        /// What was attempted: `apply`, `update the status of`.
        action: &'static str,
        /// The object.
        target: Box<Target>,
        /// The answer.
        source: Box<kube::Error>,
    },
}

impl WriteError {
    pub(crate) fn request(action: &'static str, target: &Target, source: kube::Error) -> Self {
        Self::Request {
            action,
            target: Box::new(target.clone()),
            source: Box::new(source),
        }
    }

    /// The server's Status, where it sent one.
    pub fn status(&self) -> Option<&kube::core::Status> {
        match self {
            Self::Request { source, .. } => match &**source {
                kube::Error::Api(status) => Some(status),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether someone else changed or owns what was to be written.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Contended { .. } | Self::Replaced { .. })
            || self.status().is_some_and(kube::core::Status::is_conflict)
    }

    /// Whether the object is not there.
    pub fn is_not_found(&self) -> bool {
        self.status().is_some_and(kube::core::Status::is_not_found)
    }

    /// Whether the server found the object invalid.
    pub fn is_invalid(&self) -> bool {
        self.status()
            .is_some_and(|status| status.is_invalid() || status.code == 400)
    }

    /// Whether the operator lacks the right.
    pub fn is_forbidden(&self) -> bool {
        self.status().is_some_and(kube::core::Status::is_forbidden)
    }

    /// Whether the same write can succeed later although nobody changes what is to be written.
    ///
    /// Conflicts, missing objects, a busy or unreachable server and missing rights come and go; an object the server
    /// finds invalid, or an owner that cannot own, stays so.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::NoName { .. } | Self::Owner(_) | Self::Serialize { .. } => false,
            Self::Controlled { .. }
            | Self::NotOurs { .. }
            | Self::Replaced { .. }
            | Self::Contended { .. } => true,
            Self::Request { .. } => !self.is_invalid(),
        }
    }
}

/// The server's own message where there is one: `kube::Error` would print it twice.
fn server_words(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) if !status.message.is_empty() => status.message.clone(),
        other => other.to_string(),
    }
}
