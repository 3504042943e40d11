//! Apply configurations: only what is set is sent.

use kube::Resource as _;
use operator_core::{ApiFields, CustomResource};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A site.
#[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[kube(group = "example.com", version = "v1", kind = "Site", namespaced, apply)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SiteSpec {
    host_name: String,
    replicas: Option<i32>,
    #[nested]
    storage: Option<Storage>,
    #[serde(rename = "class")]
    tier: Tier,
    #[serde(flatten)]
    #[nested]
    limits: Limits,
}

#[derive(ApiFields, Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[kube(apply)]
pub(crate) struct Storage {
    size: String,
    class: Option<String>,
}

#[derive(ApiFields, Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[kube(apply)]
pub(crate) struct Limits {
    cpu: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub(crate) enum Tier {
    Free,
    Paid,
}

#[test]
fn what_is_not_set_is_not_sent() {
    let spec = SiteSpecApply::default()
        .host_name("example.com")
        .storage(StorageApply::default().size("1Gi"))
        .tier(Tier::Paid);
    let mut site = SiteApply::new("shop", spec);
    site.metadata.namespace = Some("default".into());
    let sent = serde_json::to_value(&site).unwrap();
    assert_eq!(
        sent,
        json!({
            "apiVersion": "example.com/v1",
            "kind": "Site",
            "metadata": {"name": "shop", "namespace": "default"},
            "spec": {"hostName": "example.com", "class": "Paid", "storage": {"size": "1Gi"}},
        })
    );
    let back: SiteApply = serde_json::from_value(sent.clone()).unwrap();
    assert_eq!(serde_json::to_value(&back).unwrap(), sent);
}

#[test]
fn it_is_the_same_kind() {
    assert_eq!(SiteApply::plural(&()), Site::plural(&()));
    assert_eq!(SiteApply::api_version(&()), "example.com/v1");
    let whole = Site::new(
        "shop",
        SiteSpec {
            host_name: "h".into(),
            replicas: Some(1),
            storage: Some(Storage {
                size: "1".into(),
                class: None,
            }),
            tier: Tier::Free,
            limits: Limits { cpu: "1".into() },
        },
    );
    let read: SiteApply = serde_json::from_value(serde_json::to_value(&whole).unwrap()).unwrap();
    let spec = read.spec.unwrap();
    assert_eq!(spec.limits.unwrap().cpu.as_deref(), Some("1"));
    assert_eq!(
        (spec.host_name.as_deref(), spec.replicas, spec.tier),
        (Some("h"), Some(1), Some(Tier::Free))
    );
}
