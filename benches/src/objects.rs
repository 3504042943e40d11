//! The objects that are measured with.

use serde_json::{Value, json};

/// A ConfigMap that is about 1.6 KiB of JSON when the server has added its part, of which 0.45 are `managedFields`.
pub fn config_map(number: usize) -> Value {
    let data: serde_json::Map<String, Value> = (0..10)
        .map(|key| {
            (
                format!("setting-{key:02}"),
                format!("{number:08}-").repeat(9).into(),
            )
        })
        .collect();
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": name(number),
            "labels": {"app.kubernetes.io/name": "compare"},
        },
        "data": data,
    })
}

/// The name of the ConfigMap with this number.
pub fn name(number: usize) -> String {
    format!("map-{number:06}")
}
