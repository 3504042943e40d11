use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use futures::future::BoxFuture;
use jiff::Timestamp;
use kube::Client;
use kube::core::ApiResource;

use super::{Reason, Reasons};
use crate::clock::Clock;
use crate::dice::Dice;
use crate::informer::{Store, Stores};
use crate::meta::{Object, ObjectKey};
use crate::shutdown::Shutdown;
use crate::toolkit::Toolkit;

/// What a reconcile is handed beside its object.
pub struct Context<K> {
    shared: Arc<Shared>,
    key: ObjectKey,
    attempt: u32,
    reasons: Reasons,
    kind: PhantomData<fn() -> K>,
}

/// What all reconciles of one controller have in common.
struct Shared {
    client: Client,
    controller: String,
    field_manager: String,
    clock: Clock,
    dice: Dice,
    shutdown: Shutdown,
    toolkit: Toolkit,
    stores: Stores,
    catching_up: Option<CatchingUp>,
}

/// Waits until the caches show what the running reconcile wrote to objects of a kind; false when the wait was given up.
pub(crate) type CatchingUp = Arc<dyn Fn(&ApiResource) -> BoxFuture<'static, bool> + Send + Sync>;

/// A cache that did not come to show the operator's own writes in time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cache of {kind} does not show yet what this reconcile wrote")]
pub struct BehindOwnWrites {
    /// The kind.
    pub kind: String,
}

impl<K> Context<K> {
    /// A context of your own, for tests and for calling a reconciler by hand.
    pub fn builder(client: Client, controller: impl Into<String>) -> ContextBuilder<K> {
        let controller = controller.into();
        let clock = Clock::real();
        ContextBuilder {
            shared: Shared {
                toolkit: Toolkit::new(client.clone(), controller.clone(), clock.clone()),
                client,
                field_manager: controller.clone(),
                controller,
                clock,
                dice: Dice::unseeded(),
                shutdown: Shutdown::new(),
                stores: Stores::default(),
                catching_up: None,
            },
            kind: PhantomData,
        }
    }

    /// The context of another reconcile of the same controller.
    pub(crate) fn of_attempt(&self, key: ObjectKey, attempt: u32, reasons: Reasons) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            key,
            attempt,
            reasons,
            kind: PhantomData,
        }
    }

    /// The client of the operator.
    pub fn client(&self) -> &Client {
        &self.shared.client
    }

    /// The key that is being reconciled.
    pub fn key(&self) -> &ObjectKey {
        &self.key
    }

    /// The namespace of the object; `None` when it is cluster-scoped.
    pub fn namespace(&self) -> Option<&str> {
        self.key.namespace()
    }

    /// How often in a row this key has been tried, this time included: 1 unless the last reconcile failed.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Why it is reconciled. For logs and metrics: a reconcile looks at the state of the world, not at what changed.
    pub fn reasons(&self) -> Reasons {
        self.reasons
    }

    /// The name of the controller.
    pub fn controller(&self) -> &str {
        &self.shared.controller
    }

    /// The name under which the operator owns fields in server-side apply.
    pub fn field_manager(&self) -> &str {
        &self.shared.field_manager
    }

    /// What writes to the cluster, shared by all reconciles of the controller.
    pub fn toolkit(&self) -> &Toolkit {
        &self.shared.toolkit
    }

    /// The cache of a kind that the controller declared, as it is: its own, one it owns, one it watches.
    ///
    /// When the reconcile begins it shows what earlier reconciles of the key wrote. What this one has written since is
    /// not waited for; see [`caught_up_cache`](Context::caught_up_cache).
    ///
    /// # Panics
    /// When the controller did not declare the kind.
    pub fn stale_cache<T: Object>(&self) -> Store<T> {
        self.shared.stores.of()
    }

    /// The cache of a kind that the controller declared, once it shows what this reconcile has written to objects of the
    /// kind.
    ///
    /// Only writes through this context count, and only those made in the task of the reconcile. Where nothing was
    /// written it does not wait. How long it waits is measured, as
    /// `controller_runtime_client_consistency_wait_duration_seconds`.
    ///
    /// # Errors
    /// [`BehindOwnWrites`], when the cache has not caught up after five seconds.
    ///
    /// # Panics
    /// When the controller did not declare the kind.
    ///
    /// # Cancel safety
    /// Nothing is lost when it is dropped.
    pub async fn caught_up_cache<T: Object>(&self) -> Result<Store<T>, BehindOwnWrites> {
        let store = self.shared.stores.of();
        if let Some(catching_up) = &self.shared.catching_up {
            let kind = ApiResource::erase::<T>(&());
            if !catching_up(&kind).await {
                return Err(BehindOwnWrites { kind: kind.kind });
            }
        }
        Ok(store)
    }

    /// All caches that the controller declared.
    pub fn stores(&self) -> &Stores {
        &self.shared.stores
    }

    /// The time of day.
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// The clock: what waits inside a reconcile waits with it, so that tests need not.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// The source of random choices.
    pub fn dice(&self) -> &Dice {
        &self.shared.dice
    }

    /// The end of the process, for reconciles that take long.
    pub fn shutdown(&self) -> &Shutdown {
        &self.shared.shutdown
    }
}

