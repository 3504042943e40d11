//! The cursor of one watch.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{Stream, stream};
use tokio::time::{Instant, sleep_until};

use super::{
    WatchPlan,
    event::{self, EventType},
};
use crate::apiserver::{
    conversion::Trouble,
    core::Core,
    status::StatusError,
    store::{Change, Compacted, Revision, Stored},
    webhook::Answers,
};

/// How often a watcher that asked for bookmarks gets one.
const BOOKMARK_INTERVAL: Duration = Duration::from_secs(60);

/// How long before its end a watch sends a last bookmark.
const LAST_BOOKMARK: Duration = Duration::from_secs(2);

/// Follows a plan: hands out chunks of whole lines until the watch ends.
#[derive(Debug)]
pub(crate) struct Watcher {
    core: Arc<Core>,
    plan: WatchPlan,
    position: Revision,
    stage: Stage,
    deadline: Instant,
    next_bookmark: Instant,
    last_bookmark_sent: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Initial,
    Following,
    Ended,
}

impl Watcher {
    pub(crate) fn new(core: Arc<Core>, plan: WatchPlan) -> Self {
        let now = Instant::now();
        Self {
            position: plan.since,
            deadline: now + plan.timeout,
            next_bookmark: now + BOOKMARK_INTERVAL,
            last_bookmark_sent: plan.timeout <= LAST_BOOKMARK,
            stage: Stage::Initial,
            core,
            plan,
        }
    }

    /// The watch as a stream of chunks.
    pub(crate) fn into_stream(self) -> impl Stream<Item = Bytes> + Send {
        stream::unfold(self, |mut watcher| async move {
            let chunk = watcher.next().await?;
            Some((chunk, watcher))
        })
    }

    /// The next lines; `None` when the watch is over.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            let mut out = Vec::new();
            match self.stage {
                Stage::Ended => return None,
                Stage::Initial => {
                    self.stage = Stage::Following;
                    self.write_initial(&mut out);
                    self.write_changes(&mut out).await;
                }
                Stage::Following => self.write_changes(&mut out).await,
            }
            if !out.is_empty() {
                return Some(out.into());
            }
            let mut bookmark_at = self.next_bookmark;
            if !self.last_bookmark_sent {
                bookmark_at = bookmark_at.min(self.deadline - LAST_BOOKMARK);
            }
            let bookmarks = self.plan.bookmarks && bookmark_at < self.deadline;
            tokio::select! {
                biased;
                changed = self.plan.head.changed() => {
                    if changed.is_err() {
                        return None;
                    }
                }
                () = sleep_until(self.deadline) => return None,
                () = sleep_until(bookmark_at), if bookmarks => {
                    let now = Instant::now();
                    self.next_bookmark = now + BOOKMARK_INTERVAL;
                    self.last_bookmark_sent |= now + LAST_BOOKMARK >= self.deadline;
                    self.write_changes(&mut out).await;
                    if self.stage == Stage::Following {
                        let lens = self.plan.lens.as_mut();
                        event::write_bookmark(&mut out, &self.plan.resource, self.position, false, lens);
                    }
                    return Some(out.into());
                }
            }
        }
    }

    fn write_initial(&mut self, out: &mut Vec<u8>) {
        self.set_lens();
        for object in std::mem::take(&mut self.plan.initial) {
            event::write_event(
                out,
                &self.plan.resource,
                EventType::Added,
                &object,
                object.revision,
                self.plan.lens.as_mut(),
            );
        }
        if self.plan.initial_events_end {
            let lens = self.plan.lens.as_mut();
            event::write_bookmark(out, &self.plan.resource, self.position, true, lens);
        }
    }

    /// Ages count from now.
    fn set_lens(&mut self) {
        if let Some(lens) = &mut self.plan.lens {
            lens.now = self.core.clock.now();
        }
    }

    /// Writes what changed since the last time.
    async fn write_changes(&mut self, out: &mut Vec<u8>) {
        self.set_lens();
        self.plan.head.mark_unchanged();
        if self.plan.converter.is_some() {
            return self.write_converted(out).await;
        }
        let state = self.core.state();
        match state.store.changes_of(&self.plan.storage, self.position) {
            Ok(changes) => {
                for change in changes {
                    if let Some((kind, object)) = event::seen(&self.plan, change) {
                        let lens = self.plan.lens.as_mut();
                        event::write_event(out, &self.plan.resource, kind, object, change.revision, lens);
                    }
                }
            }
            Err(compacted) => {
                event::write_error(out, &too_old(compacted));
                self.stage = Stage::Ended;
            }
        }
        self.position = state.store.revision().max(self.position);
    }

    /// The same where a webhook has to be asked how the objects look.
    async fn write_converted(&mut self, out: &mut Vec<u8>) {
        let (changes, position) = {
            let state = self.core.state();
            let changes = state.store.changes_of(&self.plan.storage, self.position);
            let changes = changes.map(|changes| changes.cloned().collect::<Vec<_>>());
            (changes, state.store.revision().max(self.position))
        };
        let shown = match changes {
            Ok(changes) => self.shown(&changes).await,
            Err(compacted) => Err(too_old(compacted)),
        };
        match shown {
            Ok(changes) => {
                for change in &changes {
                    if let Some((kind, object)) = event::seen(&self.plan, change) {
                        let lens = self.plan.lens.as_mut();
                        event::write_event(out, &self.plan.resource, kind, object, change.revision, lens);
                    }
                }
            }
            Err(error) => {
                event::write_error(out, &error);
                self.stage = Stage::Ended;
            }
        }
        self.position = position;
    }

    /// Changes with their objects as the version of the watch shows them.
    async fn shown(&self, changes: &[Arc<Change>]) -> Result<Vec<Change>, StatusError> {
        let Some(converter) = &self.plan.converter else {
            return Ok(Vec::new());
        };
        let states: Vec<Arc<Stored>> = changes
            .iter()
            .flat_map(|change| change.before.iter().chain(&change.after))
            .cloned()
            .collect();
        let mut answers = Answers::default();
        let mut shown = loop {
            match converter.show(states.clone(), &answers) {
                Ok(shown) => break shown.into_iter(),
                Err(Trouble::Ask(question)) => {
                    for (question, answer) in self.core.ask(vec![*question]).await {
                        answers.add(question, answer);
                    }
                }
                Err(Trouble::Failed(why)) => return Err(StatusError::new(500, "", why)),
            }
        };
        let mut next = |state: &Option<Arc<Stored>>| state.as_ref().and_then(|_| shown.next());
        Ok(changes
            .iter()
            .map(|change| Change {
                before: next(&change.before),
                after: next(&change.after),
                ..Change::clone(change)
            })
            .collect())
    }
}

fn too_old(Compacted { requested, oldest }: Compacted) -> StatusError {
    StatusError::expired(format!("too old resource version: {requested} ({oldest})"))
}
