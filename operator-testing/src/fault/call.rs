//! A call as rules see it.

use crate::apiserver::request::{Request, Target, Verb};

/// A request for a resource, before it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// What is to be done.
    pub verb: Verb,
    /// The API group; empty for the core group.
    pub group: String,
    /// The plural name of the resource; empty for paths that are no resources.
    pub resource: String,
    /// The subresource; empty if none.
    pub subresource: String,
    /// The namespace; empty across namespaces and for the cluster.
    pub namespace: String,
    /// The name; empty for collections.
    pub name: String,
}

impl Call {
    /// The call that a method and a path with its query stand for.
    pub(super) fn of(method: &http::Method, target: &str) -> Self {
        let request = Request::new(method.clone(), target);
        match Target::of(&request) {
            Some(target) => Self {
                verb: target.verb,
                group: target.group,
                resource: target.resource,
                subresource: target.subresource,
                namespace: target.namespace,
                name: target.name,
            },
            None => Self {
                verb: Verb::Other,
                group: String::new(),
                resource: String::new(),
                subresource: String::new(),
                namespace: String::new(),
                name: String::new(),
            },
        }
    }

    /// Whether it could change something.
    pub fn is_write(&self) -> bool {
        matches!(
            self.verb,
            Verb::Create | Verb::Update | Verb::Patch | Verb::Delete | Verb::DeleteCollection
        )
    }
}
