//! Who owns what: `metadata.managedFields`, read and written.
//!
//! Source: `k8s.io/apimachinery/pkg/util/managedfields/internal/{managedfields,capmanagers}.go`.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{
    fields_v1,
    manager_id::{ManagerId, Operation},
    request::Request,
    set::FieldSet,
};
use crate::clock::shown;

/// How many entries of writers that do not apply are kept apart.
const MAX_UPDATERS: usize = 10;

/// The fields of one manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Whose fields they are.
    pub id: ManagerId,
    /// The version in which the fields are written.
    pub api_version: String,
    /// When the manager last changed something; whole seconds.
    pub time: Option<Timestamp>,
    /// The fields.
    pub fields: FieldSet,
}

/// The entries of `managedFields`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Managers {
    entries: Vec<Entry>,
}

impl Managers {
    /// Reads `metadata.managedFields` of an object; a missing list is an empty one.
    ///
    /// # Errors
    /// What is wrong with the list.
    pub fn of(object: &Value) -> Result<Self, String> {
        Self::decode(stored(object).unwrap_or(&Value::Null))
    }

    /// Reads a `managedFields` list.
    ///
    /// # Errors
    /// What is wrong with the list.
    pub fn decode(list: &Value) -> Result<Self, String> {
        let mut managers = Self::default();
        for (index, entry) in list.as_array().into_iter().flatten().enumerate() {
            managers.put(decode_entry(index, entry)?);
        }
        Ok(managers)
    }

    /// The `managedFields` list; `None` if nobody owns anything.
    pub fn encode(&self) -> Option<Value> {
        let mut entries: Vec<&Entry> = self.entries.iter().collect();
        entries.sort_by(|left, right| {
            let key = |entry: &Entry| (entry.id.operation, entry.time.map_or(0, Timestamp::as_second));
            key(left)
                .cmp(&key(right))
                .then_with(|| left.id.manager.cmp(&right.id.manager))
                .then_with(|| left.api_version.cmp(&right.api_version))
                .then_with(|| left.id.subresource.cmp(&right.id.subresource))
        });
        (!entries.is_empty()).then(|| entries.into_iter().map(encode_entry).collect())
    }

    /// Writes the list into an object.
    pub fn store(&self, object: &mut Value) {
        store(object, self.encode());
    }

    /// Whether nobody owns anything.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.entries.iter_mut()
    }

    /// The entry of a manager.
    pub fn get(&self, id: &ManagerId) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == *id)
    }

    pub(super) fn get_mut(&mut self, id: &ManagerId) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.id == *id)
    }

    /// Puts an entry in the place of the manager's earlier one.
    pub(super) fn put(&mut self, entry: Entry) {
        match self.get_mut(&entry.id) {
            Some(place) => *place = entry,
            None => self.entries.push(entry),
        }
    }

    pub(super) fn remove(&mut self, id: &ManagerId) -> Option<Entry> {
        let place = self.entries.iter().position(|entry| entry.id == *id)?;
        Some(self.entries.remove(place))
    }

    pub(super) fn retain(&mut self, keep: impl FnMut(&Entry) -> bool) {
        self.entries.retain(keep);
    }

    /// Drops what nobody owns any more.
    pub(super) fn drop_empty(&mut self) {
        self.retain(|entry| !entry.fields.is_empty());
    }

    /// Joins the oldest entries of updaters, so that no more than ten of them are left.
    pub(super) fn cap_updaters(&mut self) {
        let is_updater = |entry: &&Entry| entry.id.operation == Operation::Update;
        let mut left = self.entries.iter().filter(is_updater).count();
        if left <= MAX_UPDATERS {
            return;
        }
        let mut updaters: Vec<(i64, String, ManagerId)> = self
            .entries
            .iter()
            .filter(is_updater)
            .map(|entry| {
                let seconds = entry.time.map_or(0, Timestamp::as_second);
                (seconds, entry.id.sort_key(), entry.id.clone())
            })
            .collect();
        updaters.sort_by(|one, two| (one.0, &one.1).cmp(&(two.0, &two.1)));
        // The first updater seen of each version; a bucket is made when there is a second one to put into it.
        let mut first: Vec<ManagerId> = Vec::new();
        for (_, _, id) in updaters {
            if left <= MAX_UPDATERS {
                return;
            }
            let Some(api_version) = self.get(&id).map(|entry| entry.api_version.clone()) else {
                continue;
            };
            let Some(earlier) = first
                .iter()
                .find(|first| {
                    self.version_of(first) == Some(&api_version) || first.api_version == api_version
                })
                .cloned()
            else {
                first.push(id);
                continue;
            };
            let bucket = ManagerId::updater("ancient-changes", &api_version, "");
            if self.get(&bucket).is_none()
                && let Some(earlier) = self.remove(&earlier)
            {
                self.put(Entry {
                    id: bucket.clone(),
                    ..earlier
                });
            }
            let Some(entry) = self.remove(&id) else { continue };
            if let Some(bucket) = self.get_mut(&bucket) {
                bucket.fields = entry.fields.union(std::mem::take(&mut bucket.fields));
                bucket.time = entry.time;
            }
            left -= 1;
        }
    }

    fn version_of(&self, id: &ManagerId) -> Option<&String> {
        self.get(id).map(|entry| &entry.api_version)
    }
}

