//! From one version to another.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{Change, ConversionError, ConvertValue, Step, Versions, kept::Kept};

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
        if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
            for index in from..target {
                self.between(index).up(self.steps[index], spec, &mut kept)?;
            }
            for index in (target..from).rev() {
                self.between(index).down(self.steps[index], spec, &mut kept)?;
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

    fn between(&self, index: usize) -> Between {
        Between {
            old: self.versions[index].name,
            new: self.versions[index + 1].name,
        }
    }
}

/// The two versions a step is between.
#[derive(Clone, Copy)]
struct Between {
    old: &'static str,
    new: &'static str,
}

impl Between {
    fn up(self, step: Step, spec: &mut Spec, kept: &mut Kept) -> Result<(), ConversionError> {
        for change in step.0 {
            match *change {
                Change::Added { field, default } => {
                    restore(spec, field, default, kept.recall(self.new, field));
                }
                Change::Removed { field, default } => set_aside(spec, field, default, self.old, kept),
                Change::Renamed { from, to } => rename(spec, from, to),
                Change::Retyped { from, to, up, down } => {
                    let way = Way {
                        from,
                        to,
                        there: up,
                        back: down,
                        target: self.new,
                        origin: self.old,
                    };
                    way.go(spec, kept)?;
                }
            }
        }
        Ok(())
    }

    fn down(self, step: Step, spec: &mut Spec, kept: &mut Kept) -> Result<(), ConversionError> {
        for change in step.0.iter().rev() {
            match *change {
                Change::Added { field, default } => set_aside(spec, field, default, self.new, kept),
                Change::Removed { field, default } => {
                    restore(spec, field, default, kept.recall(self.old, field));
                }
                Change::Renamed { from, to } => rename(spec, to, from),
                Change::Retyped { from, to, up, down } => {
                    let way = Way {
                        from: to,
                        to: from,
                        there: down,
                        back: up,
                        target: self.old,
                        origin: self.new,
                    };
                    way.go(spec, kept)?;
                }
            }
        }
        Ok(())
    }
}

/// A field that the version has and the last one had not.
fn restore(spec: &mut Spec, field: &str, default: Option<fn() -> Value>, kept: Option<Value>) {
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

/// A change of type in one direction.
struct Way {
    from: &'static str,
    to: &'static str,
    there: ConvertValue,
    back: ConvertValue,
    target: &'static str,
    origin: &'static str,
}

impl Way {
    fn go(&self, spec: &mut Spec, kept: &mut Kept) -> Result<(), ConversionError> {
        let recalled = kept.recall(self.target, self.to);
        let Some(value) = spec.remove(self.from) else {
            return Ok(());
        };
        let wrong = |source| ConversionError::Field {
            field: self.from,
            version: self.target,
            source,
        };
        // What was kept still counts if it says the same as the value now.
        let same = |candidate: &Value| (self.back)(candidate.clone()).is_ok_and(|back| back == value);
        let converted = match recalled.filter(same) {
            Some(kept) => kept,
            None => (self.there)(value.clone()).map_err(wrong)?,
        };
        if !(self.back)(converted.clone()).is_ok_and(|back| back == value) {
            kept.keep(self.origin, self.from, value);
        }
        spec.insert(self.to.into(), converted);
        Ok(())
    }
}

#[cfg(test)]
#[allow(
    clippy::needless_pass_by_value,
    reason = "objects are built where they are handed over"
)]
mod tests {
    use super::*;
    use crate::meta::versions::{Version, converted, to_json};
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
            Step(&[
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
            ]),
            Step(&[Change::Removed {
                field: "legacy",
                default: None,
            }]),
        ],
    };

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
        ) {
            let mut spec = match start {
                1 => json!({"size": size, "days": amount}),
                _ => json!({"storage": size, "retention": format!("{amount}h"), "replicas": replicas}),
            };
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
