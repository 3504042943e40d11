//! Rights beside those that are worked out.

use std::{convert::Infallible, sync::Arc};

use k8s_openapi::api::core::v1::ConfigMap;
use operator_core::{
    controller::Controller,
    manifest::Rights,
    rbac,
    reconcile::{Action, Context, Reconciler},
};

struct Copies;

#[rbac(resources("secrets"), verbs("get"))]
#[rbac(group = "batch", resources("jobs", "cronjobs"), verbs("create", "delete"))]
impl Reconciler for Copies {
    type Resource = ConfigMap;
    type Error = Infallible;

    async fn reconcile(&self, _: Arc<ConfigMap>, _: &Context<ConfigMap>) -> Result<Action, Infallible> {
        Ok(Action::await_change())
    }
}

#[test]
fn said_and_inferred_rights_end_in_one_role() {
    let rights = Rights::of([&Controller::new(Copies).declaration()]);
    assert!(rights.allow("", "secrets", "get"));
    assert!(!rights.allow("", "secrets", "list"));
    assert!(rights.allow("batch", "cronjobs", "delete"));
    assert!(rights.allow("", "configmaps", "watch"));
}
