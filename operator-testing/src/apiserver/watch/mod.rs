//! Following the changes of a resource.
//!
//! A [`WatchPlan`] is what a client asked for, made by the synchronous core at one revision; [`Watcher`] follows it.

mod event;
mod lens;
mod watcher;

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;

use super::{
    conversion::Converter,
    selector::Selector,
    store::{ResourceKey, Revision, Stored},
    types::ResourceType,
};

pub(crate) use lens::Lens;
pub(crate) use watcher::Watcher;

/// What a watch shows, and from where on.
#[derive(Debug)]
pub(super) struct WatchPlan {
    pub(crate) resource: Arc<ResourceType>,
    pub(crate) storage: ResourceKey,
    pub(crate) namespace: Option<String>,
    pub(crate) selector: Selector,
    /// What exists already, shown as added before anything else.
    pub(crate) initial: Vec<Arc<Stored>>,
    /// The revision after which changes are shown.
    pub(crate) since: Revision,
    pub(crate) bookmarks: bool,
    /// Whether a bookmark tells that the initial objects are through.
    pub(crate) initial_events_end: bool,
    pub(crate) timeout: Duration,
    pub(crate) head: watch::Receiver<Revision>,
    /// How the client wants to see the objects; `None` shows them as they are.
    pub(crate) lens: Option<Lens>,
    /// Who converts the objects, if a webhook does.
    pub(crate) converter: Option<Converter>,
}
