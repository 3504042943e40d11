use super::Predicate;
use crate::informer::{CachedObject, Change};

/// Defines a predicate that looks at updates only and admits everything else.
macro_rules! on_update {
    ($(#[$doc:meta])* $name:ident, $test:expr) => {
        $(#[$doc])*
        ///
        /// Creations and deletions are always admitted.
        #[derive(Clone, Copy, Debug, Default)]
        pub struct $name;

        impl Predicate for $name {
            fn admits(&self, change: &Change) -> bool {
                let test: fn(&CachedObject, &CachedObject) -> bool = $test;
                change.updated().is_none_or(|(old, new)| test(old, new))
            }
        }
    };
}

on_update! {
    /// Admits updates that change the generation, which the server counts up with the desired state.
    ///
    /// Some kinds have no generation (ConfigMap, Secret, Service): all their updates are admitted.
    GenerationChanged, |old, new| new.generation() == 0 || old.generation() != new.generation()
}

on_update! {
    /// Admits updates that change the labels.
    LabelsChanged, |old, new| !old.same_labels(new)
}

on_update! {
    /// Admits updates that change the annotations.
    AnnotationsChanged, |old, new| !old.same_annotations(new)
}

on_update! {
    /// Admits updates that change the finalizers.
    FinalizersChanged, |old, new| !old.same_finalizers(new)
}

on_update! {
    /// Admits updates that begin a deletion.
    DeletionChanged, |old, new| old.is_deleting() != new.is_deleting()
}

on_update! {
    /// Admits updates that change the resource version: all that are real.
    ResourceVersionChanged, |old, new| old.resource_version() != new.resource_version()
}

on_update! {
    /// Admits updates of anything but the status: what a controller of its own kind of resource looks at by default.
    ///
    /// The generation tells whether the desired state changed; labels, annotations, owners, finalizers and the
    /// beginning of a deletion are looked at too, since none of them need change it.
    SpecChanged, |old, new| {
        new.generation() == 0
            || old.generation() != new.generation()
            || old.is_deleting() != new.is_deleting()
            || !old.same_finalizers(new)
            || !old.same_labels(new)
            || !old.same_annotations(new)
            || !old.same_owners(new)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::*;

    fn object(meta: &Value, status: &str) -> Arc<CachedObject> {
        let mut object = json!({"metadata": {"name": "a", "uid": "u", "generation": 1}, "status": status});
        for (name, value) in meta.as_object().unwrap() {
            object["metadata"][name] = value.clone();
        }
        Arc::new(CachedObject::parse(&object.to_string()).unwrap())
    }

    fn update(old: &Value, new: &Value) -> Change {
        Change {
            old: Some(object(old, "before")),
            new: Some(object(new, "after")),
            initial: false,
            single: true,
        }
    }

    #[test]
    fn status_alone_is_an_echo_and_nothing_else_is() {
        let plain = json!({"resourceVersion": "1"});
        assert!(!SpecChanged.admits(&update(&plain, &json!({"resourceVersion": "2"}))));
        for meta in [
            json!({"generation": 2}),
            json!({"labels": {"a": "b"}}),
            json!({"annotations": {"a": "b"}}),
            json!({"finalizers": ["a/b"]}),
            json!({"deletionTimestamp": "2026-01-01T00:00:00Z"}),
            json!({"ownerReferences": [{"apiVersion": "v1", "kind": "K", "name": "o", "uid": "o"}]}),
            json!({"uid": "another"}),
        ] {
            assert!(SpecChanged.admits(&update(&plain, &meta)), "{meta}");
        }
        let none = json!({"generation": 0});
        assert!(
            SpecChanged.admits(&update(&none, &none)),
            "a kind without generation"
        );
    }

    #[test]
    fn creations_and_deletions_are_admitted() {
        let there = object(&json!({}), "");
        let mut change = Change {
            old: None,
            new: Some(Arc::clone(&there)),
            initial: false,
            single: true,
        };
        assert!(GenerationChanged.and(LabelsChanged).admits(&change));
        change.old = change.new.take();
        assert!(GenerationChanged.and(DeletionChanged).admits(&change));
    }

    #[test]
    fn predicates_combine() {
        let labels = update(&json!({}), &json!({"labels": {"a": "b"}}));
        assert!(GenerationChanged.or(LabelsChanged).admits(&labels));
        assert!(!GenerationChanged.and(LabelsChanged).admits(&labels));
        assert!(GenerationChanged.negate().admits(&labels));
        assert!(
            GenerationChanged
                .or(|change: &Change| change.is_deleted())
                .negate()
                .admits(&labels)
        );
    }
}
