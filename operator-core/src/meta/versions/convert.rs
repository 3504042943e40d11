//! From one version to another.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    ConversionError, Step, Versions,
    change::{Between, Direction},
    kept::Kept,
};

impl Versions {
    /// `object` in the version `to`, such as `example.com/v1`.
    ///
    /// # Errors
    /// When a version is unknown, or a field's value is not of its version's type.
    pub fn convert(&self, mut object: Value, to: &str) -> Result<Value, ConversionError> {
        let from = object
            .get("apiVersion")
            .and_then(Value::as_str)
            .ok_or(ConversionError::NoVersion)?;
        let (from, target) = (self.position(from)?, self.position(to)?);
        if from == target {
            return Ok(object);
        }
        let mut kept = Kept::take(&mut object, self.group);
        for (step, between) in self.way(from, target) {
            if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
                between.change(spec, step.spec, "spec", Some(&mut kept))?;
            }
            if let Some(status) = object.get_mut("status").and_then(Value::as_object_mut) {
                between.change(status, step.status, "status", None)?;
            }
        }
        kept.put(&mut object, self.group);
        object["apiVersion"] = to.into();
        Ok(object)
    }

    /// A typed object in the version of `B`, for `From` between the generated types.
    ///
    /// # Panics
    /// When the types are not versions of this kind, which the macro rules out.
    pub fn convert_typed<A, B>(&self, object: &A) -> B
    where
        A: Serialize,
        B: kube::Resource<DynamicType = ()> + DeserializeOwned,
    {
        let json = serde_json::to_value(object).expect("a custom resource is JSON");
        let to = B::api_version(&());
        let read = |json| {
            let converted = self.convert(json, &to).map_err(|error| error.to_string())?;
            serde_json::from_value(converted).map_err(|error| error.to_string())
        };
        read(json.clone())
            .or_else(|_| {
                // Somebody wrote into the annotation what the field cannot be; without it the types fit.
                let mut plain = json;
                Kept::take(&mut plain, self.group);
                read(plain)
            })
            .expect("every version is read from what another one writes")
    }

    /// The steps from one version to another, in order.
    fn way(&self, from: usize, to: usize) -> Vec<(Step, Between)> {
        let step = |index: usize, direction: Direction| {
            let (older, newer) = (self.versions[index].name, self.versions[index + 1].name);
            let (origin, target) = direction.ordered(older, newer);
            let between = Between {
                origin,
                target,
                direction,
            };
            (self.steps[index], between)
        };
        if from < to {
            (from..to).map(|index| step(index, Direction::Up)).collect()
        } else {
            (to..from)
                .rev()
                .map(|index| step(index, Direction::Down))
                .collect()
        }
    }
}

#[cfg(test)]
#[allow(
    clippy::needless_pass_by_value,
    reason = "objects are built where they are handed over"
)]
mod tests {
    use super::*;
    use crate::meta::versions::{Change, Version, Within, converted, to_json};
    use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
    use proptest::prelude::*;
    use serde_json::json;

    const NO_CRD: fn() -> CustomResourceDefinition = CustomResourceDefinition::default;

    /// v1 counts days in a number, v2 hours in a text, v3 lost a field.
    const VERSIONS: Versions = Versions {
        group: "example.com",
        versions: &[
            Version {
                name: "v1",
                crd: NO_CRD,
            },
            Version {
                name: "v2",
                crd: NO_CRD,
            },
            Version {
                name: "v3",
                crd: NO_CRD,
            },
        ],
        steps: &[
            Step {
                status: &[Change::Renamed {
                    from: "up",
                    to: "ready",
                }],
                spec: &[
                    Change::Added {
                        field: "replicas",
                        default: Some(|| to_json(3)),
                    },
                    Change::Renamed {
                        from: "size",
                        to: "storage",
                    },
                    Change::Retyped {
                        from: "days",
                        to: "retention",
                        up: |value| converted(value, |days: u32| format!("{}h", days * 24)),
                        down: |value| {
                            converted(value, |hours: String| {
                                hours.trim_end_matches('h').parse::<u32>().unwrap_or(0) / 24
                            })
                        },
                    },
                    Change::Nested {
                        from: "disks",
                        to: "volumes",
                        within: &[Within::List],
                        changes: DISK,
                    },
                ],
            },
            Step {
                status: &[],
                spec: &[Change::Removed {
                    field: "legacy",
                    default: None,
                }],
            },
        ],
    };

    /// v2's volumes have a class, and their size is called so.
    const DISK: &[Change] = &[
        Change::Added {
            field: "class",
            default: Some(|| to_json("slow")),
        },
        Change::Renamed {
            from: "gigabytes",
            to: "size",
        },
    ];

    fn object(version: &str, spec: &Value) -> Value {
        json!({"apiVersion": format!("example.com/{version}"), "kind": "Database", "metadata": {"name": "a"}, "spec": spec})
    }

    fn to(object: Value, version: &str) -> Value {
        VERSIONS
            .convert(object, &format!("example.com/{version}"))
            .unwrap()
    }

