//! A client that crashes its program at a chosen write.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use http::Method;
use kube::client::Body;
use operator_testing::apiserver::ApiServer;
use tower::{BoxError, Service, ServiceExt};

/// What becomes of the write at which the program crashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It never reaches the server.
    Before,
    /// The server makes it, and the program does not learn so.
    LostAnswer,
    /// The server makes it and the program learns so; it crashes at its next call.
    After,
}

impl Fate {
    pub(crate) const ALL: [Self; 3] = [Self::Before, Self::LostAnswer, Self::After];
}

#[derive(Debug, Default)]
struct State {
    writes: usize,
    crash_at: Option<(usize, Fate)>,
    crashed: bool,
}

/// Decides when the program crashes. While it is crashed no call gets through.
#[derive(Clone, Debug, Default)]
pub(crate) struct Crash {
    state: Arc<Mutex<State>>,
}

impl Crash {
    /// Crashes at the write with this number, counted from 0.
    pub(crate) fn at(write: usize, fate: Fate) -> Self {
        let state = State {
            crash_at: Some((write, fate)),
            ..State::default()
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Starts the program again; it does not crash a second time.
    pub(crate) fn restart(&self) {
        let mut state = self.state.lock().unwrap();
        if state.crashed {
            state.crashed = false;
            state.crash_at = None;
        }
    }

    /// How many writes were attempted.
    pub(crate) fn writes(&self) -> usize {
        self.state.lock().unwrap().writes
    }

    /// Whether the crash has happened.
    pub(crate) fn happened(&self) -> bool {
        self.state.lock().unwrap().crash_at.is_none()
    }

    /// A client of the server that crashes as planned.
    pub(crate) fn client(&self, server: &ApiServer) -> kube::Client {
        let inner = server.service(operator_testing::apiserver::Identity::default());
        kube::Client::new(
            Crashing {
                inner,
                crash: self.clone(),
            },
            "default",
        )
    }

    fn fate_of(&self, method: &Method) -> Result<Option<Fate>, BoxError> {
        let mut state = self.state.lock().unwrap();
        if state.crashed {
            return Err("crashed".into());
        }
        if method == Method::GET {
            return Ok(None);
        }
        let number = state.writes;
        state.writes += 1;
        let Some((_, fate)) = state.crash_at.filter(|(at, _)| *at == number) else {
            return Ok(None);
        };
        state.crashed = true;
        Ok(Some(fate))
    }
}

#[derive(Clone)]
struct Crashing {
    inner: operator_testing::apiserver::Client,
    crash: Crash,
}

type Answer = http::Response<operator_testing::apiserver::ResponseBody>;

impl Service<http::Request<Body>> for Crashing {
    type Response = Answer;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let this = self.clone();
        Box::pin(async move {
            let fate = this.crash.fate_of(request.method())?;
            if fate == Some(Fate::Before) {
                return Err("crashed before the write".into());
            }
            let answer = this
                .inner
                .oneshot(request)
                .await
                .unwrap_or_else(|never| match never {});
            if fate == Some(Fate::LostAnswer) {
                return Err("crashed after the write".into());
            }
            Ok(answer)
        })
    }
}
