//! Integration tests: what needs a server, a runtime of its own, or a model.

mod faults;
mod finalizer;
mod leader;
