//! What the user implements, and what the runtime hands in.
//!
//! A [`Reconciler`] is asked to bring the world closer to what one object wants. It is told *which* object, never *what
//! changed*: it reads, decides, writes, and says when it wants to be asked again ([`Action`]). One key is never
//! reconciled twice at once; a change that arrives while it runs makes it run once more afterwards.
//!
//! An error is retried with per-key exponential back-off, unless its [`ErrorClass`] says otherwise; a panic is caught,
//! counted and treated as an error.

mod action;
mod class;
mod cleanup;
mod context;
mod no_cleanup;
mod reason;
mod reconciler;
mod writing;

pub use action::Action;
pub use class::{ErrorClass, Terminal};
pub(crate) use cleanup::{implements_cleanup, implements_gone};
pub use context::{BehindOwnWrites, Context, ContextBuilder};
pub use no_cleanup::NoCleanup;
pub use reason::{Reason, Reasons};
pub use reconciler::Reconciler;
