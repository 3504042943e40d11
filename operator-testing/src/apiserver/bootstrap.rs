//! What a fresh cluster holds.

use std::sync::Arc;

use serde_json::json;

use super::{access, core::Core, loopback::Loopback, request::User};

/// Fills a new server.
pub(crate) fn fill(core: &Arc<Core>) {
    let server = Loopback::new(
        Arc::clone(core),
        User::new("system:apiserver", &["system:masters"]),
    );
    for name in ["default", "kube-system", "kube-public", "kube-node-lease"] {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        server
            .create("", "v1", "namespaces", "", &namespace)
            .expect("a fresh server takes its namespaces");
    }
    let now = core.now();
    access::bootstrap::fill(&mut core.state(), &now);
}
