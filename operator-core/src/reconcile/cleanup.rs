//! How the runtime finds out whether a reconciler implements `cleanup` or `gone` (see `docs/adr/0001`).

use std::sync::Arc;

use super::{Context, Reconciler};
use crate::meta::ObjectKey;

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
    use crate::reconcile::Action;

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
