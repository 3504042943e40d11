use async_trait::async_trait;

use super::EndpointServer;
use crate::BoxError;
use crate::shutdown::Shutdown;

/// When a part of an operator runs. Stages start in this order and stop in the reverse order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// From the beginning to the very end, on every replica: endpoints, webhooks.
    Serving,
    /// While this replica leads, or always where there is no election: controllers, and tasks that write.
    Leading,
}

/// A part of an operator that is no controller: a server, a task of your own.
#[async_trait]
pub trait Runnable: Send + 'static {
    /// What it is called in messages.
    fn name(&self) -> String;

    /// When it runs.
    fn stage(&self) -> Stage {
        Stage::Leading
    }

    /// Another of the same, for the next time that this replica leads; `None` for what can be started only once.
    ///
    /// Asked for of what runs while leading, where the operator goes on after a lost lease; see
    /// [`LeaseLoss::StandAgain`](super::LeaseLoss::StandAgain).
    fn again(&self) -> Option<Box<dyn Runnable>> {
        None
    }

    /// Runs until it is done, or until `shutdown` drains.
    ///
    /// # Errors
    /// Whatever it cannot go on with: it ends the whole operator.
    ///
    /// # Cancel safety
    /// It is dropped when it does not end in time.
    async fn run(self: Box<Self>, shutdown: Shutdown) -> Result<(), BoxError>;
}

#[async_trait]
impl Runnable for EndpointServer {
    fn name(&self) -> String {
        "endpoints".to_owned()
    }

    fn stage(&self) -> Stage {
        Stage::Serving
    }

    async fn run(self: Box<Self>, shutdown: Shutdown) -> Result<(), BoxError> {
        self.serve(shutdown).await;
        Ok(())
    }
}