impl<K> Clone for Context<K> {
    fn clone(&self) -> Self {
        self.of_attempt(self.key.clone(), self.attempt, self.reasons)
    }
}

impl<K> fmt::Debug for Context<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("controller", &self.shared.controller)
            .field("key", &self.key)
            .field("attempt", &self.attempt)
            .field("reasons", &self.reasons)
            .finish_non_exhaustive()
    }
}

/// Makes a [`Context`] outside a controller.
pub struct ContextBuilder<K> {
    shared: Shared,
    kind: PhantomData<fn() -> K>,
}

impl<K> ContextBuilder<K> {
    /// Sets the name under which fields are owned; the controller's name by default.
    #[must_use]
    pub fn field_manager(mut self, name: impl Into<String>) -> Self {
        self.shared.field_manager = name.into();
        self.renew_toolkit()
    }

    /// Sets the clock.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.shared.clock = clock;
        self.renew_toolkit()
    }

    /// Sets what writes to the cluster; by default a toolkit made from the client, the field manager and the clock.
    #[must_use]
    pub fn toolkit(mut self, toolkit: Toolkit) -> Self {
        self.shared.toolkit = toolkit;
        self
    }

    /// Sets the source of random choices.
    #[must_use]
    pub fn dice(mut self, dice: Dice) -> Self {
        self.shared.dice = dice;
        self
    }

    /// Sets what ends the process.
    #[must_use]
    pub fn shutdown(mut self, shutdown: Shutdown) -> Self {
        self.shared.shutdown = shutdown;
        self
    }

    /// Sets the caches that can be read.
    #[must_use]
    pub fn stores(mut self, stores: Stores) -> Self {
        self.shared.stores = stores;
        self
    }

    /// Sets what waits for own writes.
    #[must_use]
    pub(crate) fn catching_up(mut self, catching_up: CatchingUp) -> Self {
        self.shared.catching_up = Some(catching_up);
        self
    }

    fn renew_toolkit(mut self) -> Self {
        let Shared {
            client,
            field_manager,
            clock,
            ..
        } = &self.shared;
        self.shared.toolkit = Toolkit::new(client.clone(), field_manager.clone(), clock.clone());
        self
    }

    /// The context of the first attempt to reconcile `key`.
    pub fn build(self, key: ObjectKey) -> Context<K> {
        Context {
            shared: Arc::new(self.shared),
            key,
            attempt: 1,
            reasons: Reason::Changed.into(),
            kind: PhantomData,
        }
    }
}

impl<K> fmt::Debug for ContextBuilder<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContextBuilder")
            .field("controller", &self.shared.controller)
            .finish_non_exhaustive()
    }
}
