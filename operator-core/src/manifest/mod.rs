//! What is installed in a cluster: written from what the controllers declare, and read from files.

mod apply;
mod install;
mod load;
mod place;
mod rights;
mod yaml;

pub use apply::{ApplyError, Installed, apply};
pub use install::{Installation, install_definitions};
pub use load::{Document, LoadError, load, parse};
pub use place::Place;
pub use rights::Rights;

pub use crate::meta::Rule;
pub use yaml::{YamlError, to_yaml};
