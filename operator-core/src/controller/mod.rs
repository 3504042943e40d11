//! Runs a [`Reconciler`](crate::reconcile::Reconciler): sources on one side, workers on the other, a queue in between.
//!
//! # Guarantees
//! - At most [`DEFAULT_CONCURRENCY`] reconciles run at once, or as many as were set; never two for one key.
//! - They are spread over all threads of the runtime.
//! - A reconcile that panics or takes too long is an error of its key alone.
//! - A predicate or a mapper that panics ends nothing: it is reported and counted. The change counts as admitted by the
//!   predicate; it wakes nobody by the mapper. Nor does an error whose message panics, or an object that panics when it
//!   is decoded.
//! - After a write through the context, a key is reconciled again only when the caches show that write, or a bounded
//!   time has passed; the echo of the write itself wakes nobody.

mod dispatch;
mod echo;
mod metrics;
mod options;
mod outcome;
mod run;
mod timers;
mod worker;
mod writes;

pub use metrics::Metrics;
pub use options::{Controller, DEFAULT_CONCURRENCY};
pub(crate) use run::{AnyController, Environment, Prepared};
