//! What Kubernetes objects have in common: keys, owners, kinds, conditions.

pub mod columns;
pub mod compatibility;
mod condition;
pub mod crd;
mod declaration;
pub mod fields;
mod key;
pub mod lint;
mod object;
mod owner_reference;
mod rule;
pub mod schema;
mod scope;
mod status;
mod subject;
pub mod versions;

pub use condition::{ConditionIntent, ConditionStatus, Conditions};
pub use declaration::{AtRunTime, BuiltIn, Custom, Declaration, Described};
pub use key::ObjectKey;
pub use object::Object;
pub(crate) use owner_reference::reference_of;
pub use owner_reference::{
    OwnerReferenceError, check_namespaces, controller_of, controller_reference, is_controlled_by,
};
pub use rule::Rule;
pub use scope::KnownScope;
pub use status::{HasConditions, HasObservedGeneration};
pub use subject::{Dynamic, Scoped, Subject};
