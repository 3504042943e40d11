//! The operator's tests against the embedded API server.

mod crd;
mod life;
mod world;
