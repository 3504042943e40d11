//! The objects a database consists of, each a pure function of the [`Database`](crate::api::Database).

mod config_map;
mod names;
mod secret;
mod service;
mod stateful_set;

pub use config_map::config_map;
pub use names::{INSTANCE, MANAGED_BY, MANAGER, Names, labels, selector};
pub use secret::secret;
pub use service::service;
pub use stateful_set::{DATA, stateful_set};
