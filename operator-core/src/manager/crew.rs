//! What only the leader may do, and what becomes of it when the lease is lost.

use std::future::Future;
use std::sync::Arc;

use super::Runnable;
use super::group::Group;
use crate::controller::Prepared;
use crate::leader::{Elector, End};
use crate::shutdown::Shutdown;
use crate::{BoxError, Error};

/// What becomes of an operator that loses its lease.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeaseLoss {
    /// The process ends with an error, and whoever runs it starts it anew: nothing of the lost term can linger.
    #[default]
    EndProcess,
    /// What only the leader may do ends; what serves goes on, caches stay warm, and the replica stands for election
    /// again. When it leads anew, every object is reconciled as at a start.
    ///
    /// Work that does not stop in time still ends the process.
    StandAgain,
}

/// What only the leader may do.
pub(super) struct Crew {
    pub(super) controllers: Vec<Arc<Prepared>>,
    pub(super) tasks: Vec<Box<dyn Runnable>>,
}

impl Crew {
    /// Runs everything while this replica leads.
    fn lead(&mut self, term: Shutdown) -> impl Future<Output = Result<(), Error>> + use<> {
        let controllers = self.controllers.clone();
        let next = self.tasks.iter().filter_map(|task| task.again()).collect();
        let tasks = std::mem::replace(&mut self.tasks, next);
        async move {
            let mut group = Group::default();
            for controller in &controllers {
                let name = format!("controller {}", controller.name());
                group.start(name, Arc::clone(controller).run(term.clone()));
            }
            for task in tasks {
                group.start(task.name(), task.run(term.clone()));
            }
            let ended = group.ended(&term).await;
            for controller in &controllers {
                controller.at_rest().await;
            }
            if ended.is_ok() && !term.is_draining() {
                // A replica without controllers still serves.
                term.draining().await;
            }
            ended
        }
    }

    /// Runs everything for as long as this replica leads, and as often as it does.
    pub(super) async fn serve(
        mut self,
        elector: Option<Elector>,
        scope: &Shutdown,
        on_loss: LeaseLoss,
    ) -> Result<(), Error> {
        let failed = |source: BoxError| Error::Part {
            name: "leader election".to_owned(),
            source,
        };
        let Some(elector) = elector else {
            return self.lead(scope.clone()).await;
        };
        loop {
            match elector.run(scope, |term| self.lead(term)).await {
                Ok(End::Stopped) => return Ok(()),
                Ok(End::Finished(ended)) => return ended,
                // What did not stop in time was dropped, but nobody knows what it left behind.
                Ok(End::Lost(Some(_))) if on_loss == LeaseLoss::StandAgain => {
                    tracing::warn!(lease = %elector, "the lease was lost; this replica stands again");
                }
                Ok(End::Lost(_)) => return Err(failed("the lease was lost".into())),
                Err(error) => return Err(failed(error.into())),
            }
        }
    }
}
