//! Leader election on a Lease: of all replicas of an operator, one works.
//!
//! The Lease names its holder and how long the hold lasts. A candidate writes it only on the condition that nobody
//! wrote it since the candidate looked (compare-and-swap on the resource version), so of two that try at once one fails.
//!
//! # Guarantees
//! - *Two never lead at once*, as long as no machine's clock runs faster than another's by half: a leader stops
//!   leading [`renew_deadline`](Timing::renew_deadline) after it began its last successful renewal, and another takes
//!   over only [`lease_duration`](Timing::lease_duration) after it saw that renewal.
//! - *Clocks need not agree.* Times of day are written for people and never read; what counts is how long a candidate,
//!   by its own clock, has seen the record unchanged.
//! - *Work ends with leadership.* The leader's work is told to abort when the lease is lost, and dropped before another
//!   can have it.
//! - *A process that stood still does not act.* Controllers of a [`Manager`](crate::manager::Manager) write through a
//!   [`Tenure`], which looks at the clock before each write.
//! - *A clean stop hands over at once*: the record is released once the work has ended.

mod candidate;
mod elector;
mod record;
mod tenure;

pub use candidate::{Candidate, Decision, Timing, TimingError};
pub use elector::{Elector, ElectorError, End};
pub use record::Record;
pub use tenure::{NotLeading, Tenure};
