//! The runtime of an operator SDK: informers, a fair work queue, controllers and a manager.
//!
//! Data flows one way, and the modules are listed in the order it flows:
//!
//! ```text
//!             list + watch        events             deltas          keys           one key at a time
//! API server ------------> reflector -----> store -----------> source -----> work queue -----> reconciler
//!     ^                    (informer)   (one writer,        (predicate,    (dirty, processing,     |
//!     |                                  many readers)        mapper)       delayed, limited)      |
//!     +------------------- toolkit: apply, status, finalizers, events <---------------------------+
//! ```
//!
//! The loop closes only through the API server: nothing that writes touches a store, no reconciler touches a queue.

pub mod backoff;
pub mod cli;
pub mod clock;
pub mod controller;
pub mod dice;
pub mod informer;
pub mod leader;
pub mod manager;
pub mod manifest;
pub mod meta;
pub mod queue;
pub mod reconcile;
pub mod shutdown;
pub mod source;
pub mod toolkit;
pub mod webhook;

mod error;
mod operator;
mod panics;

pub use error::{BoxError, Error, chain};
pub use operator::Operator;

pub use meta::fields::ApiFields;
pub use operator_derive::{ApiFields, CustomResource, KubeSchema, Resource, Status, rbac, versions};

// Generated code names this crate, also inside it.
#[allow(unused_extern_crates)]
extern crate self as operator_core;

/// What generated code uses. No promise is made about it.
#[doc(hidden)]
pub mod __private;

/// The programs in the book: they are compiled with the tests.
#[cfg(doctest)]
mod book {
    #[doc = include_str!("../../docs/runtime.md")]
    mod runtime {}
    #[doc = include_str!("../../docs/from-controller-runtime.md")]
    mod from_controller_runtime {}
    #[doc = include_str!("../../docs/from-kube-rs.md")]
    mod from_kube_rs {}
    #[doc = include_str!("../../docs/toolkit.md")]
    mod toolkit {}
    #[doc = include_str!("../../docs/finalizers.md")]
    mod finalizers {}
    #[doc = include_str!("../../docs/webhooks.md")]
    mod webhooks {}
}
