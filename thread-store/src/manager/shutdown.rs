//! The end: closing all threads, within a bound.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::StreamExt as _;
use serde::Serialize;
use tokio::time::{Instant, timeout_at};
use tracing::instrument;

use super::events::ClosedReason;
use super::loaded::Loaded;
use super::{Inner, ThreadManager};
use crate::error::{Error, Result};
use crate::id::ThreadId;

/// Threads that are closed at once.
const AT_ONCE: usize = 64;

/// What a shutdown came to.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct ShutdownReport {
    /// The threads that were closed.
    pub closed: Vec<ThreadId>,
    /// Those that could not be, and why. One that was lost to somebody else is no longer loaded; the
    /// others are, and a further shutdown tries them again.
    pub failed: Vec<(ThreadId, Error)>,
    /// Those for which there was no time. They are loaded still.
    pub timed_out: Vec<ThreadId>,
}

impl ShutdownReport {
    /// Whether everything was closed.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.timed_out.is_empty()
    }
}

impl ThreadManager {
    /// Closes all threads, and answers after this time at the latest. From now on none are loaded; done
    /// again it closes what was left. When all are closed, the streams of subscribers end.
    #[instrument(skip_all, fields(bound_ms = bound.as_millis() as u64))]
    pub async fn shutdown(&self, bound: Duration) -> ShutdownReport {
        let (inner, deadline) = (&self.0, Instant::now() + bound);
        inner.closing.store(true, Ordering::SeqCst);
        inner.stop.cancel();
        let closing = inner.loaded.all().into_iter().map(|loaded| inner.close_by(loaded, deadline));
        let mut closing = futures::stream::iter(closing).buffer_unordered(AT_ONCE);
        let mut report = ShutdownReport::default();
        while let Some((thread_id, closed)) = closing.next().await {
            match closed {
                Some(Ok(())) => report.closed.push(thread_id),
                Some(Err(error)) => report.failed.push((thread_id, error)),
                None => report.timed_out.push(thread_id),
            }
        }
        inner.tasks.close();
        let rest = timeout_at(deadline, inner.tasks.wait()).await;
        if rest.is_ok() && inner.loaded.all().is_empty() {
            inner.hub.close();
        }
        report
    }
}

impl Inner {
    async fn close_by(
        &self,
        loaded: Arc<Loaded>,
        deadline: Instant,
    ) -> (ThreadId, Option<Result<()>>) {
        let thread_id = loaded.live.thread_id();
        let close = async {
            let _gate = self.gates.pass(thread_id).await;
            if !self.loaded.has(thread_id, &loaded.watch) {
                return Ok(());
            }
            self.close(&loaded, ClosedReason::Shutdown).await
        };
        (thread_id, timeout_at(deadline, close).await.ok())
    }
}
