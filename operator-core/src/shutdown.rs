//! How an operator ends: a signal, then a drain, then an abort.

use tokio::signal;
use tokio_util::sync::CancellationToken;

/// Tells every part of an operator that it shall end, in two steps.
///
/// *Drain* asks: take no new work, finish what runs. *Abort* ends what still runs after the grace period or a second
/// signal. Clones are the same switch; a [`child`](Shutdown::child) can be ended alone.
///
/// # Guarantees
/// Neither step can be undone, and an abort is a drain too.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    drain: CancellationToken,
    abort: CancellationToken,
}

impl Shutdown {
    /// A switch that nobody has thrown.
    pub fn new() -> Self {
        Self::default()
    }

    /// A switch that SIGTERM and Ctrl-C throw: the first drains, the second aborts.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn on_signal() -> Self {
        let shutdown = Self::new();
        let switch = shutdown.clone();
        tokio::spawn(async move {
            if next_signal().await {
                tracing::info!("shutting down; a second signal ends at once");
                switch.drain();
                if next_signal().await {
                    switch.abort();
                }
            }
        });
        shutdown
    }

    /// A switch that this one throws too, but which does not throw this one.
    pub fn child(&self) -> Self {
        Self {
            drain: self.drain.child_token(),
            abort: self.abort.child_token(),
        }
    }

    /// Asks everyone to finish what runs and to end.
    pub fn drain(&self) {
        self.drain.cancel();
    }

    /// Ends what runs.
    pub fn abort(&self) {
        self.drain.cancel();
        self.abort.cancel();
    }

    /// Whether no new work shall be taken.
    pub fn is_draining(&self) -> bool {
        self.drain.is_cancelled()
    }

    /// Whether running work shall end.
    pub fn is_aborted(&self) -> bool {
        self.abort.is_cancelled()
    }

    /// Waits until no new work shall be taken.
    ///
    /// # Cancel safety
    /// Nothing is lost when it is dropped.
    pub async fn draining(&self) {
        self.drain.cancelled().await;
    }

    /// Waits until running work shall end.
    ///
    /// # Cancel safety
    /// Nothing is lost when it is dropped.
    pub async fn aborted(&self) {
        self.abort.cancelled().await;
    }
}

/// Waits for SIGTERM or Ctrl-C; false when this process cannot listen for them.
async fn next_signal() -> bool {
    #[cfg(unix)]
    {
        let Ok(mut terminate) = signal::unix::signal(signal::unix::SignalKind::terminate()) else {
            return signal::ctrl_c().await.is_ok();
        };
        tokio::select! {
            biased;
            received = terminate.recv() => received.is_some(),
            received = signal::ctrl_c() => received.is_ok(),
        }
    }
    #[cfg(not(unix))]
    {
        signal::ctrl_c().await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn abort_is_a_drain_too() {
        let shutdown = Shutdown::new();
        shutdown.abort();
        assert!(shutdown.is_draining() && shutdown.is_aborted());
        shutdown.draining().await;
        shutdown.aborted().await;
    }

    #[test]
    fn a_child_ends_with_its_parent_but_not_the_other_way() {
        let parent = Shutdown::new();
        let (first, second) = (parent.child(), parent.child());
        first.drain();
        assert!(first.is_draining() && !parent.is_draining() && !second.is_draining());
        parent.drain();
        assert!(second.is_draining() && !second.is_aborted());
    }
}
