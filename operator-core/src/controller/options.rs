use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kube::core::ApiResource;

use super::timers::Next;
use crate::backoff::Backoff;
use crate::informer::{CachedObject, Namespaces, Stores, Transform};
use crate::meta::{Declaration, Dynamic, KnownScope, Object, ObjectKey, Subject};
use crate::queue::{Priority, TokenBucket};
use crate::reconcile::{Reconciler, implements_cleanup};
use crate::source::{Predicate, Relation, Source};
use crate::toolkit::Reporting;

/// How many reconciles of a controller run at once, unless it is told otherwise.
pub const DEFAULT_CONCURRENCY: usize = 10;

/// A reconciler and what wakes it.
///
/// # Example
/// ```no_run
/// # use std::sync::Arc;
/// # use k8s_openapi::api::{apps::v1::StatefulSet, core::v1::{ConfigMap, Secret}};
/// # use operator_core::{controller::Controller, meta::ObjectKey, informer::Stores};
/// # use operator_core::reconcile::{Action, Context, Reconciler};
/// # struct Maps;
/// # impl Reconciler for Maps {
/// #     type Resource = ConfigMap;
/// #     type Error = kube::Error;
/// #     async fn reconcile(&self, _: Arc<ConfigMap>, _: &Context<ConfigMap>) -> Result<Action, kube::Error> {
/// #         Ok(Action::await_change())
/// #     }
/// # }
/// fn maps_using(secret: &Secret, stores: &Stores) -> Vec<ObjectKey> {
///     let name = secret.metadata.name.as_deref();
///     let maps = stores.of::<ConfigMap>().list();
///     let users = maps.iter().filter(|map| map.data.iter().flatten().any(|(_, value)| Some(value.as_str()) == name));
///     users.map(|map| ObjectKey::of(map.as_ref())).collect()
/// }
///
/// let controller = Controller::new(Maps).owns::<StatefulSet>().watches::<Secret>(maps_using);
/// ```
pub struct Controller<R: Reconciler> {
    pub(super) reconciler: R,
    pub(super) name: String,
    pub(super) main: Source,
    pub(super) others: Vec<Source>,
    pub(super) timer: Option<Next>,
    kind: ApiResource,
    namespaced: bool,
    pub(super) settings: Settings,
}

/// What can be set and does not depend on the reconciler's type.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) concurrency: usize,
    pub(super) timeout: Option<Duration>,
    pub(super) resync: Option<Duration>,
    pub(super) backoff: Backoff,
    pub(super) bucket: Option<TokenBucket>,
    pub(super) finalizer: Option<String>,
    pub(super) field_manager: Option<String>,
    pub(super) paused_by: Option<String>,
    pub(super) default_predicate: bool,
    pub(super) reporting: Reporting,
}

impl<R: Reconciler> Controller<R>
where
    R::Resource: Object<Scope: KnownScope>,
{
    /// A controller that reconciles all objects of the reconciler's kind, and is called by the kind's name.
    pub fn new(reconciler: R) -> Self {
        let kind = ApiResource::erase::<R::Resource>(&());
        let namespaced = <<R::Resource as kube::Resource>::Scope as KnownScope>::NAMESPACED;
        Self::of_kind(reconciler, kind, namespaced)
    }
}

impl<R: Reconciler<Resource = Dynamic>> Controller<R> {
    /// A controller of a kind that is only known at run time: `kind`, which lives in namespaces or does not.
    ///
    /// # Example
    /// ```
    /// use std::convert::Infallible;
    /// use std::sync::Arc;
    /// use kube::core::{ApiResource, GroupVersionKind};
    /// use operator_core::controller::Controller;
    /// use operator_core::meta::Dynamic;
    /// use operator_core::reconcile::{Action, Context, Reconciler};
    ///
    /// struct Any;
    ///
    /// impl Reconciler for Any {
    ///     type Resource = Dynamic;
    ///     type Error = Infallible;
    ///
    ///     async fn reconcile(&self, object: Arc<Dynamic>, cx: &Context<Dynamic>) -> Result<Action, Infallible> {
    ///         tracing::info!(object = %cx.key(), spec = %object.data["spec"], "seen");
    ///         Ok(Action::await_change())
    ///     }
    /// }
    ///
    /// let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("example.com", "v1", "Widget"));
    /// let controller = Controller::dynamic(Any, kind, true);
    /// # let _ = controller;
    /// ```
    pub fn dynamic(reconciler: R, kind: ApiResource, namespaced: bool) -> Self {
        Self::of_kind(reconciler, kind, Some(namespaced))
    }
}

