//! The roles and bindings of a fresh cluster, as a real server makes them when it starts.
//!
//! Source: `k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac/bootstrappolicy`.

use serde_json::{Map, Value, json};

use super::super::{
    meta::Object,
    state::State,
    store::{ObjectKey, ResourceKey},
};

/// A resource and an object on every line.
static TABLE: &str = include_str!("../../../data/bootstrap-rbac.tsv");

const GROUP: &str = "rbac.authorization.k8s.io";

/// Puts the roles and bindings into a store that has none.
pub(super) fn fill(state: &mut State, now: &str) {
    for (plural, json) in TABLE.lines().filter_map(|line| line.split_once('\t')) {
        let mut object: Object = serde_json::from_str(json).expect("the committed table holds objects");
        let managed = managers(&object, now);
        let uid = state.dice.uid();
        let Some(Value::Object(metadata)) = object.get_mut("metadata") else {
            continue;
        };
        metadata.insert("uid".into(), uid.into());
        metadata.insert("creationTimestamp".into(), now.into());
        metadata.insert("managedFields".into(), managed);
        let text = |field: &str| metadata.get(field).and_then(Value::as_str).unwrap_or_default();
        let key = ObjectKey::new(text("namespace"), text("name"));
        state.write(&ResourceKey::new(GROUP, plural), &key, &object);
    }
}

/// Everything belongs to the server itself.
fn managers(object: &Object, now: &str) -> Value {
    let mut fields = Map::new();
    for (name, value) in object {
        let below = match (name.as_str(), value) {
            (_, Value::Null) => continue,
            ("metadata", _) => of_metadata(value),
            ("aggregationRule", _) => json!({".": {}, "f:clusterRoleSelectors": {}}),
            _ => json!({}),
        };
        fields.insert(format!("f:{name}"), below);
    }
    json!([{
        "manager": "kube-apiserver",
        "operation": "Update",
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "time": now,
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }])
}

fn of_metadata(metadata: &Value) -> Value {
    let mut fields = Map::new();
    for map in ["annotations", "labels"] {
        let Some(members) = metadata.get(map).and_then(Value::as_object) else {
            continue;
        };
        let mut below: Map<String, Value> = members
            .keys()
            .map(|key| (format!("f:{key}"), json!({})))
            .collect();
        below.insert(".".into(), json!({}));
        fields.insert(format!("f:{map}"), below.into());
    }
    fields.into()
}
