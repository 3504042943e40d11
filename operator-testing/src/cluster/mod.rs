//! A simulated cluster around the embedded API server: the controllers that make Pods of workloads, bind and run them, and clear
//! away what is no longer owned.
//!
//! Each controller is a level-based reconciler over the server's synchronous client, under the user name that it has in a real
//! cluster. One driver feeds them all: changes in the order in which the store has them, then timers. Nothing polls, so a
//! cluster at rest lets tokio's paused time move on.
//!
//! # Example
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use operator_testing::cluster::{Cluster, PodBehavior};
//!
//! let cluster = Cluster::builder()
//!     .controllers("*,-cronjob-controller".parse()?)
//!     .pods(PodBehavior::ready_after(std::time::Duration::from_secs(2)))
//!     .start();
//! let client = cluster.client();
//! # drop(client);
//! # Ok(())
//! # }
//! ```

mod account;
mod client;
mod collector;
mod controller;
mod driver;
mod hash;
mod kind;
mod namespaces;
mod network;
mod node;
mod object;
mod pod;
mod running;
mod selection;
mod selector;
mod storage;
mod workload;

pub use node::{PodBehavior, PodControl, Termination};
pub use running::{Cluster, ClusterBuilder};
pub use selection::{Controllers, UnknownController};