impl<R: Reconciler> Controller<R> {
    fn of_kind(reconciler: R, kind: ApiResource, namespaced: Option<bool>) -> Self {
        Self {
            reconciler,
            name: kind.kind.to_lowercase(),
            main: Source::main(kind.clone(), namespaced),
            kind,
            namespaced: namespaced.unwrap_or(true),
            others: Vec::new(),
            timer: None,
            settings: Settings {
                concurrency: DEFAULT_CONCURRENCY,
                timeout: None,
                resync: None,
                backoff: Backoff::for_keys(),
                bucket: Some(TokenBucket::for_retries()),
                finalizer: None,
                field_manager: None,
                paused_by: None,
                default_predicate: true,
                reporting: Reporting::none(),
            },
        }
    }

    /// Wakes for changes of `T` objects that its own objects control.
    #[must_use]
    pub fn owns<T: Object<Scope: KnownScope>>(self) -> Self {
        self.source(Source::owned::<T>())
    }

    /// Wakes for changes of `T` objects, the keys that `mapper` names.
    #[must_use]
    pub fn watches<T: Object<Scope: KnownScope>>(
        self,
        mapper: impl Fn(&T, &Stores) -> Vec<ObjectKey> + Send + Sync + 'static,
    ) -> Self {
        self.source(Source::watched::<T>(mapper))
    }

    /// Wakes for what `source` tells.
    #[must_use]
    pub fn source(mut self, mut source: Source) -> Self {
        source.attach(&self.kind, self.namespaced);
        self.others.push(source);
        self
    }

    /// Looks only at those changes of its own objects that `predicate` admits, instead of the default.
    ///
    /// By default it ignores updates of custom resources that change nothing but the status, since those are mostly its
    /// own; of kinds that come with Kubernetes it looks at all updates, since their status is what others watch.
    #[must_use]
    pub fn when(mut self, predicate: impl Predicate) -> Self {
        self.main = self.main.when(predicate);
        self.settings.default_predicate = false;
        self
    }

    /// Wakes each object again and again, after the time that `every` tells for it; `None` and zero end that.
    ///
    /// `every` is asked when the object is first seen and whenever it changes. A change that leaves the time as it is
    /// does not put the next wake off, and neither does a reconcile for another reason.
    ///
    /// # Example
    /// ```
    /// # use std::{sync::Arc, time::Duration};
    /// # use k8s_openapi::api::core::v1::ConfigMap;
    /// # use operator_core::controller::Controller;
    /// # use operator_core::reconcile::{Action, Context, Reconciler};
    /// # struct Probes;
    /// # impl Reconciler for Probes {
    /// #     type Resource = ConfigMap;
    /// #     type Error = kube::Error;
    /// #     async fn reconcile(&self, _: Arc<ConfigMap>, _: &Context<ConfigMap>) -> Result<Action, kube::Error> {
    /// #         Ok(Action::await_change())
    /// #     }
    /// # }
    /// let controller = Controller::new(Probes).timer(|probe: &ConfigMap| {
    ///     let seconds = probe.data.as_ref()?.get("every-seconds")?;
    ///     seconds.parse().ok().map(Duration::from_secs)
    /// });
    /// # let _ = controller;
    /// ```
    #[must_use]
    pub fn timer(mut self, every: impl Fn(&R::Resource) -> Option<Duration> + Send + Sync + 'static) -> Self {
        let kind = self.kind.clone();
        self.timer = Some(Arc::new(move |object: &CachedObject| {
            let object = R::Resource::decode(object.json(), &kind);
            object.ok().and_then(|object| every(&object))
        }));
        self
    }

    /// Gives changes of its own objects another priority than [`Priority::NORMAL`].
    ///
    /// What is there at the start has [`Priority::LOW`] in any case. For other sources see [`Source::priority`].
    #[must_use]
    pub fn priority(mut self, priority: Priority) -> Self {
        self.main = self.main.priority(priority);
        self
    }

    /// Changes its own objects before they are stored; see [`Transform`].
    #[must_use]
    pub fn transform(mut self, transform: Transform) -> Self {
        self.main = self.main.transform(transform);
        self
    }

