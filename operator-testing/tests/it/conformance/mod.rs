//! Conversations recorded from a real API server, replayed in process: every answer must be the recorded one.
//!
//! One file lists the scenarios of one group. A scenario is in a list when the server answers all of it as recorded.

mod body;
mod compare;
mod normalise;
mod replay;

mod admission;
mod apply;
mod builtin_defaults;
mod cr_validation;
mod crd;
mod crud;
mod deletion;
mod discovery_tables;
mod expressions;
mod found;
mod gates;
mod likeness;
mod list_watch;
mod mistakes;
mod patch;
mod rbac;
mod runtime_classes;
mod stated;
mod status_scale;
mod times;
mod transitions;
mod values;

/// One test for each scenario of a group.
macro_rules! scenarios {
    ($group:literal: $($test:ident = $name:literal,)*) => {
        $(
            #[tokio::test(start_paused = true)]
            async fn $test() {
                crate::conformance::replay::replay($group, $name).await;
            }
        )*
    };
}
use scenarios;
