//! Webhooks: the API server asks, over HTTPS, before it stores an object or shows it in another version.
//!
//! A [`Webhooks`] holds what answers on which path. A [`CertificateKeeper`] makes the certificates, keeps them in a Secret
//! that all replicas share, renews them in time, and writes the bundle that the API server trusts into the
//! configurations that name it. A [`WebhookServer`] joins the two and is a part of the operator like any other.
//! [`Operator::webhooks`](crate::Operator::webhooks) makes all of it of the first.
//!
//! # Guarantees
//! - A handler that panics or cannot read an object answers with an error; the server goes on.
//! - Certificates are renewed when two thirds of their time are over, without a pause: the bundle holds the new authority
//!   and the one before, so that every replica is trusted throughout.

mod admission;
mod certificate;
mod conversion;
mod hook;
mod keeper;
mod patch;
mod server;

pub use admission::{AdmissionRequest, Operation, Verdict};
pub use certificate::{CertificateError, Identity, issue};
pub use hook::{Hook, Question, Subject};
pub use keeper::{CertificateKeeper, Trusted};
pub use server::{WebhookServer, Webhooks};
