use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A kind the runtime can handle: known at compile time, and it can be read and written.
///
/// Implemented for every type that fits: all of `k8s-openapi`, and what `#[derive(CustomResource)]` makes.
pub trait Object:
    kube::Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Serialize + Send + Sync + 'static
{
}

impl<K> Object for K where
    K: kube::Resource<DynamicType = ()>
        + Clone
        + Debug
        + DeserializeOwned
        + Serialize
        + Send
        + Sync
        + 'static
{
}
