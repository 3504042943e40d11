//! A reconciler that notes which keys it is called for.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use k8s_openapi::api::core::v1::ConfigMap;
use operator_core::informer::Change;
use operator_core::reconcile::{Action, Context, Reconciler};
use prometheus_client::registry::Registry;

#[derive(Clone, Debug, Default)]
pub(crate) struct Notes {
    keys: Arc<Mutex<Vec<String>>>,
}

impl Notes {
    /// The keys since the last call, in order.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.keys.lock().unwrap())
    }
}

impl Reconciler for Notes {
    type Resource = ConfigMap;
    type Error = Infallible;

    async fn reconcile(&self, _: Arc<ConfigMap>, cx: &Context<ConfigMap>) -> Result<Action, Infallible> {
        self.keys.lock().unwrap().push(cx.key().to_string());
        Ok(Action::await_change())
    }
}

/// Keeps the maps of the server's own controllers out.
pub(crate) fn is_map(change: &Change) -> bool {
    change.key().name().starts_with("map-")
}

/// All metrics, as a scrape would find them.
pub(crate) fn text_of(registry: &Registry) -> String {
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, registry).unwrap();
    text
}
