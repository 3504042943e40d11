use std::error::Error;
use std::future::Future;
use std::sync::Arc;

use super::{Action, Context, ErrorClass, NoCleanup};
use crate::meta::{ObjectKey, Rule, Subject};

/// Brings the world closer to what one object wants.
///
/// # Guarantees
/// - One key is never reconciled twice at once; a change during a reconcile makes it run again afterwards.
/// - `object` is the newest copy the cache has, and never older than what this operator wrote to it.
/// - While the object is being deleted only `cleanup` is called, and only when it is implemented.
///
/// # Cancel safety
/// The future is dropped when the reconcile takes longer than the controller's timeout and when the process ends
/// without grace; the same happens to every program that crashes, so what it does must bear to be done again.
///
/// # Example
/// ```
/// use std::sync::Arc;
/// use k8s_openapi::api::core::v1::ConfigMap;
/// use operator_core::reconcile::{Action, Context, Reconciler};
///
/// struct Greeter;
///
/// impl Reconciler for Greeter {
///     type Resource = ConfigMap;
///     type Error = kube::Error;
///
///     async fn reconcile(&self, object: Arc<ConfigMap>, cx: &Context<ConfigMap>) -> Result<Action, kube::Error> {
///         tracing::info!(object = %cx.key(), attempt = cx.attempt(), "hello");
///         Ok(Action::await_change())
///     }
/// }
/// ```
pub trait Reconciler: Send + Sync + 'static {
    /// The kind it reconciles; [`Dynamic`](crate::meta::Dynamic) when that is only known at run time.
    type Resource: Subject;

    /// What can go wrong.
    type Error: Error + Send + Sync + 'static;

    /// Makes what the object wants.
    ///
    /// # Errors
    /// Whatever keeps it from its work; the key is tried again as [`classify`](Reconciler::classify) says.
    fn reconcile(
        &self,
        object: Arc<Self::Resource>,
        cx: &Context<Self::Resource>,
    ) -> impl Future<Output = Result<Action, Self::Error>> + Send;

    /// Takes away what the object leaves behind outside Kubernetes, before it goes.
    ///
    /// Implementing it turns the finalizer on: the controller adds one before the first `reconcile`, calls `cleanup`
    /// when the object is being deleted, and removes the finalizer when `cleanup` has returned
    /// [`Action::AwaitChange`]. With any other action the object stays, and `cleanup` is called again. Children in the
    /// cluster need no cleanup: their owner references take them.
    ///
    /// # Errors
    /// Whatever keeps it from its work; the object stays, and `cleanup` is tried again.
    fn cleanup(
        &self,
        object: Arc<Self::Resource>,
        cx: &Context<Self::Resource>,
    ) -> impl Future<Output = Result<Action, Self::Error>> + Send {
        let _ = (object, cx);
        NoCleanup::new()
    }

    /// Reacts to a key without an object.
    ///
    /// Implementing it is asking for it: by default a key whose object is gone is forgotten. It is called when the
    /// object has been deleted, and for every other key that a source names and no object has; an object that left the
    /// controller's selectors is gone, too, one whose namespace is no longer watched is not. What it was is not
    /// known any more. A process that was down during a deletion does not hear of it: what must not be missed belongs
    /// into [`cleanup`](Reconciler::cleanup).
    ///
    /// # Errors
    /// Whatever keeps it from its work; the key is tried again as [`classify`](Reconciler::classify) says.
    fn gone(
        &self,
        key: &ObjectKey,
        cx: &Context<Self::Resource>,
    ) -> impl Future<Output = Result<Action, Self::Error>> + Send {
        let _ = (key, cx);
        NoCleanup::new()
    }

    /// Rights that cannot be worked out from what its controller declares. Written by [`#[rbac]`](crate::rbac).
    fn rights() -> Vec<Rule>
    where
        Self: Sized,
    {
        Vec::new()
    }

    /// What an error means for its key: retryable, unless it is or wraps [`Terminal`](super::Terminal).
    fn classify(&self, error: &Self::Error) -> ErrorClass {
        ErrorClass::of(error)
    }
}
