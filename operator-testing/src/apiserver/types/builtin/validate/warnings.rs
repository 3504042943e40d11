//! What the author of a Pod or of a template for Pods is warned of.
//!
//! Source: `k8s.io/kubernetes/pkg/api/pod/warnings.go`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{at, has, items, text};

/// Warns of what is questionable about the Pods of a resource, named with its group; kinds without Pods pass.
pub(super) fn of_pods(resource: &str, object: &Value, warnings: &mut Vec<String>) {
    let path: &[&str] = match resource {
        "pods" => &["spec"],
        "deployments.apps" | "replicasets.apps" | "statefulsets.apps" | "daemonsets.apps" | "jobs.batch" => {
            &["spec", "template", "spec"]
        }
        "cronjobs.batch" => &["spec", "jobTemplate", "spec", "template", "spec"],
        _ => return,
    };
    let spec = at(object, path);
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for (index, container) in items(spec, list).iter().enumerate() {
            hidden_variables(
                container,
                &format!("{}.{list}[{index}]", path.join(".")),
                warnings,
            );
        }
    }
}

/// A variable that comes twice is lost in an apply, unless the second one builds on the first.
fn hidden_variables(container: &Value, field: &str, warnings: &mut Vec<String>) {
    let mut known = BTreeSet::new();
    for (index, variable) in items(container, "env").iter().enumerate() {
        let name = text(variable, "name");
        if known.insert(name) {
            continue;
        }
        let reference = format!("$({name})");
        let value = text(variable, "value");
        let builds_on_it = !has(variable, "valueFrom") && value != reference && value.contains(&reference);
        if !builds_on_it {
            warnings.push(format!(
                "{field}.env[{index}]: hides previous definition of {name:?}, which may be dropped when using apply"
            ));
        }
    }
}
