//! What Kubernetes objects have in common: keys, owners, kinds.

mod key;
mod object;

pub use key::ObjectKey;
pub use object::Object;