/// The `managedFields` list of an object.
pub(crate) fn stored(object: &Value) -> Option<&Value> {
    object.get("metadata")?.get("managedFields")
}

/// Writes a `managedFields` list into an object, or removes it.
pub(super) fn store(object: &mut Value, list: Option<Value>) {
    let Value::Object(fields) = object else { return };
    match list {
        Some(list) => {
            let metadata = fields
                .entry("metadata")
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(metadata) = metadata {
                metadata.insert("managedFields".into(), list);
            }
        }
        None => {
            if let Some(Value::Object(metadata)) = fields.get_mut("metadata") {
                metadata.remove("managedFields");
            }
        }
    }
}

/// Writes the entry of a new object's only manager into it; there is none without fields.
pub(super) fn store_first(object: &mut Value, fields: Map<String, Value>, request: &Request<'_>) {
    if !fields.is_empty() {
        let id = request.updater();
        let entry = encode_with(&id, request.api_version, request.time(), fields.into());
        store(object, Some(vec![entry].into()));
    }
}

/// Whether a client asks to forget who owns what: an empty list, or a list of one empty entry.
pub(super) fn is_reset(list: Option<&Value>) -> bool {
    match list.and_then(Value::as_array).map(Vec::as_slice) {
        Some([]) => true,
        Some([entry]) => entry.as_object().is_some_and(|entry| entry.values().all(is_zero)),
        _ => false,
    }
}

fn is_zero(value: &Value) -> bool {
    matches!(value, Value::Null) || value.as_str().is_some_and(str::is_empty)
}

fn decode_entry(index: usize, entry: &Value) -> Result<Entry, String> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or("");
    let operation = match text("operation") {
        "Apply" => Operation::Apply,
        "Update" => Operation::Update,
        _ => return Err("operation must be `Apply` or `Update`".into()),
    };
    let api_version = text("apiVersion");
    if api_version.is_empty() {
        return Err("apiVersion must not be empty".into());
    }
    match text("fieldsType") {
        "FieldsV1" => {}
        "" => return Err(format!("missing fieldsType in managed fields entry {index}")),
        other => {
            return Err(format!(
                "invalid fieldsType {other:?} in managed fields entry {index}"
            ));
        }
    }
    let fields = match entry.get("fieldsV1") {
        None | Some(Value::Null) => FieldSet::default(),
        Some(fields) => fields_v1::decode(fields).map_err(|why| format!("error decoding set: {why}"))?,
    };
    let identity_version = match operation {
        Operation::Apply => "",
        Operation::Update => api_version,
    };
    Ok(Entry {
        id: ManagerId {
            manager: text("manager").to_owned(),
            operation,
            api_version: identity_version.to_owned(),
            subresource: text("subresource").to_owned(),
        },
        api_version: api_version.to_owned(),
        time: text("time").parse().ok(),
        fields,
    })
}