    #[test]
    fn an_old_object_becomes_a_new_one() {
        let old = object("v1", &json!({"size": "1Gi", "days": 2, "legacy": true}));
        let new = to(old, "v3");
        assert_eq!(
            new["spec"],
            json!({"storage": "1Gi", "retention": "48h", "replicas": 3})
        );
        assert_eq!(
            new["metadata"]["annotations"]["example.com/kept-fields"],
            r#"{"v2":{"legacy":true}}"#
        );
        assert_eq!(new["apiVersion"], "example.com/v3");
    }

    #[test]
    fn what_the_old_version_cannot_hold_comes_back() {
        let new = object(
            "v3",
            &json!({"storage": "1Gi", "retention": "50h", "replicas": 5}),
        );
        let old = to(new.clone(), "v1");
        assert_eq!(old["spec"], json!({"size": "1Gi", "days": 2}));
        assert_eq!(to(old, "v3"), new);
    }

    #[test]
    fn a_change_made_in_between_is_not_undone() {
        let new = object("v2", &json!({"retention": "50h", "replicas": 5}));
        let mut old = to(new, "v1");
        old["spec"]["days"] = json!(9);
        assert_eq!(to(old, "v2")["spec"], json!({"retention": "216h", "replicas": 5}));
    }

    #[test]
    fn structs_within_are_converted_and_keep_what_they_lose() {
        let new = object(
            "v3",
            &json!({"replicas": 3, "volumes": [{"size": 1, "class": "fast"}, {"size": 2, "class": "slow"}]}),
        );
        let mut old = to(new.clone(), "v1");
        assert_eq!(
            old["spec"],
            json!({"disks": [{"gigabytes": 1}, {"gigabytes": 2}]})
        );
        assert_eq!(to(old.clone(), "v3"), new);
        // A client of the old version makes the first one larger, and it stays fast.
        old["spec"]["disks"][0]["gigabytes"] = json!(5);
        assert_eq!(
            to(old.clone(), "v3")["spec"]["volumes"],
            json!([{"size": 5, "class": "fast"}, {"size": 2, "class": "slow"}])
        );
        // A client removes it: what is left is not taken for it.
        old["spec"]["disks"] = json!([{"gigabytes": 2}]);
        assert_eq!(
            to(old, "v3")["spec"]["volumes"],
            json!([{"size": 2, "class": "slow"}])
        );
    }

    #[test]
    fn a_status_is_converted() {
        let mut old = object("v1", &json!({}));
        old["status"] = json!({"up": true});
        let new = to(old.clone(), "v3");
        assert_eq!(new["status"], json!({"ready": true}));
        assert_eq!(to(new, "v1")["status"], old["status"]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = VERSIONS
            .convert(object("v9", &json!({})), "example.com/v1")
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "example.com/v9 is no version of this kind, which has v1, v2, v3"
        );
        let error = VERSIONS
            .convert(object("v1", &json!({"days": "x"})), "example.com/v2")
            .unwrap_err();
        assert_eq!(error.to_string(), "spec.days cannot be converted to v2");
        assert!(matches!(
            VERSIONS.convert(json!({}), "example.com/v1"),
            Err(ConversionError::NoVersion)
        ));
    }

    #[test]
    fn nonsense_in_the_annotation_goes() {
        let mut new = object("v2", &json!({"replicas": 3}));
        new["metadata"]["annotations"] = json!({"example.com/kept-fields": "nonsense", "mine": "stays"});
        let old = to(new, "v1");
        assert_eq!(old["metadata"]["annotations"], json!({"mine": "stays"}));
    }

    proptest! {
        /// Through every version and back, in any order, nothing is lost.
        #[test]
        fn round_trips_lose_nothing(
            start in 1_usize..=3,
            through in prop::collection::vec(1_usize..=3, 0..6),
            size in 0_u32..3,
            amount in 0_u32..200,
            replicas in 1_u32..5,
            legacy in any::<Option<bool>>(),
            disks in prop::collection::vec((0_u32..3, any::<bool>()), 0..3),
        ) {
            let mut spec = match start {
                1 => json!({"size": size, "days": amount}),
                _ => json!({"storage": size, "retention": format!("{amount}h"), "replicas": replicas}),
            };
            let disk = |(size, fast): &(u32, bool)| match start {
                1 => json!({"gigabytes": size}),
                _ => json!({"size": size, "class": if *fast { "fast" } else { "slow" }}),
            };
            let name = if start == 1 { "disks" } else { "volumes" };
            spec[name] = disks.iter().map(disk).collect();
            if let (1 | 2, Some(legacy)) = (start, legacy) {
                spec["legacy"] = legacy.into();
            }
            let first = object(&format!("v{start}"), &spec);
            let mut now = first.clone();
            for version in through.into_iter().chain([start]) {
                now = to(now, &format!("v{version}"));
            }
            prop_assert_eq!(now, first);
        }
    }
}
