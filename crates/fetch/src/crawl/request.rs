//! One request of the run, on a task of its own.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::{Finished, Slot};
use crate::connection::{Connection, Connector};
use crate::exchange::{Ask, Exchange, exchange};
use crate::frontier::{HostId, Job};
use crate::problem::{Problem, ProblemKind};
use crate::settings::Settings;

/// An idle connection is ready at once, or something is wrong with it.
const READY_TIMEOUT: Duration = Duration::from_secs(1);
/// Makes a request, on the idle connection if it still stands.
pub(super) async fn perform(
    connector: Arc<Connector>,
    settings: Arc<Settings>,
    host: HostId,
    job: Job,
    ask: Ask,
    idle: Option<Connection>,
) -> Finished {
    let finished = |connection, was_stale, result: Result<Exchange, Problem>| {
        let asked = result.as_ref().map_or_else(|_| Instant::now(), |exchange| exchange.answered);
        Finished { slot: Slot { host, asked, connection }, job, was_stale, result }
    };
    if let Some(mut connection) = idle
        && matches!(timeout(READY_TIMEOUT, connection.sender.ready()).await, Ok(Ok(())))
    {
        let result = exchange(&mut connection, &ask, &settings).await;
        let was_stale = matches!(&result, Err(problem) if problem.kind == ProblemKind::Disconnected)
            && connection.recording.lock().length == 0;
        return finished(reusable(connection, &result), was_stale, result);
    }
    let mut connection = match connector.connect(&ask.target).await {
        Ok(connection) => connection,
        Err(problem) => return finished(None, false, Err(problem)),
    };
    let result = exchange(&mut connection, &ask, &settings).await;
    finished(reusable(connection, &result), false, result)
}

fn reusable(connection: Connection, result: &Result<Exchange, Problem>) -> Option<Connection> {
    let whole = result.as_ref().is_ok_and(|exchange| exchange.cut.is_none());
    (whole && !connection.sender.is_closed()).then_some(connection)
}