fn encode_entry(entry: &Entry) -> Value {
    let fields = fields_v1::encode(&entry.fields);
    encode_with(&entry.id, &entry.api_version, entry.time, fields)
}

fn encode_with(id: &ManagerId, api_version: &str, time: Option<Timestamp>, fields: Value) -> Value {
    let mut encoded = Map::new();
    let mut add = |name: &str, value: Value| encoded.insert(name.into(), value);
    add("apiVersion", api_version.into());
    add("fieldsType", "FieldsV1".into());
    add("fieldsV1", fields);
    add("operation", id.operation.name().into());
    for (name, value) in [("manager", &id.manager), ("subresource", &id.subresource)] {
        if !value.is_empty() {
            add(name, value.as_str().into());
        }
    }
    if let Some(time) = time {
        add("time", shown(time).into());
    }
    Value::Object(encoded)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn updater(number: i64, api_version: &str) -> Entry {
        Entry {
            id: ManagerId::updater(&format!("m{number:02}"), api_version, ""),
            api_version: api_version.into(),
            time: Timestamp::from_second(number).ok(),
            fields: FieldSet::of_fields(&[&["data", &format!("k{number}")]]),
        }
    }

    #[test]
    fn entries_are_sorted_and_survive_a_round_trip() {
        let mut managers = Managers::default();
        for entry in [updater(5, "v1"), updater(2, "v1")] {
            managers.put(entry);
        }
        managers.put(Entry {
            id: ManagerId::applier("z", "status"),
            api_version: "v1".into(),
            time: None,
            fields: FieldSet::of_fields(&[&["status"]]),
        });
        let list = managers.encode().expect("entries");
        let names: Vec<_> = list
            .as_array()
            .into_iter()
            .flatten()
            .map(|entry| entry["manager"].as_str().unwrap_or_default())
            .collect();
        assert_eq!(names, ["z", "m02", "m05"]);
        assert_eq!(list[1]["time"], "1970-01-01T00:00:02Z");
        assert_eq!(Managers::decode(&list).expect("valid").encode(), Some(list));
    }

    #[test]
    fn the_oldest_updaters_are_joined() {
        let mut managers = Managers::default();
        for number in 0..11 {
            managers.put(updater(number, "v1"));
        }
        managers.cap_updaters();
        assert_eq!(managers.iter().count(), 10);
        let bucket = managers
            .get(&ManagerId::updater("ancient-changes", "v1", ""))
            .expect("a bucket");
        assert_eq!(
            bucket.fields,
            FieldSet::of_fields(&[&["data", "k0"], &["data", "k1"]])
        );
        assert_eq!(bucket.time.map(Timestamp::as_second), Some(1));
        managers.put(updater(11, "v1"));
        managers.cap_updaters();
        assert_eq!(managers.iter().count(), 10);
        assert!(managers.get(&updater(2, "v1").id).is_none());
    }

    #[test]
    fn bad_lists_are_named() {
        let message = |entry: Value| Managers::decode(&json!([entry])).expect_err("a bad entry");
        assert_eq!(
            message(json!({"operation": "Steal"})),
            "operation must be `Apply` or `Update`"
        );
        assert_eq!(
            message(json!({"operation": "Apply"})),
            "apiVersion must not be empty"
        );
        assert_eq!(
            message(json!({"operation": "Apply", "apiVersion": "v1"})),
            "missing fieldsType in managed fields entry 0"
        );
        for (list, reset) in [
            (json!([]), true),
            (json!([{}]), true),
            (json!(null), false),
            (json!([{"manager": "m"}]), false),
        ] {
            assert_eq!(is_reset(Some(&list)), reset, "{list}");
        }
    }
}
