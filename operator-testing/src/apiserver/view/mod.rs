//! Everything the server shows that is not the plain object.
//!
//! Pure functions from the type table and objects to documents: what a client accepts ([`negotiate`]), how an object or a
//! list looks to it ([`render`]), and what the server says about itself ([`document`], from [`discovery`], [`openapi`] and
//! [`server`]).
//!
//! # Guarantees
//! Nothing here reads the clock, the store or the network; the time that ages count from is a parameter.

mod accept;
pub mod discovery;
mod documents;
mod encode;
pub mod jsonpath;
pub mod metadata;
pub mod openapi;
mod render;
pub mod server;
pub mod table;

pub use accept::{Encoding, Endpoint, MetaVersion, Representation, Shape, negotiate, not_acceptable};
pub use documents::{Document, Question, document};
pub use encode::encode;
pub use render::{Content, Viewer, present, render};
