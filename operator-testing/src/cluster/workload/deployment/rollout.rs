//! The arithmetic of a rollout: how large each ReplicaSet should be next.

use serde_json::Value;

use super::revision::{DESIRED_REPLICAS, MAX_REPLICAS};
use crate::cluster::object::{self, int};

/// How many Pods the Deployment asks for.
pub(super) fn wanted(deployment: &Value) -> i64 {
    int(deployment, "/spec/replicas").unwrap_or(1)
}

/// How many Pods the ReplicaSet asks for.
pub(super) fn size(set: &Value) -> i64 {
    int(set, "/spec/replicas").unwrap_or(1)
}

fn available(set: &Value) -> i64 {
    int(set, "/status/availableReplicas").unwrap_or_default()
}

/// How many Pods more and how many fewer than asked for there may be during a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slack {
    surge: i64,
    unavailable: i64,
}

fn slack(deployment: &Value) -> Slack {
    let wanted = wanted(deployment);
    if object::text(deployment, "/spec/strategy/type") == "Recreate" || wanted == 0 {
        return Slack {
            surge: 0,
            unavailable: 0,
        };
    }
    let parameter = |field: &str| {
        deployment
            .pointer("/spec/strategy/rollingUpdate")
            .and_then(|rolling| rolling.get(field))
    };
    let surge = scaled(parameter("maxSurge"), wanted, Round::Up);
    let unavailable = scaled(parameter("maxUnavailable"), wanted, Round::Down);
    // with neither, nothing could move
    let unavailable = if surge == 0 && unavailable == 0 {
        1
    } else {
        unavailable
    };
    Slack {
        surge,
        unavailable: unavailable.min(wanted),
    }
}

#[derive(Clone, Copy)]
pub(in crate::cluster) enum Round {
    Up,
    Down,
}

/// A number, or a percentage of `total`.
pub(in crate::cluster) fn scaled(value: Option<&Value>, total: i64, round: Round) -> i64 {
    match value {
        Some(Value::String(text)) => {
            let percent: i64 = text
                .strip_suffix('%')
                .and_then(|percent| percent.parse().ok())
                .unwrap_or_default();
            match round {
                Round::Up => (percent * total + 99) / 100,
                Round::Down => percent * total / 100,
            }
        }
        Some(number) => number.as_i64().unwrap_or_default(),
        None => 0,
    }
}

/// The most Pods that the Deployment may have.
pub(super) fn most(deployment: &Value) -> i64 {
    let surge = if object::text(deployment, "/spec/strategy/type") == "Recreate" {
        0
    } else {
        slack(deployment).surge
    };
    wanted(deployment) + surge
}

/// How many of the Pods asked for may be missing.
pub(super) fn max_unavailable(deployment: &Value) -> i64 {
    slack(deployment).unavailable
}

/// The next size of the ReplicaSet of the current template.
pub(super) fn new_size(deployment: &Value, sets: &[Value], new: usize) -> i64 {
    let wanted = wanted(deployment);
    let current = size(&sets[new]);
    if object::text(deployment, "/spec/strategy/type") == "Recreate" || current >= wanted {
        return wanted;
    }
    let total: i64 = sets.iter().map(size).sum();
    let room = wanted + slack(deployment).surge - total;
    current + room.clamp(0, wanted - current)
}

/// The next sizes of the old ReplicaSets, for those that shrink: first Pods that are not available anyway, then as many others
/// as may be missing. `sets` are sorted by age.
pub(super) fn scale_down_old(deployment: &Value, sets: &[Value], new: usize) -> Vec<(usize, i64)> {
    let mut sizes: Vec<i64> = sets.iter().map(size).collect();
    let old: Vec<usize> = (0..sets.len())
        .filter(|index| *index != new && sizes[*index] > 0)
        .collect();
    if old.is_empty() {
        return Vec::new();
    }
    let least_available = wanted(deployment) - slack(deployment).unavailable;
    let new_unavailable = sizes[new] - available(&sets[new]);
    let spare = sizes.iter().sum::<i64>() - least_available - new_unavailable;
    if spare <= 0 {
        return Vec::new();
    }
    let mut unhealthy_left = spare;
    for index in &old {
        let unhealthy = (sizes[*index] - available(&sets[*index])).clamp(0, unhealthy_left);
        sizes[*index] -= unhealthy;
        unhealthy_left -= unhealthy;
    }
    let all_available: i64 = sets.iter().map(available).sum();
    let mut healthy_left = (all_available - least_available).max(0);
    for index in &old {
        let healthy = sizes[*index].min(healthy_left);
        sizes[*index] -= healthy;
        healthy_left -= healthy;
    }
    old.into_iter()
        .filter(|index| sizes[*index] != size(&sets[*index]))
        .map(|index| (index, sizes[index]))
        .collect()
}

