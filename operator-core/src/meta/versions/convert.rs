//! From one version to another.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{
    Change, ConversionError, Step, Versions,
    kept::Kept,
    nested::{Direction, Target, convert_fields, convert_held, ordered},
    restore::restore,
};

type Spec = Map<String, Value>;

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
                between.spec(step, spec, &mut kept)?;
            }
            if let Some(status) = object.get_mut("status").and_then(Value::as_object_mut) {
                convert_fields(status, step.status, between.direction, &between.target("status"))?;
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
        let step = |index: usize, direction| {
            let (older, newer) = (self.versions[index].name, self.versions[index + 1].name);
            let (origin, target) = ordered(older, newer, direction);
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
            (to..from).rev().map(|index| step(index, Direction::Down)).collect()
        }
    }
}

/// The two versions a step is between.
#[derive(Clone, Copy)]
struct Between {
    origin: &'static str,
    target: &'static str,
    direction: Direction,
}

/// A conversion of one field's value.
type Convert<'a> = dyn Fn(Value) -> Result<Value, ConversionError> + 'a;

impl Between {
    fn target<'a>(&self, path: &'a str) -> Target<'a> {
        Target {
            path,
            version: self.target,
        }
    }

    /// Makes the step's changes to a spec.
    fn spec(self, step: Step, spec: &mut Spec, kept: &mut Kept) -> Result<(), ConversionError> {
        let up = self.direction == Direction::Up;
        let mut changes: Vec<&Change> = step.spec.iter().collect();
        if !up {
            changes.reverse();
        }
        for change in changes {
            match *change {
                Change::Added { field, default } if up => {
                    fill(spec, field, default, kept.recall(self.target, field));
                }
                Change::Removed { field, default } if !up => {
                    fill(spec, field, default, kept.recall(self.target, field));
                }
                Change::Added { field, default } | Change::Removed { field, default } => {
                    set_aside(spec, field, default, self.origin, kept);
                }
                Change::Renamed { from, to } => {
                    let (from, to) = ordered(from, to, self.direction);
                    rename(spec, from, to);
                }
                Change::Retyped { from, to, up, down } => {
                    let (from, to) = ordered(from, to, self.direction);
                    let (there, back) = ordered(up, down, self.direction);
                    let target = self.target("spec");
                    let wrong = |source| target.wrong(from, source);
                    let names = (from, to);
                    self.value(
                        spec,
                        kept,
                        names,
                        &|value| there(value).map_err(wrong),
                        &|value| back(value).map_err(wrong),
                    )?;
                }
                Change::Nested {
                    from,
                    to,
                    within,
                    changes,
                } => {
                    let names = ordered(from, to, self.direction);
                    let path = format!("spec.{}", names.0);
                    let target = self.target(&path);
                    let convert =
                        |value, direction| convert_held(value, within, changes, direction, &target);
                    self.value(
                        spec,
                        kept,
                        names,
                        &|value| convert(value, self.direction),
                        &|value| convert(value, self.direction.opposite()),
                    )?;
                }
            }
        }
        Ok(())
    }

    /// A field whose value becomes another, which may lose something.
    fn value(
        self,
        spec: &mut Spec,
        kept: &mut Kept,
        (from, to): (&'static str, &'static str),
        there: &Convert<'_>,
        back: &Convert<'_>,
    ) -> Result<(), ConversionError> {
        let recalled = kept.recall(self.target, to);
        let Some(value) = spec.remove(from) else {
            return Ok(());
        };
        let says_the_same = |candidate: &Value| back(candidate.clone()).is_ok_and(|back| back == value);
        let plain = there(value.clone())?;
        // What was kept counts as far as it says the same as the value now.
        let restored = recalled.and_then(|kept| {
            let before = there(back(kept.clone()).ok()?).ok()?;
            Some(restore(&kept, &before, &plain)).filter(says_the_same)
        });
        let converted = restored.unwrap_or(plain);
        if !says_the_same(&converted) {
            kept.keep(self.origin, from, value);
        }
        spec.insert(to.into(), converted);
        Ok(())
    }
}

/// A field that the version has and the last one had not.
fn fill(spec: &mut Spec, field: &str, default: Option<fn() -> Value>, kept: Option<Value>) {
    if spec.contains_key(field) {
        return;
    }
    if let Some(value) = kept.or_else(|| default.map(|default| default())) {
        spec.insert(field.into(), value);
    }
}

/// A field that the version has not and the last one had.
fn set_aside(spec: &mut Spec, field: &str, default: Option<fn() -> Value>, version: &str, kept: &mut Kept) {
    if let Some(value) = spec.remove(field)
        && !value.is_null()
        && default.is_none_or(|default| default() != value)
    {
        kept.keep(version, field, value);
    }
}

fn rename(spec: &mut Spec, from: &str, to: &str) {
    if let Some(value) = spec.remove(from) {
        spec.insert(to.into(), value);
    }
}

#[cfg(test)]
#[allow(
    clippy::needless_pass_by_value,
    reason = "objects are built where they are handed over"
)]
mod tests {
    use super::*;
    use crate::meta::versions::{Version, Within, converted, to_json};
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
            ]},
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
        assert_eq!(old["spec"], json!({"disks": [{"gigabytes": 1}, {"gigabytes": 2}]}));
        assert_eq!(to(old.clone(), "v3"), new);
        // A client of the old version makes the first one larger, and it stays fast.
        old["spec"]["disks"][0]["gigabytes"] = json!(5);
        assert_eq!(
            to(old.clone(), "v3")["spec"]["volumes"],
            json!([{"size": 5, "class": "fast"}, {"size": 2, "class": "slow"}])
        );
        // A client removes it: what is left is not taken for it.
        old["spec"]["disks"] = json!([{"gigabytes": 2}]);
        assert_eq!(to(old, "v3")["spec"]["volumes"], json!([{"size": 2, "class": "slow"}]));
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
