//! Starts and ends the watches of an informer whose list of namespaces changes while it runs.

use std::collections::BTreeMap;
use std::future;
use std::sync::Arc;

use tokio_util::task::AbortOnDropHandle;

use super::NamespaceSet;
use super::drive::Drive;
use super::reflector;
use super::state::Informer;

/// Keeps one watch for each namespace in `set`, for ever.
pub(super) async fn run(informer: Arc<Informer>, set: NamespaceSet, drive: Drive) {
    let mut changes = set.subscribe();
    let mut running: BTreeMap<String, AbortOnDropHandle<()>> = BTreeMap::new();
    loop {
        let wanted = changes.borrow_and_update().clone();
        let left: Vec<_> = running
            .keys()
            .filter(|name| !wanted.contains(*name))
            .cloned()
            .collect();
        for namespace in left {
            if let Some(watch) = running.remove(&namespace) {
                watch.abort();
                // Its last word has been said before its objects are taken out.
                let _ = watch.await;
            }
            informer.leave(&namespace);
            tracing::info!(watch = %informer.name(), namespace, "the namespace is no longer watched");
        }
        for namespace in wanted {
            running.entry(namespace).or_insert_with_key(|namespace| {
                informer.enter(namespace);
                let watch = reflector::run(Arc::clone(&informer), Some(namespace.clone()), drive.clone());
                AbortOnDropHandle::new(tokio::spawn(watch))
            });
        }
        if changes.changed().await.is_err() {
            future::pending::<()>().await;
        }
    }
}