/// The sizes after the Deployment was scaled, in the order in which they are set: one active ReplicaSet takes it all, several
/// share the difference in proportion.
pub(super) fn rescale(deployment: &Value, sets: &[Value], new: Option<usize>) -> Vec<(usize, i64)> {
    let wanted = wanted(deployment);
    let active: Vec<usize> = (0..sets.len()).filter(|index| size(&sets[*index]) > 0).collect();
    match active.as_slice() {
        [] => {
            let latest = new.or_else(|| sets.len().checked_sub(1));
            return latest.map(|index| (index, wanted)).into_iter().collect();
        }
        [only] => return vec![(*only, wanted)],
        _ => {}
    }
    if let Some(new) = new.filter(|new| is_saturated(deployment, &sets[*new])) {
        return active
            .into_iter()
            .filter(|index| *index != new)
            .map(|index| (index, 0))
            .collect();
    }
    if object::text(deployment, "/spec/strategy/type") == "Recreate" {
        return Vec::new();
    }
    share(deployment, sets, active)
}

/// Whether the ReplicaSet has all the Pods that the Deployment asks for, all of them available.
fn is_saturated(deployment: &Value, set: &Value) -> bool {
    let wanted = wanted(deployment);
    object::annotation(set, DESIRED_REPLICAS).and_then(|desired| desired.parse().ok()) == Some(wanted)
        && size(set) == wanted
        && available(set) == wanted
}

fn share(deployment: &Value, sets: &[Value], mut active: Vec<usize>) -> Vec<(usize, i64)> {
    let total: i64 = active.iter().map(|index| size(&sets[*index])).sum();
    let allowed = if wanted(deployment) > 0 {
        most(deployment)
    } else {
        0
    };
    let to_add = allowed - total;
    // the largest first; among equals the younger ones grow first and the older ones shrink first
    active.sort_by_key(|index| {
        let age = i64::try_from(*index).unwrap_or(i64::MAX);
        (-size(&sets[*index]), if to_add > 0 { -age } else { age })
    });
    let mut added = 0;
    let mut sizes: Vec<(usize, i64)> = active
        .into_iter()
        .map(|index| {
            let share = proportion(deployment, &sets[index], to_add, added);
            added += share;
            (index, size(&sets[index]) + share)
        })
        .collect();
    if let Some((_, largest)) = sizes.first_mut() {
        *largest = (*largest + to_add - added).max(0);
    }
    sizes
}

/// The ReplicaSet's part of `to_add`, of which `added` are given away already.
fn proportion(deployment: &Value, set: &Value, to_add: i64, added: i64) -> i64 {
    let left = to_add - added;
    if left == 0 {
        return 0;
    }
    let fraction = if wanted(deployment) == 0 {
        -size(set)
    } else {
        let before = object::annotation(set, MAX_REPLICAS)
            .and_then(|most| most.parse::<i64>().ok())
            .filter(|most| *most != 0)
            .or_else(|| int(deployment, "/status/replicas"))
            .filter(|most| *most > 0);
        match before {
            Some(before) => divide_rounded(size(set) * most(deployment), before) - size(set),
            None => 0,
        }
    };
    if to_add > 0 {
        fraction.min(left)
    } else {
        fraction.max(left)
    }
}

/// Rounded to the nearest, halves up; both are positive.
fn divide_rounded(dividend: i64, divisor: i64) -> i64 {
    (2 * dividend + divisor) / (2 * divisor)
}

