//! What is installed in a cluster: written from what the controllers declare, and read from files.

mod apply;
mod install;
mod load;
mod place;
mod previous;
mod rights;
mod webhooks;
mod yaml;

pub use apply::{ApplyError, Installed, apply};
pub use install::{Installation, install_definitions};
pub use load::{Document, LoadError, load, parse};
pub use place::Place;
pub use previous::{Change, Comparison, PreviousError, compare};
pub use rights::Rights;
pub use webhooks::{WEBHOOK_PORT, WebhookService};

pub use crate::meta::Rule;
pub use yaml::{YamlError, to_yaml};
