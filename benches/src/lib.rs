//! What the benchmarks share: the work that every side of a comparison does, and how it is measured.

mod meter;
pub mod objects;
mod process;
mod work;

pub use meter::{Meter, process_time, resident_megabytes, thread_time};
pub use process::Process;
pub use work::{Tally, Work, now_micros, say};

/// What goes wrong ends the program with its message.
pub type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
