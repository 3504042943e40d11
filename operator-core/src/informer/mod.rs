//! Caches of what the API server has, kept current by watches, shared by everyone in the process.
//!
//! An informer lists a kind, watches it, and writes what it sees into one store. Controllers read the store and
//! subscribe to its changes.
//!
//! # Guarantees
//! - **Shared**: two who ask for the same kind, namespaces and selectors get the same informer.
//! - **One writer**: only the informer writes its store; readers never wait for the network.
//! - **Small**: an object is kept as its compact JSON without `managedFields`, and decoded when it is read.
//! - **No gap**: after a watch that was lost for too long, the informer lists again; what went missing meanwhile is
//!   deleted, what did not is not.
//! - **Never blocked**: a slow subscriber finds several changes of one object joined into one; the watch goes on.
//! - **No storm**: a watch that ends as soon as it has begun is started again with a pause that grows.
//! - **One bad object stops nobody**: it is reported and left out. So is one for which a transform panics; an index that
//!   panics does not find the object.

mod bad;
mod cached;
mod caches;
mod change;
mod chosen;
mod drive;
mod index;
mod namespaces;
mod objects;
mod pace;
mod raw;
mod reflector;
mod scope;
mod state;
mod status;
mod store;
mod stores;
mod subscription;
mod transform;

pub use bad::BadObject;
pub(crate) use bad::reference_to;
pub use cached::CachedObject;
pub use caches::{Caches, CachesBuilder};
pub use change::Change;
pub use index::IndexFn;
pub use namespaces::{NamespaceSet, Namespaces};
pub(crate) use pace::is_watch;
pub use scope::Watched;
pub use state::Informer;
pub use status::{Cause, InformerStatus, WatchState};
pub use store::Store;
pub use stores::Stores;
pub(crate) use subscription::Subscription;
pub use transform::Transform;
