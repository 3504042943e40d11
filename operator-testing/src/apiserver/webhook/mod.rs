//! Asking webhooks: questions as data, and the one place that carries them out of the server.
//!
//! The core is synchronous and knows no network. A verb that needs the answer of a webhook halts with its [`Question`]s before
//! anything is written; `service` lets an [`Errand`] carry each of them, keeps the [`Answer`]s in the request's [`Memo`] and lets
//! the verb begin anew. An answer belongs to the content of its question: an object that changed meanwhile is asked about again.
//!
//! Who answers is found in this order: what was registered for the address, an `ExternalName` Service, Endpoints that name no
//! Pods, the host of the URL.
//!
//! Source: `k8s.io/apiserver/pkg/util/webhook/client.go`.

mod endpoint;
mod errand;
mod registry;
mod reply;
mod tls;
mod wire;

use serde_json::Value;

pub(crate) use endpoint::Endpoint;
pub(crate) use errand::Errand;
pub(crate) use registry::Registry;
pub use registry::WebhookAddress;

/// What the server wants to know of a webhook.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Question {
    /// Where the webhook is.
    pub(crate) endpoint: Endpoint,
    /// The kind of the review.
    pub(crate) kind: &'static str,
    /// The version of the review.
    pub(crate) api_version: String,
    /// The request of the review, but for its uid.
    pub(crate) request: Value,
    /// How long the webhook may take.
    pub(crate) seconds: u32,
}

/// What came of a question.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The uid that the question was asked with.
    pub(crate) uid: String,
    /// The review that came back, or why none did, in the real server's words.
    pub(crate) review: Result<Value, String>,
}

/// The answers that one request has got so far.
#[derive(Debug, Default)]
pub(crate) struct Answers(Vec<(Question, Answer)>);

impl Answers {
    /// The answer to a question, if it was asked.
    pub(crate) fn to(&self, question: &Question) -> Option<&Answer> {
        let known = self.0.iter().find(|(known, _)| known == question);
        known.map(|(_, answer)| answer)
    }

    /// Keeps an answer.
    pub(crate) fn add(&mut self, question: Question, answer: Answer) {
        self.0.push((question, answer));
    }
}
