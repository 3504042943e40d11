//! What Kubernetes objects have in common: keys, owners, kinds, conditions.

mod condition;
mod key;
mod object;
mod owner_reference;
mod scope;

pub use condition::{ConditionIntent, ConditionStatus, Conditions};
pub use key::ObjectKey;
pub use object::Object;
pub use owner_reference::{
    OwnerReferenceError, check_namespaces, controller_of, controller_reference, is_controlled_by,
};
pub use scope::KnownScope;
