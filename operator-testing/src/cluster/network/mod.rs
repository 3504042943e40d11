//! Where the Pods behind a Service are.

mod endpoints;
mod members;
mod slices;

pub(crate) use endpoints::Endpoints;
pub(crate) use slices::EndpointSlices;
