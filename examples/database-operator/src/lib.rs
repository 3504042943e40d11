//! A database operator: StatefulSets, Services and settings for the [`Database`](api::Database) kind.
//!
//! ```text
//! api (the kind) -> problem (what cannot be) -> resources (the children) -> observe (the status)
//!                               all put together in reconcile; run by main, or by embedded on a server of its own
//! ```

pub mod api;
pub mod embedded;
mod engine;
mod observe;
mod problem;
pub mod reconcile;
pub mod resources;

use operator_core::Operator;

/// The whole operator.
pub fn operator() -> Operator {
    Operator::new(resources::MANAGER).controller(reconcile::controller())
}