    /// Calls it by another name: in logs, in metrics, in its finalizer. No two controllers of a process share a name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Reconciles only objects with matching labels.
    #[must_use]
    pub fn labels(mut self, selector: impl Into<String>) -> Self {
        self.main = self.main.labels(selector);
        self
    }

    /// Reconciles only objects with matching fields.
    #[must_use]
    pub fn fields(mut self, selector: impl Into<String>) -> Self {
        self.main = self.main.fields(selector);
        self
    }

    /// Reconciles only objects in these namespaces. What it owns and watches is narrowed by its source.
    #[must_use]
    pub fn in_namespaces(mut self, namespaces: Namespaces) -> Self {
        self.main = self.main.in_namespaces(namespaces);
        self
    }

    /// Looks at these namespaces only, for its own kind and for everything it owns and watches.
    ///
    /// What was narrowed by itself stays as it is; so do cluster-scoped kinds and kinds that are only known at run time.
    #[must_use]
    pub fn confined_to(mut self, namespaces: &Namespaces) -> Self {
        for source in std::iter::once(&mut self.main).chain(&mut self.others) {
            source.confine(namespaces);
        }
        self
    }

    /// Sets how many reconciles run at once; [`DEFAULT_CONCURRENCY`] by default, at least one.
    #[must_use]
    pub fn concurrency(mut self, reconciles: usize) -> Self {
        self.settings.concurrency = reconciles.max(1);
        self
    }

    /// Gives a reconcile up after `limit`, as an error of its key. By default it may take as long as it wants.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.settings.timeout = Some(limit);
        self
    }

    /// Reconciles every object about once in each `period` even if nothing changes. Off by default.
    #[must_use]
    pub fn resync(mut self, period: Duration) -> Self {
        self.settings.resync = Some(period);
        self
    }

    /// Sets the back-off of keys that fail; 5 ms to 1000 s by default.
    #[must_use]
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.settings.backoff = backoff;
        self
    }

    /// Sets what all retries together must pass; ten a second after a burst of a hundred by default.
    #[must_use]
    pub fn retry_limit(mut self, bucket: impl Into<Option<TokenBucket>>) -> Self {
        self.settings.bucket = bucket.into();
        self
    }

    /// Sets the finalizer; `GROUP/NAME` by default, after the group of the kind and the name of the controller.
    #[must_use]
    pub fn finalizer(mut self, finalizer: impl Into<String>) -> Self {
        self.settings.finalizer = Some(finalizer.into());
        self
    }

    /// Sets the name under which it owns fields in server-side apply; the manager's name by default.
    #[must_use]
    pub fn field_manager(mut self, name: impl Into<String>) -> Self {
        self.settings.field_manager = Some(name.into());
        self
    }

    /// Reports failed reconciles in an event or a condition of their object, beside the log and the metrics.
    #[must_use]
    pub fn report_failures(mut self, reporting: Reporting) -> Self {
        self.settings.reporting = reporting;
        self
    }

    /// Leaves objects alone whose annotation `annotation` is `true`, until it is not.
    ///
    /// A change of the annotation is looked at whatever predicate was set, so that the end of a pause is not missed.
    #[must_use]
    pub fn paused_by(mut self, annotation: impl Into<String>) -> Self {
        self.settings.paused_by = Some(annotation.into());
        self
    }

    /// What it reads, and why.
    pub fn declaration(&self) -> Declaration {
        let mut declaration = Declaration::of_kind(&self.name, self.kind.clone());
        declaration.finalizer = implements_cleanup::<R>();
        declaration.rights = R::rights();
        for source in &self.others {
            let Some(watched) = source.watches() else { continue };
            let kinds = match source.relation() {
                Relation::Owned => &mut declaration.owns,
                _ => &mut declaration.watches,
            };
            kinds.push(watched.resource().clone());
        }
        declaration
    }

    pub(super) fn finalizer_name(&self) -> String {
        self.settings.finalizer.clone().unwrap_or_else(|| {
            let group = &self.kind.group;
            if group.is_empty() {
                format!("{}/finalizer", self.name)
            } else {
                format!("{group}/{}", self.name)
            }
        })
    }
}

/// Whether a group belongs to Kubernetes itself.
pub(super) fn is_built_in(group: &str) -> bool {
    !group.contains('.') || group.ends_with(".k8s.io")
}

impl<R: Reconciler> fmt::Debug for Controller<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Controller")
            .field("name", &self.name)
            .field("main", &self.main)
            .field("others", &self.others)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
