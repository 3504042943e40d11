use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context as Poller, Poll};

use super::Action;

/// The future of a `cleanup` or a `gone` that nobody implemented: it has nothing to do.
///
/// It has no size, which no `async fn` with arguments and no `async` block has: that is how the runtime sees, without
/// calling anything, that there is no cleanup and that objects need no finalizer.
pub struct NoCleanup<E>(PhantomData<fn() -> E>);

impl<E> NoCleanup<E> {
    pub(super) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<E> std::fmt::Debug for NoCleanup<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NoCleanup")
    }
}

impl<E> Future for NoCleanup<E> {
    type Output = Result<Action, E>;

    fn poll(self: Pin<&mut Self>, _: &mut Poller<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(Action::AwaitChange))
    }
}
