//! The short hashes in the names of ReplicaSets and ControllerRevisions.
//!
//! The hash of a StatefulSet's ControllerRevision is the real one, because it is made of JSON. Those of ReplicaSets and of
//! DaemonSets are made of a dump of Go structures in a real cluster; here they are made of JSON too: as stable and as distinct,
//! but other strings.

use serde_json::Value;

/// Letters and digits that do not spell words.
const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// The hash of a pod template, for the label `pod-template-hash`.
pub(crate) fn of_template(template: &Value, collisions: i64) -> String {
    let mut hash = Fnv1a::default();
    hash.write(canonical(template).as_bytes());
    if collisions > 0 {
        hash.write(&collisions.to_le_bytes());
    }
    encode(hash.0)
}

/// The hash of a ControllerRevision's data.
pub(crate) fn of_revision(data: &Value, collisions: i64) -> String {
    let mut hash: u32 = FNV_OFFSET;
    let probe = collisions.to_string();
    for byte in canonical(data).bytes().chain(probe.bytes()) {
        hash = hash.wrapping_mul(FNV_PRIME) ^ u32::from(byte);
    }
    encode(hash)
}

const FNV_OFFSET: u32 = 2_166_136_261;
const FNV_PRIME: u32 = 16_777_619;

struct Fnv1a(u32);

impl Default for Fnv1a {
    fn default() -> Self {
        Self(FNV_OFFSET)
    }
}

impl Fnv1a {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u32::from(*byte)).wrapping_mul(FNV_PRIME);
        }
    }
}

fn encode(hash: u32) -> String {
    hash.to_string()
        .bytes()
        .map(|digit| char::from(ALPHABET[usize::from(digit) % ALPHABET.len()]))
        .collect()
}

/// Compact JSON with sorted keys and the escapes of Go's encoder.
fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(&mut text, value);
    text
}

fn write_canonical(text: &mut String, value: &Value) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            text.push('{');
            for (index, (name, member)) in members.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_string(text, name);
                text.push(':');
                write_canonical(text, member);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_canonical(text, item);
            }
            text.push(']');
        }
        Value::String(string) => write_string(text, string),
        Value::Null | Value::Bool(_) | Value::Number(_) => text.push_str(&value.to_string()),
    }
}

fn write_string(text: &mut String, string: &str) {
    for character in Value::from(string).to_string().chars() {
        match character {
            '<' => text.push_str("\\u003c"),
            '>' => text.push_str("\\u003e"),
            '&' => text.push_str("\\u0026"),
            '\u{2028}' => text.push_str("\\u2028"),
            '\u{2029}' => text.push_str("\\u2029"),
            other => text.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The expected hash is the one that a real kube-controller-manager 1.36 gave this revision.
    #[test]
    fn revisions_hash_as_in_a_real_cluster() {
        let container = json!({
            "image": "pg:1", "imagePullPolicy": "IfNotPresent", "name": "c", "resources": {},
            "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
            "volumeMounts": [{"mountPath": "/d", "name": "data"}],
        });
        let data = json!({"spec": {"template": {
            "$patch": "replace",
            "metadata": {"labels": {"app": "db"}},
            "spec": {
                "containers": [container], "dnsPolicy": "ClusterFirst", "restartPolicy": "Always",
                "schedulerName": "default-scheduler", "securityContext": {}, "terminationGracePeriodSeconds": 30,
            },
        }}});
        assert_eq!(of_revision(&data, 0), "759c884794");
    }

    #[test]
    fn the_order_of_members_does_not_matter() {
        let a: Value = serde_json::from_str(r#"{"a":1,"b":{"c":2,"d":3}}"#).unwrap();
        let b: Value = serde_json::from_str(r#"{"b":{"d":3,"c":2},"a":1}"#).unwrap();
        assert_eq!(of_template(&a, 0), of_template(&b, 0));
        assert_ne!(of_template(&a, 0), of_template(&a, 1));
    }
}
