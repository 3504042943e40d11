//! What a reconciler does to the cluster: apply children, write status, hold a finalizer, tell what happened.
//!
//! Every write states an intent and carries no resource version where it can do without one, none is made when nothing
//! changes, and each may be made again after a crash at any point. A [`Toolkit`] belongs to one controller and is
//! shared by all its reconciles.

mod apply;
mod children;
mod error;
mod event;
mod finalizer;
mod intent;
mod record;
mod report;
mod status;
mod target;

use std::fmt;
use std::sync::Arc;

use kube::Client;
use serde_json::Value;

pub use apply::{Adoption, Applied, Change};
pub use children::{ChildSet, Pruned};
pub use error::WriteError;
pub use event::{Note, Recorder, Severity};
pub use finalizer::{Claim, FinalizerStep, decide};
pub use report::Reporting;
pub use target::{Child, Target};

use crate::clock::Clock;
use record::Records;

/// One write that the server has confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// What was written.
    pub target: Target,
    /// The uid of the object.
    pub uid: String,
    /// The resource version that the write made: a cache that is older does not show it yet.
    pub resource_version: String,
    /// What is known of the step that led there.
    pub step: Step,
}

/// What is known of the step from the object before a write to the object after it.
///
/// An answer shows the object, not what the write changed: the change may have been somebody else's, made just before.
/// Who wants to pass over the echo of a write has to know that nothing else is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The write was made on the condition that the object was at this resource version: the step is all its own.
    From(String),
    /// The write made the object so; what in it is not of the intent may be somebody else's.
    Intent {
        /// What was sent.
        body: Arc<Value>,
        /// Whether nobody else ever wrote to the object.
        sole: bool,
    },
}

/// Is told of every write, so that the runtime knows which of its caches are behind.
pub type WriteObserver = Arc<dyn Fn(&Written) + Send + Sync>;

/// The writing half of a controller.
///
/// Clones share everything: the client, the records of what was written, the recorder of events.
#[derive(Clone)]
pub struct Toolkit {
    shared: Arc<Shared>,
}

struct Shared {
    client: Client,
    field_manager: String,
    clock: Clock,
    records: Records,
    recorder: Recorder,
    observer: Option<WriteObserver>,
}

impl Toolkit {
    /// A toolkit that writes through `client`, owns fields as `field_manager` and reports events as the same.
    pub fn new(client: Client, field_manager: impl Into<String>, clock: Clock) -> Self {
        let field_manager = field_manager.into();
        let recorder = Recorder::new(client.clone(), field_manager.clone(), clock.clone());
        Self {
            shared: Arc::new(Shared {
                client,
                field_manager,
                clock,
                records: Records::default(),
                recorder,
                observer: None,
            }),
        }
    }

    /// Reports events through this recorder instead, so that several controllers of a process share one.
    #[must_use]
    pub fn with_recorder(self, recorder: Recorder) -> Self {
        self.rebuild(|shared| shared.recorder = recorder)
    }

    /// Tells `observer` of every write that the server confirmed.
    #[must_use]
    pub fn with_observer(self, observer: WriteObserver) -> Self {
        self.rebuild(|shared| shared.observer = Some(observer))
    }

    /// The client everything is written through.
    pub fn client(&self) -> &Client {
        &self.shared.client
    }

    /// The name under which fields are owned.
    pub fn field_manager(&self) -> &str {
        &self.shared.field_manager
    }

    /// The recorder of events.
    pub fn recorder(&self) -> &Recorder {
        &self.shared.recorder
    }

    /// Forgets what was written for an object; to be called when it is gone.
    pub fn forget(&self, target: &Target) {
        self.shared.records.forget_all(&apply::record_key(target));
    }

    fn wrote(&self, target: &Target, uid: &str, resource_version: &str, step: impl FnOnce() -> Step) {
        if let Some(observer) = &self.shared.observer {
            observer(&Written {
                target: target.clone(),
                uid: uid.to_owned(),
                resource_version: resource_version.to_owned(),
                step: step(),
            });
        }
    }

    fn rebuild(self, change: impl FnOnce(&mut Shared)) -> Self {
        let mut shared = Shared {
            client: self.shared.client.clone(),
            field_manager: self.shared.field_manager.clone(),
            clock: self.shared.clock.clone(),
            records: Records::default(),
            recorder: self.shared.recorder.clone(),
            observer: self.shared.observer.clone(),
        };
        change(&mut shared);
        Self {
            shared: Arc::new(shared),
        }
    }
}

impl fmt::Debug for Toolkit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Toolkit")
            .field("field_manager", &self.shared.field_manager)
            .finish_non_exhaustive()
    }
}