#[cfg(test)]
#[allow(
    clippy::needless_pass_by_value,
    reason = "values are written where they are used"
)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployment(replicas: i64, surge: Value, unavailable: Value) -> Value {
        json!({"spec": {"replicas": replicas, "strategy": {
            "type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable},
        }}})
    }

    fn set(replicas: i64, available: i64) -> Value {
        json!({"spec": {"replicas": replicas}, "status": {"availableReplicas": available}})
    }

    #[test]
    fn slack_rounds_surge_up_and_unavailable_down() {
        let cases = [
            (3, json!("25%"), json!("25%"), (1, 0)),
            (10, json!("25%"), json!("25%"), (3, 2)),
            (4, json!(0), json!(0), (0, 1)),
            (4, json!(2), json!(10), (2, 4)),
            (1, json!("0%"), json!("25%"), (0, 1)),
            (0, json!(2), json!(2), (0, 0)),
        ];
        for (replicas, surge, unavailable, expected) in cases {
            let slack = slack(&deployment(replicas, surge.clone(), unavailable.clone()));
            assert_eq!(
                (slack.surge, slack.unavailable),
                expected,
                "{replicas} {surge} {unavailable}"
            );
        }
    }

    #[test]
    fn the_new_set_grows_into_the_room_that_the_surge_leaves() {
        // replicas, surge, old size, new size -> next size of the new one
        let cases = [
            (10, 0, 10, 0, 0),
            (10, 2, 10, 0, 2),
            (10, 2, 9, 2, 3),
            (10, 2, 12, 0, 0),
            (10, 20, 10, 0, 10),
            (10, 2, 0, 0, 10),
            (3, 1, 0, 5, 3),
        ];
        for (replicas, surge, old, new, expected) in cases {
            let deployment = deployment(replicas, json!(surge), json!(1));
            let sets = [set(old, old), set(new, new)];
            assert_eq!(
                new_size(&deployment, &sets, 1),
                expected,
                "{replicas} {surge} {old} {new}"
            );
        }
    }

    #[test]
    fn old_sets_shrink_as_far_as_availability_allows() {
        // replicas, unavailable, old (size, available), new (size, available) -> next size of the old one
        let cases = [
            (10, 0, (10, 10), (2, 0), None),
            (10, 0, (10, 10), (2, 2), Some(8)),
            (10, 2, (10, 10), (0, 0), Some(8)),
            (10, 2, (8, 8), (2, 0), None),
            (10, 2, (8, 6), (2, 2), Some(6)),
            (10, 2, (10, 0), (2, 0), Some(8)),
            (1, 0, (1, 1), (1, 1), Some(0)),
        ];
        for (replicas, unavailable, old, new, expected) in cases {
            let deployment = deployment(replicas, json!(2), json!(unavailable));
            let sets = [set(old.0, old.1), set(new.0, new.1)];
            let expected: Vec<_> = expected.map(|size| (0, size)).into_iter().collect();
            assert_eq!(
                scale_down_old(&deployment, &sets, 1),
                expected,
                "{replicas} {unavailable} {old:?} {new:?}"
            );
        }
    }

    #[test]
    fn scaling_in_the_middle_of_a_rollout_keeps_proportions() {
        let with_most = |replicas: i64, most: i64| {
            let mut set = set(replicas, replicas);
            object::set_annotation(&mut set, MAX_REPLICAS, most.to_string());
            set
        };
        let deployment = deployment(20, json!(0), json!(1));
        let sets = [with_most(8, 10), with_most(2, 10)];
        assert_eq!(rescale(&deployment, &sets, Some(1)), [(0, 16), (1, 4)]);
        assert_eq!(rescale(&deployment, &[set(3, 3), set(0, 0)], Some(1)), [(0, 20)]);
        assert_eq!(rescale(&deployment, &[set(0, 0), set(0, 0)], Some(0)), [(0, 20)]);
    }

    mod properties {
        use proptest::prelude::*;

        use super::*;

        proptest! {
            /// A rollout whose Pods all become available ends with all Pods new, and never leaves the allowed range on the way.
            #[test]
            fn every_rollout_ends(replicas in 1_i64..12, surge in 0_i64..5, unavailable in 0_i64..5, lag in 0_i64..3) {
                let deployment = deployment(replicas, json!(surge), json!(unavailable));
                let limits = slack(&deployment);
                let mut sets = [set(replicas, replicas), set(0, 0)];
                let mut steps = 0;
                while size(&sets[0]) > 0 || available(&sets[1]) < replicas {
                    steps += 1;
                    prop_assert!(steps < 200, "no end: {sets:?}");
                    let up = new_size(&deployment, &sets, 1);
                    if up == size(&sets[1]) {
                        for (index, size) in scale_down_old(&deployment, &sets, 1) {
                            sets[index]["spec"]["replicas"] = size.into();
                            sets[index]["status"]["availableReplicas"] = size.into();
                        }
                    } else {
                        sets[1]["spec"]["replicas"] = up.into();
                    }
                    prop_assert!(sets.iter().map(size).sum::<i64>() <= replicas + limits.surge);
                    prop_assert!(sets.iter().map(available).sum::<i64>() >= replicas - limits.unavailable);
                    if steps % (lag + 1) == 0 && available(&sets[1]) < size(&sets[1]) {
                        sets[1]["status"]["availableReplicas"] = (available(&sets[1]) + 1).into();
                    }
                }
            }
        }
    }
}
