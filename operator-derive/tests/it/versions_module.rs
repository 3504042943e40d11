//! A module: the spec, the structs within it and the status, in several versions.

use std::collections::BTreeMap;

use operator_core::{ApiFields, CustomResource, Status, versions};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::golden;

#[versions(v1beta1, v1(storage))]
pub(crate) mod store {
    use super::*;

    /// A store of objects.
    #[derive(CustomResource, Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
    #[kube(
        group = "example.com",
        kind = "Store",
        namespaced,
        status = "StoreStatus",
        derive = "PartialEq"
    )]
    #[serde(rename_all = "camelCase")]
    pub(crate) struct StoreSpec {
        #[nested]
        pub(crate) main: Disk,
        #[version(renamed(v1, from = "disks"))]
        pub(crate) volumes: Vec<Disk>,
        pub(crate) by_zone: Option<BTreeMap<String, Vec<Disk>>>,
        pub(crate) tier: Tier,
        #[serde(flatten)]
        pub(crate) limits: Limits,
        pub(crate) owner: Owner,
    }

    /// Where the bytes are.
    #[derive(ApiFields, Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
    pub(crate) struct Disk {
        #[printcolumn(name = "Size")]
        #[version(renamed(v1, from = "gigabytes"))]
        pub(crate) size: u32,
        #[version(added = v1, default = slow)]
        pub(crate) class: String,
        pub(crate) cache: Option<Box<Cache>>,
    }

    /// It holds nothing that changes but is itself inside of what does.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
    pub(crate) struct Cache {
        #[version(retyped(v1, from = "String", up = flag, down = word))]
        pub(crate) warm: bool,
    }

    #[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
    pub(crate) struct Limits {
        #[version(renamed(v1, from = "quota"))]
        pub(crate) maximum: Option<u32>,
    }

    /// The same in both versions.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
    pub(crate) struct Owner {
        pub(crate) name: String,
    }

    #[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
    pub(crate) enum Tier {
        #[default]
        Free,
        Paid,
    }

    #[derive(Status, Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
    #[serde(rename_all = "camelCase", default)]
    pub(crate) struct StoreStatus {
        #[version(renamed(v1, from = "up"))]
        pub(crate) ready: bool,
    }

    fn slow() -> String {
        "slow".into()
    }

    #[allow(
        clippy::needless_pass_by_value,
        reason = "the derive hands over the old value"
    )]
    fn flag(word: String) -> bool {
        word == "yes"
    }

    fn word(flag: bool) -> String {
        if flag { "yes" } else { "no" }.into()
    }
}

use store::{Owner, StoreVersions, Tier, v1, v1beta1};

fn new() -> v1::Store {
    let disk = |size, class: &str| v1::Disk {
        size,
        class: class.into(),
        cache: Some(Box::new(v1::Cache { warm: true })),
    };
    let mut store = v1::Store::new(
        "objects",
        v1::StoreSpec {
            main: disk(1, "fast"),
            volumes: vec![disk(2, "slow"), disk(3, "fast")],
            by_zone: Some([("a".to_owned(), vec![disk(4, "tape")])].into()),
            tier: Tier::Paid,
            limits: v1::Limits { maximum: Some(9) },
            owner: Owner { name: "me".into() },
        },
    );
    store.status = Some(v1::StoreStatus { ready: true });
    store
}

#[test]
fn the_definition_has_every_struct_in_its_version() {
    golden::same("store", &StoreVersions::crd());
}

#[test]
fn structs_within_are_converted_and_nothing_is_lost() {
    let old = v1beta1::Store::from(new());
    assert_eq!(old.spec.main.gigabytes, 1);
    assert_eq!(old.spec.disks.len(), 2);
    assert_eq!(old.spec.disks[1].cache.as_ref().unwrap().warm, "yes");
    assert_eq!(old.spec.by_zone.as_ref().unwrap()["a"][0].gigabytes, 4);
    assert_eq!(old.spec.limits.quota, Some(9));
    assert_eq!(old.status, Some(v1beta1::StoreStatus { up: true }));
    assert_eq!(v1::Store::from(old), new());
}

#[test]
fn a_client_of_the_old_version_changes_only_what_it_sees() {
    let mut old = v1beta1::Store::from(new());
    old.spec.disks[1].gigabytes = 30;
    old.spec.main.cache = None;
    let mut expected = new();
    expected.spec.volumes[1].size = 30;
    expected.spec.main.cache = None;
    assert_eq!(v1::Store::from(old), expected);
}

#[test]
fn a_wrong_value_is_named_with_its_place() {
    let mut object: Value = serde_json::to_value(v1beta1::Store::from(new())).unwrap();
    object["spec"]["disks"][0]["cache"]["warm"] = json!(7);
    let error = StoreVersions::VERSIONS
        .convert(object, "example.com/v1")
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "spec.disks.cache.warm cannot be converted to v1"
    );
}
