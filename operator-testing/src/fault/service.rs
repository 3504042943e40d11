//! The tower service that rules take effect in.

use std::{
    convert::Infallible,
    future::{Future, pending},
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{BodyExt as _, Full, combinators::UnsyncBoxBody};
use tower::Service;

use super::{Call, Fault, Faults, Refusal, body};
use crate::apiserver::Client;

/// A client service whose calls go wrong by rule.
#[derive(Clone, Debug)]
pub struct FaultyService {
    inner: Client,
    faults: Faults,
}

/// The body of an answer, which may break off.
pub(super) type FaultyBody = UnsyncBoxBody<Bytes, io::Error>;

impl FaultyService {
    pub(super) fn new(inner: Client, faults: Faults) -> Self {
        Self { inner, faults }
    }
}

impl<B> Service<Request<B>> for FaultyService
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: std::fmt::Display,
{
    type Response = Response<FaultyBody>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, io::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let target = request
            .uri()
            .path_and_query()
            .map_or("/", |target| target.as_str());
        let call = Call::of(request.method(), target);
        let fault = self.faults.verdict(call.clone());
        // the inner future does nothing before it is polled
        let answer = self.inner.call(request);
        Box::pin(carry_out(fault, call, answer))
    }
}

async fn carry_out<A, B>(
    fault: Option<Fault>,
    call: Call,
    answer: A,
) -> Result<Response<FaultyBody>, io::Error>
where
    A: Future<Output = Result<Response<B>, Infallible>>,
    B: http_body::Body<Data = Bytes, Error = Infallible> + Send + 'static,
{
    let lost = || io::Error::new(io::ErrorKind::ConnectionReset, "connection reset by a test");
    let whole = |answer: Result<Response<B>, Infallible>| {
        let Ok(answer) = answer;
        answer.map(|body| body.map_err(|never| match never {}).boxed_unsync())
    };
    match fault {
        None => Ok(whole(answer.await)),
        Some(Fault::Refuse(refusal)) => Ok(refuse(refusal, &call)),
        Some(Fault::LoseRequest) => Err(lost()),
        Some(Fault::LoseAnswer) => {
            let Ok(_) = answer.await;
            Err(lost())
        }
        Some(Fault::Lie(refusal)) => {
            let Ok(_) = answer.await;
            Ok(refuse(refusal, &call))
        }
        Some(Fault::Delay(wait)) => {
            crate::clock::sleep(wait).await;
            Ok(whole(answer.await))
        }
        Some(Fault::Hang) => pending().await,
        Some(Fault::HangAfter) => {
            let Ok(_) = answer.await;
            pending().await
        }
        Some(Fault::Watch { after, fault }) => {
            let answer = whole(answer.await);
            Ok(answer.map(|events| body::faulty(events, after, fault)))
        }
    }
}

fn refuse(refusal: Refusal, call: &Call) -> Response<FaultyBody> {
    let error = refusal.answer(call);
    let mut text = error.body().to_string();
    text.push('\n');
    let body = Full::new(Bytes::from(text))
        .map_err(|never| match never {})
        .boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() =
        http::StatusCode::from_u16(error.code).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("application/json"),
    );
    if let Some(seconds) = error.retry_after() {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    response
}
