//! Taking back what was said.

use std::sync::Arc;

use tracing::instrument;

use super::events::ThreadEvent;
use super::{Inner, ThreadManager};
use crate::error::Result;
use crate::id::ThreadId;
use crate::live::{LiveThread, ResumeLive};
use crate::params::IfHeld;
use crate::turn::{RevertTo, RevertedThread};

impl ThreadManager {
    /// Takes back the end of a thread, by a marker that is appended. A thread that is not loaded is held
    /// for as long as that takes, and not taken from anybody who has it.
    ///
    /// # Errors
    ///
    /// As [`LiveThread::revert`]; *archived*; *conflict* (held).
    #[instrument(skip_all, fields(%thread_id))]
    pub async fn revert(&self, thread_id: ThreadId, to: RevertTo) -> Result<RevertedThread> {
        self.0.finish(move |inner| async move { inner.revert(thread_id, to).await }).await
    }

    /// Takes back the last `turns` turns, or all if there are not so many; at least 1.
    ///
    /// # Errors
    ///
    /// As [`revert`](Self::revert).
    pub async fn rollback(&self, thread_id: ThreadId, turns: u64) -> Result<RevertedThread> {
        self.revert(thread_id, RevertTo::LastTurns(turns)).await
    }
}

impl Inner {
    async fn revert(&self, thread_id: ThreadId, to: RevertTo) -> Result<RevertedThread> {
        let _gate = self.gates.pass(thread_id).await;
        if let Some(loaded) = self.loaded.get(thread_id)
            && self.has(&loaded).await?
        {
            self.check_archived(&loaded).await?;
            return loaded.live.revert(to).await;
        }
        let (store, config) = (Arc::clone(&self.store), self.config.live.clone());
        let resume = ResumeLive::new(thread_id).with_if_held(IfHeld::Refuse);
        let live = LiveThread::resume(store, resume, config).await?;
        let reverted = live.revert(to).await;
        if let Ok(reverted) = &reverted {
            let (from, turn_ids) = (reverted.from, reverted.turn_ids.clone());
            self.hub.send(ThreadEvent::Reverted { thread_id, from, turn_ids });
        }
        // The marker is stored: what is still to be stored of metadata is derived when it is resumed. That
        // the lease was not given back harms nobody.
        if live.shutdown().await.is_err()
            && let Err(error) = live.discard().await
        {
            tracing::warn!(%thread_id, code = error.code(), "a thread was not given back");
        }
        reverted
    }
}
