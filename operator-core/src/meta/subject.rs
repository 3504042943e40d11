//! Objects whose kind is known to the compiler, and objects whose kind is not.

use std::borrow::Cow;
use std::fmt::Debug;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::core::{ApiResource, DynamicObject, TypeMeta};
use serde::{Serialize, Serializer};

use super::{KnownScope, Object};

/// What a controller can reconcile: an object that knows its kind.
///
/// Every [`Object`] is one, and so is [`Dynamic`], whose kind is known at run time only.
pub trait Subject: Clone + Debug + Serialize + Send + Sync + 'static {
    /// Its kind.
    fn resource(&self) -> Cow<'_, ApiResource>;

    /// Its metadata.
    fn metadata(&self) -> &ObjectMeta;

    /// Reads an object of `kind`.
    ///
    /// # Errors
    /// When the text is no such object.
    fn decode(json: &str, kind: &ApiResource) -> Result<Self, serde_json::Error>;
}

impl<K: Object> Subject for K {
    fn resource(&self) -> Cow<'_, ApiResource> {
        Cow::Owned(ApiResource::erase::<K>(&()))
    }

    fn metadata(&self) -> &ObjectMeta {
        self.meta()
    }

    fn decode(json: &str, _: &ApiResource) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }
}

/// What a controller can apply for an owner: an object that knows its kind, and whether that lives in namespaces.
pub trait Scoped: Subject {
    /// Whether objects of the kind live in a namespace; `None` where only discovery can tell.
    const NAMESPACED: Option<bool>;
}

impl<K: Object<Scope: KnownScope>> Scoped for K {
    const NAMESPACED: Option<bool> = K::Scope::NAMESPACED;
}

/// An object of a kind that is only known at run time.
///
/// It is a [`DynamicObject`] that carries its kind with it, as far as the name in URLs, which no object says of itself.
///
/// # Example
/// ```
/// use kube::core::{ApiResource, GroupVersionKind};
/// use operator_core::meta::Dynamic;
///
/// let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("example.com", "v1", "Widget"));
/// let mut widget = Dynamic::new("small", &kind).within("default");
/// widget.data["spec"]["size"] = 1.into();
/// assert_eq!(widget.types.as_ref().unwrap().kind, "Widget");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Dynamic {
    kind: Arc<ApiResource>,
    object: DynamicObject,
}

impl Dynamic {
    /// An object of this name and kind, with nothing in it.
    pub fn new(name: &str, kind: &ApiResource) -> Self {
        Self {
            kind: Arc::new(kind.clone()),
            object: DynamicObject::new(name, kind),
        }
    }

    /// Puts it into a namespace.
    #[must_use]
    pub fn within(mut self, namespace: &str) -> Self {
        self.object.metadata.namespace = Some(namespace.to_owned());
        self
    }

    /// The object without its kind.
    pub fn into_inner(self) -> DynamicObject {
        self.object
    }
}

impl Deref for Dynamic {
    type Target = DynamicObject;

    fn deref(&self) -> &DynamicObject {
        &self.object
    }
}

impl DerefMut for Dynamic {
    fn deref_mut(&mut self) -> &mut DynamicObject {
        &mut self.object
    }
}

impl Serialize for Dynamic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.object.serialize(serializer)
    }
}

impl Subject for Dynamic {
    fn resource(&self) -> Cow<'_, ApiResource> {
        Cow::Borrowed(&self.kind)
    }

    fn metadata(&self) -> &ObjectMeta {
        &self.object.metadata
    }

    fn decode(json: &str, kind: &ApiResource) -> Result<Self, serde_json::Error> {
        let mut object: DynamicObject = serde_json::from_str(json)?;
        // The items of a list do not say what they are.
        object.types.get_or_insert_with(|| TypeMeta {
            api_version: kind.api_version.clone(),
            kind: kind.kind.clone(),
        });
        Ok(Self {
            kind: Arc::new(kind.clone()),
            object,
        })
    }
}

impl Scoped for Dynamic {
    const NAMESPACED: Option<bool> = None;
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::ConfigMap;
    use kube::core::GroupVersionKind;

    use super::*;

    #[test]
    fn an_object_from_a_list_learns_what_it_is() {
        let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("example.com", "v1", "Widget"));
        let json = r#"{"metadata":{"name":"a"},"spec":{"size":1}}"#;
        let widget = Dynamic::decode(json, &kind).unwrap();
        assert_eq!(widget.resource().plural, "widgets");
        let written = serde_json::to_value(&widget).unwrap();
        assert_eq!(
            (&written["kind"], &written["apiVersion"], &written["spec"]["size"]),
            (&"Widget".into(), &"example.com/v1".into(), &1.into())
        );
    }

    #[test]
    fn a_typed_object_knows_its_kind() {
        let map = ConfigMap::default();
        assert_eq!(Subject::resource(&map).plural, "configmaps");
        assert_eq!(
            (<ConfigMap as Scoped>::NAMESPACED, <Dynamic as Scoped>::NAMESPACED),
            (Some(true), None)
        );
    }
}
