//! How fast an autoscaler scales, which the first version keeps in an annotation.

use serde_json::{Map, Value};

/// Members of the behavior by the names of both versions, in the order of the first.
const DIRECTIONS: [(&str, &str); 2] = [("ScaleUp", "scaleUp"), ("ScaleDown", "scaleDown")];
const RULES: [(&str, &str); 4] = [
    ("StabilizationWindowSeconds", "stabilizationWindowSeconds"),
    ("SelectPolicy", "selectPolicy"),
    ("Policies", "policies"),
    ("Tolerance", "tolerance"),
];
const POLICY: [(&str, &str); 3] = [
    ("Type", "type"),
    ("Value", "value"),
    ("PeriodSeconds", "periodSeconds"),
];

/// The behavior in the server's own form, in which the annotation has it.
pub(super) fn older_behavior(behavior: &Value) -> String {
    let write = |names: &[(&str, &str)], value: &Value, member: &dyn Fn(&str, &Value) -> String| {
        let fields: Vec<String> = names
            .iter()
            .map(|(old, new)| format!("{old:?}:{}", member(new, &value[*new])))
            .collect();
        format!("{{{}}}", fields.join(","))
    };
    let plain = |_: &str, value: &Value| value.to_string();
    let rules = |name: &str, value: &Value| match value {
        Value::Array(policies) if name == "policies" => {
            let policies: Vec<_> = policies
                .iter()
                .map(|policy| write(&POLICY, policy, &plain))
                .collect();
            format!("[{}]", policies.join(","))
        }
        other => other.to_string(),
    };
    write(&DIRECTIONS, behavior, &|_, direction| {
        if direction.is_null() {
            "null".to_owned()
        } else {
            write(&RULES, direction, &rules)
        }
    })
}

pub(super) fn newer_behavior(behavior: &Value) -> Value {
    let rename = |names: &[(&str, &str)], value: &Value| -> Map<String, Value> {
        let known = names.iter().filter(|(old, _)| !value[*old].is_null());
        known
            .map(|(old, new)| ((*new).to_owned(), value[*old].clone()))
            .collect()
    };
    let mut made = rename(&DIRECTIONS, behavior);
    for direction in made.values_mut() {
        let mut rules = rename(&RULES, direction);
        if let Some(Value::Array(policies)) = rules.get_mut("policies") {
            for policy in policies {
                *policy = rename(&POLICY, policy).into();
            }
        }
        *direction = rules.into();
    }
    made.into()
}
