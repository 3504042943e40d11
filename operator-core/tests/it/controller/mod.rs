//! A controller against the embedded server, under paused time.

mod outcomes;
mod waking;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;
use k8s_openapi::api::core::v1::ConfigMap;
use operator_core::reconcile::{Action, Context, Reconciler};
use tokio::time::Instant;

type Script = dyn Fn(Arc<ConfigMap>, Context<ConfigMap>) -> BoxFuture<'static, Answer> + Send + Sync;
type Answer = Result<Action, operator_core::BoxError>;

#[derive(Debug, thiserror::Error)]
#[error("cannot do it")]
struct Failed(#[source] operator_core::BoxError);

/// A reconciler that notes its calls and answers as the test says.
#[derive(Clone)]
struct Scripted {
    calls: Arc<Mutex<Vec<Call>>>,
    answer: Arc<Script>,
}

#[derive(Clone, Debug)]
struct Call {
    key: String,
    attempt: u32,
    at: Duration,
    reasons: String,
}

impl Scripted {
    fn new<F>(answer: impl Fn(Arc<ConfigMap>, Context<ConfigMap>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        Self {
            calls: Arc::default(),
            answer: Arc::new(move |object, cx| Box::pin(answer(object, cx))),
        }
    }

    fn idle() -> Self {
        Self::new(|_, _| async { Ok(Action::await_change()) })
    }

    fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    fn count(&self, key: &str) -> usize {
        self.calls().iter().filter(|call| call.key == key).count()
    }

    fn clear(&self) {
        self.calls.lock().unwrap().clear();
    }
}

fn start() -> Instant {
    use std::cell::OnceCell;
    thread_local!(static START: OnceCell<Instant> = const { OnceCell::new() });
    START.with(|start| *start.get_or_init(Instant::now))
}

impl Reconciler for Scripted {
    type Resource = ConfigMap;
    type Error = Failed;

    async fn reconcile(&self, object: Arc<ConfigMap>, cx: &Context<ConfigMap>) -> Result<Action, Failed> {
        self.calls.lock().unwrap().push(Call {
            key: cx.key().name().to_owned(),
            attempt: cx.attempt(),
            at: start().elapsed(),
            reasons: cx.reasons().to_string(),
        });
        let cx = cx.clone();
        (self.answer)(object, cx).await.map_err(Failed)
    }
}

fn only_own(name: &'static str) -> impl Fn(&operator_core::informer::Change) -> bool + Send + Sync + 'static {
    move |change| change.key().name().starts_with(name)
}
