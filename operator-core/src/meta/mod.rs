//! What Kubernetes objects have in common: keys, owners, kinds, conditions.

pub mod columns;
mod condition;
pub mod crd;
mod declaration;
mod key;
mod object;
mod owner_reference;
pub mod schema;
mod scope;

pub use condition::{ConditionIntent, ConditionStatus, Conditions};
pub use declaration::{BuiltIn, Custom, Declaration, Described};
pub use key::ObjectKey;
pub use object::Object;
pub use owner_reference::{
    OwnerReferenceError, check_namespaces, controller_of, controller_reference, is_controlled_by,
};
pub use scope::KnownScope;
