//! One struct, three versions.

use kube::CustomResourceExt as _;
use operator_core::{CustomResource, versions};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::golden;

/// A cache.
#[versions(v1alpha1(served = false), v1beta1(deprecated = "use v1"), v1(storage))]
#[derive(CustomResource, Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[kube(group = "example.com", kind = "Cache", namespaced, derive = "PartialEq")]
#[serde(rename_all = "camelCase")]
pub(crate) struct CacheSpec {
    #[printcolumn]
    engine: String,
    #[version(added = v1beta1, default = two)]
    #[printcolumn]
    replica_count: i32,
    #[version(renamed(v1beta1, from = "size"), renamed(v1, from = "memory"))]
    memory_limit: String,
    #[version(retyped(v1, from = "u32", up = minutes_as_text, down = text_as_minutes))]
    time_to_live: String,
    #[version(removed = v1)]
    legacy_mode: Option<bool>,
    #[version(deprecated = v1beta1)]
    comment: Option<String>,
}

fn two() -> i32 {
    2
}

fn minutes_as_text(minutes: u32) -> String {
    format!("{minutes}m")
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "the derive hands over the old value"
)]
fn text_as_minutes(text: String) -> u32 {
    let number: u32 = text.trim_end_matches(['m', 'h']).parse().unwrap_or(0);
    if text.ends_with('h') { number * 60 } else { number }
}

#[test]
fn the_definition_serves_every_version_and_stores_one() {
    let crd = CacheVersions::crd();
    golden::same("cache", &crd);
    let versions: Vec<_> = crd
        .spec
        .versions
        .iter()
        .map(|v| (v.name.as_str(), v.served, v.storage, v.deprecated))
        .collect();
    assert_eq!(
        versions,
        [
            ("v1alpha1", false, false, None),
            ("v1beta1", true, false, Some(true)),
            ("v1", true, true, None)
        ]
    );
    assert_eq!(v1::Cache::crd_name(), v1alpha1::Cache::crd_name());
    assert_eq!(CacheVersions::VERSIONS.storage(), "v1");
    assert!(CacheVersions::VERSIONS.needs_webhook());
}

#[test]
fn old_objects_become_new_ones_and_come_back() {
    let old = v1alpha1::Cache::new(
        "sessions",
        v1alpha1::CacheSpec {
            engine: "redis".into(),
            size: "1Gi".into(),
            time_to_live: 90,
            legacy_mode: Some(true),
            comment: None,
        },
    );
    let new = v1::Cache::from(old.clone());
    assert_eq!(
        new.spec,
        v1::CacheSpec {
            engine: "redis".into(),
            replica_count: 2,
            memory_limit: "1Gi".into(),
            time_to_live: "90m".into(),
            comment: None,
        }
    );
    assert_eq!(v1alpha1::Cache::from(new), old);
}

#[test]
fn what_an_old_version_cannot_hold_survives_it() {
    let spec = v1::CacheSpec {
        engine: "redis".into(),
        replica_count: 5,
        memory_limit: "1Gi".into(),
        time_to_live: "2h".into(),
        comment: Some("x".into()),
    };
    let new = v1::Cache::new("sessions", spec);
    let old = v1alpha1::Cache::from(new.clone());
    assert_eq!(old.spec.time_to_live, 120);
    assert_eq!(v1::Cache::from(v1beta1::Cache::from(old)), new);
}

#[test]
fn an_annotation_that_fits_no_field_is_left_behind() {
    let mut old = v1alpha1::Cache::new(
        "sessions",
        v1alpha1::CacheSpec {
            engine: "redis".into(),
            size: "1Gi".into(),
            time_to_live: 1,
            legacy_mode: None,
            comment: None,
        },
    );
    let kept = json!({"v1beta1": {"replicaCount": "many"}}).to_string();
    old.metadata.annotations = Some([("example.com/kept-fields".to_owned(), kept)].into());
    assert_eq!(v1beta1::Cache::from(old).spec.replica_count, 2);
}
