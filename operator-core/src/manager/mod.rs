//! What runs an operator: its controllers, its election and its endpoints.

mod health;
mod server;

pub use health::{Gate, Health, Report};
pub use server::{EndpointServer, Endpoints};
