use std::collections::BTreeMap;
use std::future::Future;

use tokio::task::{Id, JoinSet};

use crate::shutdown::Shutdown;
use crate::{BoxError, Error};

/// Parts that run side by side and end together.
#[derive(Debug, Default)]
pub(super) struct Group {
    tasks: JoinSet<Result<(), BoxError>>,
    names: BTreeMap<Id, String>,
}

impl Group {
    pub(super) fn start(
        &mut self,
        name: String,
        part: impl Future<Output = Result<(), BoxError>> + Send + 'static,
    ) {
        let task = self.tasks.spawn(part);
        self.names.insert(task.id(), name);
    }

    /// Waits until all parts have ended. The first that fails drains `scope`, so that the others end, too; what is
    /// left when `scope` aborts is dropped.
    ///
    /// # Errors
    /// That of the first part that failed.
    ///
    /// # Cancel safety
    /// It can be called again.
    pub(super) async fn ended(&mut self, scope: &Shutdown) -> Result<(), Error> {
        let mut first = Ok(());
        let mut aborted = false;
        loop {
            let ended = tokio::select! {
                biased;
                ended = self.tasks.join_next_with_id() => ended,
                () = scope.aborted(), if !aborted => {
                    aborted = true;
                    self.tasks.abort_all();
                    continue;
                }
            };
            let failure: Option<(Id, BoxError)> = match ended {
                None => return first,
                Some(Ok((_, Ok(())))) => None,
                Some(Ok((id, Err(error)))) => Some((id, error)),
                Some(Err(error)) if error.is_cancelled() => None,
                Some(Err(error)) => Some((error.id(), error.into())),
            };
            if let Some((id, source)) = failure {
                let name = self.names.get(&id).cloned().unwrap_or_default();
                tracing::error!(part = %name, error = %source, "a part of the operator failed");
                if first.is_ok() {
                    first = Err(Error::Part { name, source });
                }
                scope.drain();
            }
        }
    }
}
