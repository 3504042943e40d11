//! What runs an operator: its controllers, its election, its tasks and endpoints.
//!
//! The order is data ([`Stage`]): what serves starts first and stops last; caches fill on every replica; what only the
//! leader may do starts when it leads, and stops first.

mod crew;
mod group;
mod health;
mod operate;
mod runnable;
mod server;

pub use crew::LeaseLoss;
pub use health::{Gate, Health, Report};
pub use operate::Manager;
pub use runnable::{Runnable, Stage};
pub use server::{EndpointServer, Endpoints};
