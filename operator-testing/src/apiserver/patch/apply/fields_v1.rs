//! The `fieldsV1` form of a set of fields.
//!
//! Source: `sigs.k8s.io/structured-merge-diff/v6/fieldpath/serialize.go`.

use serde_json::{Map, Value};

use super::{element::Element, set::FieldSet};

/// The `fieldsV1` object of a set.
pub(super) fn encode(set: &FieldSet) -> Value {
    Value::Object(encode_below(set, false))
}

fn encode_below(set: &FieldSet, member: bool) -> Map<String, Value> {
    let mut fields = Map::new();
    if member && !set.is_empty() {
        fields.insert(".".into(), Value::Object(Map::new()));
    }
    for branch in set.branches() {
        let mut key = String::new();
        branch.element.encode_into(&mut key);
        fields.insert(key, Value::Object(encode_below(branch.below, branch.member)));
    }
    fields
}

/// Whether the elements of a set come in the order of their text: numbers, which are sorted by what they are worth, may not.
pub(super) fn is_in_text_order(set: &FieldSet) -> bool {
    let mut last = String::new();
    set.branches().all(|branch| {
        let mut key = String::new();
        branch.element.encode_into(&mut key);
        let is_behind = last < key;
        last = key;
        is_behind && is_in_text_order(branch.below)
    })
}

/// Reads a `fieldsV1` object. Elements of an unknown kind are left out.
///
/// # Errors
/// What is wrong, if it is not an object of objects with well-formed keys.
pub(super) fn decode(fields: &Value) -> Result<FieldSet, String> {
    Ok(decode_below(fields)?.0)
}

/// The members below, and whether the field itself is a member.
fn decode_below(fields: &Value) -> Result<(FieldSet, bool), String> {
    let Value::Object(fields) = fields else {
        return Err(format!("expected an object, found {fields}"));
    };
    let mut set = FieldSet::default();
    let mut member = false;
    for (key, below) in fields {
        if key == "." {
            member = true;
            continue;
        }
        let Some(element) = Element::decode(key)? else {
            continue;
        };
        let (below, is_member) = decode_below(below)?;
        set.push(element, is_member, below);
    }
    set.finish();
    member |= set.is_empty();
    Ok((set, member))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let fields = json!({
            "f:metadata": {"f:labels": {".": {}, "f:app": {}}, "f:finalizers": {"v:\"a/b\"": {}}},
            "f:spec": {"f:ports": {"k:{\"port\":9}": {".": {}, "f:port": {}}, "k:{\"port\":80}": {".": {}}}},
        });
        let set = decode(&fields).expect("well formed");
        let written = encode(&set);
        // A marker alone says the same as an empty object.
        assert_eq!(
            written["f:spec"]["f:ports"]["k:{\"port\":80}"],
            json!({}),
            "{written}"
        );
        assert_eq!(decode(&written), Ok(set.clone()));
        assert!(set.has_path(&[Element::field("metadata"), Element::field("labels")]));
        assert!(!set.has(&Element::field("metadata")));
    }

    #[test]
    fn numbers_may_be_out_of_the_order_of_their_text() {
        let ports = |ports: [u16; 2]| {
            let [one, two] = ports.map(|port| format!("k:{{\"port\":{port}}}"));
            let fields = json!({"f:spec": {"f:ports": {one: {"f:port": {}}, two: {"f:port": {}}}}});
            is_in_text_order(&decode(&fields).expect("well formed"))
        };
        assert!(ports([80, 81]));
        assert!(!ports([80, 443]));
        assert!(!ports([443, 80]));
    }

    #[test]
    fn what_is_malformed_is_refused() {
        for fields in [json!([]), json!({"f:a": 1}), json!({"a": {}}), json!({"k:x": {}})] {
            assert!(decode(&fields).is_err(), "{fields}");
        }
        assert_eq!(decode(&json!({"z:later": {}})), Ok(FieldSet::default()));
    }
}
