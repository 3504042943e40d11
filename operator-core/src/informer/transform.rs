use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::CachedObject;
use crate::panics::caught;

/// What is done to an object before it is stored, beside dropping `managedFields`.
///
/// What nobody reads need not be kept. Two sources share an informer only if they use the same transform, or a clone of
/// it. Whoever reads the cache sees the object as the transform leaves it, and so do predicates and mappers; what the
/// transform takes away can change without anybody being woken.
///
/// A transform must leave name, namespace, uid and resource version alone. An object for which it does not, or for which
/// it panics, is reported and left out.
///
/// # Example
/// ```
/// use k8s_openapi::api::core::v1::Secret;
/// use operator_core::informer::{Transform, Watched};
///
/// let names_only = Transform::new("names only", |secret| {
///     if let Some(object) = secret.as_object_mut() {
///         object.remove("data");
///     }
/// });
/// let watched = Watched::all::<Secret>().transform(names_only);
/// # let _ = watched;
/// ```
#[derive(Clone)]
pub struct Transform {
    name: Arc<str>,
    change: Arc<dyn Fn(&mut Value) + Send + Sync>,
}

impl Transform {
    /// A transform, called by `name` in messages.
    pub fn new(name: &str, change: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        Self {
            name: name.into(),
            change: Arc::new(change),
        }
    }

    /// The object as it is to be stored.
    pub(super) fn apply(&self, object: &CachedObject) -> Result<CachedObject, Unusable> {
        let failed = |what: String| Unusable {
            reason: format!("the transform {} {what}", self.name),
            panicked: false,
        };
        let mut value: Value = object
            .decode()
            .map_err(|error| failed(format!("was given no object: {error}")))?;
        caught(|| (self.change)(&mut value)).map_err(|panic| Unusable {
            panicked: true,
            ..failed(format!("panicked: {panic}"))
        })?;
        let changed = CachedObject::parse_whole(&value.to_string())
            .map_err(|error| failed(format!("left no object: {error}")))?;
        let is_same = changed.key() == object.key()
            && changed.uid() == object.uid()
            && changed.resource_version() == object.resource_version();
        if !is_same {
            return Err(failed(
                "changed the name, the uid or the resource version".to_owned(),
            ));
        }
        Ok(changed)
    }
}

/// Why an object cannot be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unusable {
    pub(super) reason: String,
    pub(super) panicked: bool,
}

impl PartialEq for Transform {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.change, &other.change)
    }
}

impl Eq for Transform {}

impl fmt::Debug for Transform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Transform({})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECT: &str = r#"{"metadata":{"name":"a","uid":"u","resourceVersion":"7"},"data":{"k":"v"}}"#;

    fn outcome(change: impl Fn(&mut Value) + Send + Sync + 'static) -> Result<String, String> {
        let object = CachedObject::parse(OBJECT).unwrap();
        let changed = Transform::new("it", change)
            .apply(&object)
            .map_err(|unusable| unusable.reason)?;
        assert_eq!((changed.key(), changed.revision()), (object.key(), 7));
        Ok(changed.json().to_owned())
    }

    #[test]
    fn what_is_taken_away_is_not_kept() {
        let without_data = outcome(|object| *object.get_mut("data").unwrap() = Value::Null).unwrap();
        assert!(!without_data.contains("\"k\""), "{without_data}");
    }

    #[test]
    fn an_object_must_stay_itself() {
        let renamed = outcome(|object| object["metadata"]["name"] = "b".into());
        assert_eq!(
            renamed,
            Err("the transform it changed the name, the uid or the resource version".to_owned())
        );
        let emptied = outcome(|object| *object = Value::Null).unwrap_err();
        assert!(
            emptied.starts_with("the transform it left no object"),
            "{emptied}"
        );
        let panicked = outcome(|_| panic!("no"));
        assert_eq!(panicked, Err("the transform it panicked: no".to_owned()));
    }
}
