//! The simulated storage of the cluster: volumes for every claim, and their protection while they are in use.

mod binder;
mod protection;

pub(crate) use binder::Binder;
pub(crate) use protection::{ClaimProtection, VolumeProtection};
