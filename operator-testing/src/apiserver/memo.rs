//! What a request keeps from one pass through the server to the next.

use jiff::Timestamp;

use super::{
    dice::Roll,
    webhook::{Answer, Answers, Question},
};

/// How often a request may begin anew: a chain of webhooks takes a pass for each of them.
const PASSES: usize = 100;

/// What stays the same when a request begins anew, because it had to ask a webhook.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    /// When the request came.
    time: Option<Timestamp>,
    /// The names and uids that were made up for it.
    pub(crate) rolls: Vec<Roll>,
    /// What webhooks answered.
    pub(crate) answers: Answers,
    /// What the audit log is to be told.
    pub(crate) annotations: Vec<(String, String)>,
    passes: usize,
}

impl Memo {
    /// When the request came: `now`, the first time.
    pub(crate) fn time(&mut self, now: impl FnOnce() -> Timestamp) -> Timestamp {
        *self.time.get_or_insert_with(now)
    }

    /// Whether the request may begin anew once more.
    pub(crate) fn may_ask(&self) -> bool {
        self.passes < PASSES
    }

    /// Keeps answers for the next pass.
    pub(crate) fn learn(&mut self, answers: Vec<(Question, Answer)>) {
        self.passes += 1;
        for (question, answer) in answers {
            self.answers.add(question, answer);
        }
    }
}
