//! Whether a kind lives in namespaces, known from its type.

use kube::core::{ClusterResourceScope, DynamicResourceScope, NamespaceResourceScope};

/// The scope of a kind as a fact the compiler knows.
///
/// Implemented for the three scopes that whole resources can have.
pub trait KnownScope {
    /// Whether objects of the kind live in a namespace; `None` where only discovery can tell.
    const NAMESPACED: Option<bool>;
}

impl KnownScope for NamespaceResourceScope {
    const NAMESPACED: Option<bool> = Some(true);
}

impl KnownScope for ClusterResourceScope {
    const NAMESPACED: Option<bool> = Some(false);
}

impl KnownScope for DynamicResourceScope {
    const NAMESPACED: Option<bool> = None;
}
