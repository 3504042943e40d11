use serde_json::{Map, Value, json};

use super::*;

fn object(name: &str, value: u64) -> Map<String, Value> {
    let object = json!({"kind": "X", "metadata": {"name": name, "labels": {"a": "b"}}, "data": {"v": value}});
    object.as_object().unwrap().clone()
}

fn put(store: &mut Store, resource: &ResourceKey, namespace: &str, name: &str, value: u64) -> Revision {
    let key = ObjectKey::new(namespace, name);
    let write = |revision| Some(Stored::freeze(key.clone(), revision, &object(name, value)));
    store.commit(resource, &key, write).revision
}

fn names(objects: &[Arc<Stored>]) -> Vec<&str> {
    objects.iter().map(|object| object.key.as_str()).collect()
}

#[test]
fn lists_follow_the_order_of_keys() {
    let mut store = Store::new(Retention::Everything);
    let maps = ResourceKey::new("", "configmaps");
    for (namespace, name) in [
        ("a", "z"),
        ("a-b", "x"),
        ("a", "a.b"),
        ("a", "a"),
        ("a", "a-b"),
        ("ab", "c"),
    ] {
        put(&mut store, &maps, namespace, name, 0);
    }
    let all: Vec<_> = store.list(&maps, None, None).cloned().collect();
    assert_eq!(names(&all), ["a-b/x", "a/a", "a/a-b", "a/a.b", "a/z", "ab/c"]);
    let some: Vec<_> = store.list(&maps, Some("a"), None).cloned().collect();
    assert_eq!(names(&some), ["a/a", "a/a-b", "a/a.b", "a/z"]);
    let rest: Vec<_> = store
        .list(&maps, Some("a"), Some("a/a-b\u{0}"))
        .cloned()
        .collect();
    assert_eq!(names(&rest), ["a/a.b", "a/z"]);
    let beyond = store.list(&maps, Some("a"), Some("b/")).count();
    assert_eq!(beyond, 0);
}

#[test]
fn every_revision_can_be_read() {
    let mut store = Store::new(Retention::Everything);
    let maps = ResourceKey::new("", "configmaps");
    let first = put(&mut store, &maps, "n", "a", 1);
    let second = put(&mut store, &maps, "n", "b", 1);
    let third = put(&mut store, &maps, "n", "a", 2);
    let key = ObjectKey::new("n", "a");
    let removed = store.commit(&maps, &key, |_| None).revision;
    let at = |revision| names(&store.list_at(&maps, None, None, revision).unwrap()).join(" ");
    assert_eq!(
        [at(first - 1), at(first), at(second), at(third), at(removed)],
        ["", "n/a", "n/a n/b", "n/a n/b", "n/b"]
    );
    let state = store.get_at(&maps, &key, second).unwrap().unwrap();
    assert_eq!(state.value()["data"]["v"], 1);
    assert_eq!(state.value()["metadata"]["resourceVersion"], first.to_string());
    assert!(store.get_at(&maps, &key, removed).unwrap().is_none());
    let seen: Vec<_> = store
        .changes_of(&maps, first)
        .unwrap()
        .map(|change| change.revision)
        .collect();
    assert_eq!(seen, [second, third, removed]);
}

#[test]
fn compaction_forgets_the_past_only() {
    let mut store = Store::new(Retention::Changes(2));
    let maps = ResourceKey::new("", "configmaps");
    let revisions: Vec<_> = (0..4)
        .map(|value| put(&mut store, &maps, "n", "a", value))
        .collect();
    assert_eq!(store.compacted(), revisions[1]);
    assert!(store.changes(revisions[0]).is_err());
    assert_eq!(store.changes(revisions[1]).unwrap().len(), 2);
    store.compact(revisions[3]);
    assert!(store.changes(revisions[2]).is_err());
    assert!(store.changes(revisions[3]).unwrap().is_empty());
    assert_eq!(store.list(&maps, None, None).count(), 1);
}

#[test]
fn the_revision_can_be_replaced_in_the_bytes() {
    let mut store = Store::new(Retention::Everything);
    let maps = ResourceKey::new("", "configmaps");
    put(&mut store, &maps, "n", "a", 1);
    let stored = store.get(&maps, &ObjectKey::new("n", "a")).unwrap();
    let (head, tail) = stored.around_revision();
    let spliced = [head, b"77", tail].concat();
    let value: Value = serde_json::from_slice(&spliced).unwrap();
    assert_eq!(value["metadata"]["resourceVersion"], "77");
    assert_eq!(value["data"]["v"], 1);
    assert_eq!(value.get("kind"), None);
}
