//! The nodes of the simulated cluster: what binds Pods and what runs them.

mod behavior;
mod kubelet;
mod lifecycle;
mod scheduler;
mod status;

pub(crate) use behavior::{Nudges, Waiting};
pub use behavior::{PodBehavior, PodControl, Termination};
pub(crate) use kubelet::Kubelet;
pub(crate) use scheduler::{Scheduler, suits};
