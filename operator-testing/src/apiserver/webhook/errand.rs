//! One question on its way out and back.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    Answer, Question,
    endpoint::Location,
    registry::{Place, Registry},
    reply::Reply,
    wire::{self, Outgoing},
};
use crate::{apiserver::store::Store, clock};

/// A question with everything that carrying it takes.
#[derive(Debug)]
pub(crate) struct Errand {
    question: Question,
    uid: String,
    to: Result<(Location, Result<Place, String>), String>,
}

impl Errand {
    /// Finds out who is to be asked. The uid must be fresh.
    pub(crate) fn new(question: Question, uid: String, registry: &Registry, store: &Store) -> Self {
        let to = question.endpoint.location().map(|location| {
            let place = registry.find(store, &question.endpoint, &location);
            (location, place)
        });
        Self { question, uid, to }
    }

    /// Asks, and waits for the answer for as long as the question allows.
    ///
    /// # Cancel safety
    /// The question may have been asked all the same.
    pub(crate) async fn run(self) -> (Question, Answer) {
        let Self { question, uid, to } = self;
        let review = match to {
            Err(why) => Err(why),
            Ok((location, place)) => {
                let answered = match place {
                    Ok(place) => ask(&question, &uid, &location, place).await,
                    Err(why) => Err(why),
                };
                answered
                    .map_err(|why| format!("Post \"{}?timeout={}s\": {why}", location.url, question.seconds))
                    .and_then(|reply| reply.review(question.kind))
            }
        };
        (question, Answer { uid, review })
    }
}

async fn ask(question: &Question, uid: &str, location: &Location, place: Place) -> Result<Reply, String> {
    let mut asked = question.request.clone();
    asked["uid"] = uid.into();
    let body: Value = json!({"kind": question.kind, "apiVersion": question.api_version, "request": asked});
    let host = format!("{}:{}", location.host, location.port);
    let request = wire::request(&location.path, question.seconds, &host, body.to_string().into());
    let limit = Duration::from_secs(question.seconds.into());
    match place {
        Place::Handler(handler) => clock::timeout(limit, handler(request))
            .await
            .ok_or_else(|| "context deadline exceeded".to_owned()),
        Place::Socket(host, port) => {
            wire::call(Outgoing {
                location: location.clone(),
                dial: (host, port),
                bundle: question.endpoint.ca_bundle().to_owned(),
                request,
                limit,
            })
            .await
        }
    }
}
