//! The lock of the queue: the system's, or in unit tests one whose every use is a point where another thread may go on.

#[cfg(test)]
pub(super) use shuttle::sync::{Mutex, MutexGuard};
#[cfg(not(test))]
pub(super) use std::sync::{Mutex, MutexGuard};
