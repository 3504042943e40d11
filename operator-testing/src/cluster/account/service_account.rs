//! `serviceaccount-controller`: a ServiceAccount `default` in every namespace.

use serde_json::json;

use crate::{
    apiserver::{status::StatusError, store::ObjectKey},
    cluster::{
        controller::{Context, Controller, Next, Seen},
        kind::{NAMESPACES, SERVICE_ACCOUNTS},
        object,
    },
};

const NAME: &str = "default";

/// The simulated `serviceaccount-controller`. Its keys are namespaces.
#[derive(Debug, Default)]
pub(crate) struct ServiceAccounts;

impl Controller for ServiceAccounts {
    fn name(&self) -> &'static str {
        "serviceaccount-controller"
    }

    fn observe(&mut self, seen: &Seen, _cx: &Context<'_>, wake: &mut Vec<ObjectKey>) {
        if seen.is(&NAMESPACES) {
            wake.push(seen.key().clone());
        } else if seen.is(&SERVICE_ACCOUNTS) && seen.key().name() == NAME && seen.after().is_none() {
            wake.push(ObjectKey::new("", seen.key().namespace()));
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, cx: &Context<'_>) -> Result<Next, StatusError> {
        let namespace = cx.client.get(&NAMESPACES, key)?;
        let account = ObjectKey::new(key.name(), NAME);
        if namespace.is_some_and(|namespace| !object::is_deleting(&namespace))
            && cx.client.get(&SERVICE_ACCOUNTS, &account)?.is_none()
        {
            let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": NAME}});
            cx.client.create(&SERVICE_ACCOUNTS, key.name(), account)?;
        }
        Ok(Next::Done)
    }
}
