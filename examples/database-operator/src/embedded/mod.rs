//! The main job: the operator on an embedded API server, from nothing to ready.

mod counts;
mod error;
mod job;
mod progress;
mod screen;
mod served;
mod sightings;
mod table;

pub use error::Error;
pub use job::{Job, Summary, run};
pub use screen::Screen;
