//! Rules: which calls, which of them, and what becomes of them.

use std::{fmt, sync::Arc, time::Duration};

use super::Call;
use crate::apiserver::{
    request::Verb,
    status::{About, StatusError},
};

/// What becomes of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The server refuses it; nothing is written.
    Refuse(Refusal),
    /// The connection breaks before the request arrives; nothing is written.
    LoseRequest,
    /// The request is carried out, and the connection breaks before the answer arrives.
    LoseAnswer,
    /// The request is carried out, and the answer says otherwise.
    Lie(Refusal),
    /// The request is carried out so much later.
    Delay(Duration),
    /// It is never carried out and never answered: what waits for it waits until it is dropped, as in a crash.
    Hang,
    /// It is carried out and never answered.
    HangAfter,
    /// A watch goes wrong after it has begun.
    Watch {
        /// After so many events.
        after: usize,
        /// What happens then.
        fault: WatchFault,
    },
}

/// How a watch goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WatchFault {
    /// The server closes it, as it does from time to time.
    Ends,
    /// The connection breaks.
    Breaks,
    /// The server says that the history is gone (410): the client has to list anew.
    Expires,
    /// Nothing comes any more, and nobody says so.
    Stalls,
}

/// Errors that a server may answer with at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// 409: somebody else has changed the object.
    Conflict,
    /// 409: somebody else has made the object.
    AlreadyExists,
    /// 403.
    Forbidden,
    /// 404.
    NotFound,
    /// 410: the revision asked for is gone.
    Expired,
    /// 429: come back later.
    TooManyRequests,
    /// 500.
    Internal,
    /// 503.
    Unavailable,
    /// 504.
    Timeout,
}

impl Refusal {
    /// The answer to a call.
    pub(super) fn answer(self, call: &Call) -> StatusError {
        let about = About {
            group: &call.group,
            kind: &call.resource,
            name: &call.name,
        };
        match self {
            Self::Conflict => StatusError::conflict(
                about,
                "the object has been modified; please apply your changes to the latest version and try again",
            ),
            Self::AlreadyExists => StatusError::already_exists(about),
            Self::Forbidden => StatusError::forbidden(about, "a test says so"),
            Self::NotFound => StatusError::not_found(about),
            Self::Expired => StatusError::expired("The resourceVersion for the provided list is too old."),
            Self::TooManyRequests => StatusError {
                details: Some(serde_json::json!({"retryAfterSeconds": 1})),
                ..StatusError::new(
                    429,
                    "TooManyRequests",
                    "Too many requests, please try again later.",
                )
            },
            Self::Internal => StatusError::internal("a test says so"),
            Self::Unavailable => StatusError::new(503, "ServiceUnavailable", "apiserver not ready"),
            Self::Timeout => StatusError::new(
                504,
                "Timeout",
                "Timeout: request did not complete within the allotted timeout",
            ),
        }
    }
}

/// Which calls go wrong, and how.
#[derive(Clone)]
pub struct Rule {
    pub(super) fault: Fault,
    conditions: Vec<Condition>,
    pub(super) skip: usize,
    pub(super) times: usize,
}

type Condition = Arc<dyn Fn(&Call) -> bool + Send + Sync>;

impl Rule {
    /// Every call goes wrong like this. A fault of a watch concerns watches only.
    pub fn new(fault: Fault) -> Self {
        let rule = Self {
            conditions: Vec::new(),
            skip: 0,
            times: usize::MAX,
            fault,
        };
        if matches!(rule.fault, Fault::Watch { .. }) {
            rule.verb(Verb::Watch)
        } else {
            rule
        }
    }

    /// Only calls of which this holds.
    #[must_use]
    pub fn when(mut self, condition: impl Fn(&Call) -> bool + Send + Sync + 'static) -> Self {
        self.conditions.push(Arc::new(condition));
        self
    }

    /// Only calls that do this.
    #[must_use]
    pub fn verb(self, verb: Verb) -> Self {
        self.when(move |call| call.verb == verb)
    }

    /// Only calls that could change something.
    #[must_use]
    pub fn writes(self) -> Self {
        self.when(Call::is_write)
    }

    /// Only calls for this resource, by its plural name, or for this `resource/subresource`.
    #[must_use]
    pub fn resource(self, resource: &str) -> Self {
        let (resource, subresource) = match resource.split_once('/') {
            Some((resource, subresource)) => (resource.to_owned(), Some(subresource.to_owned())),
            None => (resource.to_owned(), None),
        };
        self.when(move |call| {
            call.resource == resource
                && subresource
                    .as_ref()
                    .is_none_or(|wanted| call.subresource == *wanted)
        })
    }

    /// Only calls for the object of this name.
    #[must_use]
    pub fn name(self, name: &str) -> Self {
        let name = name.to_owned();
        self.when(move |call| call.name == name)
    }

    /// Only from the call after so many on.
    #[must_use]
    pub fn skip(mut self, count: usize) -> Self {
        self.skip = count;
        self
    }

    /// Only so many calls.
    #[must_use]
    pub fn times(mut self, count: usize) -> Self {
        self.times = count;
        self
    }

    /// Only the call of this number, counted from 0.
    #[must_use]
    pub fn nth(self, number: usize) -> Self {
        self.skip(number).times(1)
    }

    pub(super) fn concerns(&self, call: &Call) -> bool {
        self.conditions.iter().all(|condition| condition(call))
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rule")
            .field("fault", &self.fault)
            .field("skip", &self.skip)
            .field("times", &self.times)
            .finish_non_exhaustive()
    }
}
