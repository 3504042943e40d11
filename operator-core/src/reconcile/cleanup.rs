//! How the runtime finds out whether a reconciler implements `cleanup` or `gone` (see `docs/adr/0001`).

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Poller, Poll};

use super::{Action, Context, Reconciler};
use crate::meta::ObjectKey;

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

/// Whether `R` brings a `cleanup` of its own.
pub(crate) fn implements_cleanup<R: Reconciler>() -> bool {
    future_size::<R, _, _>(R::cleanup) > 0
}

/// Whether `R` wants to hear of keys whose objects are gone.
pub(crate) fn implements_gone<R: Reconciler>() -> bool {
    gone_size::<R, _, _>(R::gone) > 0
}

fn gone_size<'a, R, F, Fut>(_: F) -> usize
where
    R: Reconciler,
    F: FnOnce(&'a R, &'a ObjectKey, &'a Context<R::Resource>) -> Fut,
{
    size_of::<Fut>()
}

fn future_size<'a, R, F, Fut>(_: F) -> usize
where
    R: Reconciler,
    F: FnOnce(&'a R, Arc<R::Resource>, &'a Context<R::Resource>) -> Fut,
{
    size_of::<Fut>()
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use k8s_openapi::api::core::v1::ConfigMap;

    use super::*;

    struct Without;

    impl Reconciler for Without {
        type Resource = ConfigMap;
        type Error = Infallible;

        async fn reconcile(&self, _: Arc<ConfigMap>, _: &Context<ConfigMap>) -> Result<Action, Infallible> {
            Ok(Action::await_change())
        }
    }

    struct With;

    impl Reconciler for With {
        type Resource = ConfigMap;
        type Error = Infallible;

        async fn reconcile(&self, _: Arc<ConfigMap>, _: &Context<ConfigMap>) -> Result<Action, Infallible> {
            Ok(Action::await_change())
        }

        async fn cleanup(&self, _: Arc<ConfigMap>, _: &Context<ConfigMap>) -> Result<Action, Infallible> {
            Ok(Action::await_change())
        }

        async fn gone(&self, _: &ObjectKey, _: &Context<ConfigMap>) -> Result<Action, Infallible> {
            Ok(Action::await_change())
        }
    }

    struct WithoutArguments;

    impl Reconciler for WithoutArguments {
        type Resource = ConfigMap;
        type Error = Infallible;

        async fn reconcile(&self, _: Arc<ConfigMap>, _: &Context<ConfigMap>) -> Result<Action, Infallible> {
            Ok(Action::await_change())
        }

        #[allow(clippy::manual_async_fn, reason = "the point is a future without arguments")]
        fn cleanup(
            &self,
            _: Arc<ConfigMap>,
            _: &Context<ConfigMap>,
        ) -> impl Future<Output = Result<Action, Infallible>> + Send {
            async { Ok(Action::await_change()) }
        }
    }

    #[test]
    fn only_an_implemented_cleanup_is_found() {
        assert!(!implements_cleanup::<Without>());
        assert!(implements_cleanup::<With>());
        assert!(implements_cleanup::<WithoutArguments>());
        assert!(!implements_gone::<Without>() && implements_gone::<With>());
    }
}
