//! What can go wrong between a client and the server.
//!
//! [`Faults`] stands between one client and the server. A [`Rule`] says which calls it is about and what becomes of them; it
//! holds while its [`Guard`] lives. Clients that are made elsewhere, such as the test's own, never notice.
//!
//! # Example
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), kube::Error> {
//! use k8s_openapi::api::core::v1::ConfigMap;
//! use kube::{Api, api::PostParams};
//! use operator_testing::{
//!     apiserver::{ApiServer, request::Verb},
//!     fault::{Fault, Faults, Rule},
//! };
//!
//! let server = ApiServer::new();
//! let faults = Faults::new();
//! let guard = faults.install(Rule::new(Fault::LoseAnswer).verb(Verb::Create).resource("configmaps").times(1));
//!
//! let maps: Api<ConfigMap> = Api::namespaced(faults.client(&server), "default");
//! let mut map = ConfigMap::default();
//! map.metadata.name = Some("settings".into());
//! assert!(maps.create(&PostParams::default(), &map).await.is_err());
//! assert_eq!(guard.hits(), 1);
//! // the answer was lost, the object was made
//! assert!(maps.get_opt("settings").await?.is_some());
//! # Ok(())
//! # }
//! ```

mod body;
mod call;
mod rule;
mod service;
mod table;

pub use call::Call;
pub use rule::{Fault, Refusal, Rule, WatchFault};
pub use service::FaultyService;
pub use table::{Faults, Guard};
