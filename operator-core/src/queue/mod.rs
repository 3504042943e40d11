//! The work queue between what happens and who reacts: keys in, one key at a time out.
//!
//! # Guarantees
//! - **Once**: a key that is added ten times before it is taken is taken once.
//! - **Never twice at once**: a key that is being worked on is not handed out again. If it is added meanwhile, it comes
//!   back when its work is done.
//! - **Fair**: first come, first served within a priority; higher priorities first, but a lower one is passed over at
//!   most [`PATIENCE`] times in a row.
//! - **One place**: a key waits at most once. A delayed add gives way to an earlier one and to an add without delay.
//! - **Bounded retries**: each key has its own exponential back-off; all retries together pass one token bucket.
//!
//! It knows nothing of Kubernetes.

mod delayed;
#[cfg(test)]
mod interleavings;
mod levels;
mod limit;
mod metrics;
mod state;
mod sync;
mod work;
mod work_queue;

pub use levels::{PATIENCE, Priority};
pub use limit::TokenBucket;
pub use metrics::{QueueMetrics, QueueStats};
pub use work::{Finish, Work};
pub use work_queue::{WorkQueue, WorkQueueBuilder};
