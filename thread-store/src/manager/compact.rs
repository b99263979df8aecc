//! Compaction: a history summarised by whoever can.

use std::error::Error as StdError;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_trait::async_trait;
use futures::FutureExt as _;
use serde_json::{Value, json};
use tracing::instrument;

use super::events::CompactionProgress;
use super::loaded::{Loaded, Watch};
use super::{Inner, ThreadManager, shut_down};
use crate::error::{Error, Result};
use crate::id::ThreadId;
use crate::item::RolloutItem;
use crate::live::{TurnOutcome, turn_ended, turn_started};
use crate::ordinal::Ordinal;
use crate::params::AppendReceipt;
use crate::time::Timestamp;
use crate::turn::{LoadModelContext, ModelContext};

/// What summarises histories: a model, in most servers.
#[async_trait]
pub trait Compactor: Send + Sync + fmt::Debug {
    /// Makes a summary of what a model is told of a thread.
    ///
    /// # Errors
    ///
    /// Whatever went wrong; the history is left as it was.
    async fn compact(
        &self,
        context: ModelContext,
        progress: &CompactionReporter,
    ) -> Result<Compaction, Box<dyn StdError + Send + Sync>>;
}

/// A summary of a history, which takes its place in what a model is told.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Compaction {
    /// The summary, for people.
    pub message: String,
    /// What a model is told in place of the history: response items, as Codex records them.
    pub replacement_history: Vec<Value>,
}

impl Compaction {
    /// A summary.
    #[must_use]
    pub fn new(message: impl Into<String>, replacement_history: Vec<Value>) -> Self {
        Self { message: message.into(), replacement_history }
    }
}

impl fmt::Debug for Compaction {
    /// A summary is contents.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compaction")
            .field("replacement_history", &self.replacement_history.len())
            .finish_non_exhaustive()
    }
}

/// Tells those who follow a thread how far its compaction is.
#[derive(Clone)]
pub struct CompactionReporter {
    watch: Arc<Watch>,
    turn_id: String,
}

impl CompactionReporter {
    /// So much is done, of so much in all, in a unit of the compactor's own.
    pub fn advance(&self, done: u64, total: Option<u64>) {
        self.tell(CompactionProgress::Advanced { done, total });
    }

    fn tell(&self, progress: CompactionProgress) {
        self.watch.tell_compaction(&self.turn_id, progress);
    }
}

impl fmt::Debug for CompactionReporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompactionReporter").field("turn_id", &self.turn_id).finish_non_exhaustive()
    }
}

impl ThreadManager {
    /// Has a loaded thread summarised, and appends the summary as a turn of its own, in one batch.
    /// Meanwhile the thread is active. If that fails, or something else is appended meanwhile, the history
    /// is as if nothing had been tried.
    ///
    /// # Errors
    ///
    /// *Unsupported* without a [`Compactor`]; *not found* for a thread that is not loaded; *invalid
    /// request* (field `thread_id`) while a turn or a compaction is in progress; *internal* with what the
    /// compactor failed with; *conflict* (ordinal) if something was appended meanwhile; *unavailable*,
    /// also if the manager is shut down meanwhile.
    #[instrument(skip_all, fields(%thread_id))]
    pub async fn compact(&self, thread_id: ThreadId) -> Result<AppendReceipt> {
        self.0.finish(move |inner| async move { inner.compact(thread_id).await }).await
    }
}

impl Inner {
    async fn compact(&self, thread_id: ThreadId) -> Result<AppendReceipt> {
        let missing = || Error::unsupported("compact").about(thread_id);
        let compactor = self.config.compactor.clone().ok_or_else(missing)?;
        let loaded = self.loaded.get(thread_id).ok_or_else(|| Error::not_found(thread_id))?;
        if !loaded.watch.begin_compaction() {
            let reason = "a turn or a compaction is in progress";
            return Err(Error::invalid("thread_id", reason).about(thread_id));
        }
        let turn_id = ThreadId::generate().to_string();
        let reporter = CompactionReporter { watch: Arc::clone(&loaded.watch), turn_id };
        reporter.tell(CompactionProgress::Started);
        let compacted = self.compact_with(compactor.as_ref(), &loaded, &reporter).await;
        reporter.tell(match &compacted {
            Ok((ordinal, _)) => CompactionProgress::Completed { ordinal: *ordinal },
            Err(error) => CompactionProgress::Failed { code: error.code().to_owned() },
        });
        loaded.watch.end_compaction();
        compacted.map(|(_, receipt)| receipt)
    }

    async fn compact_with(
        &self,
        compactor: &dyn Compactor,
        loaded: &Loaded,
        reporter: &CompactionReporter,
    ) -> Result<(Ordinal, AppendReceipt)> {
        let (live, thread_id) = (&loaded.live, loaded.live.thread_id());
        live.flush().await?;
        let load = LoadModelContext::new(thread_id).with_include_archived(true).with_strict(true);
        let call = || live.store().load_model_context(load.clone());
        let context = self.retry().run(thread_id, call).await?;
        let end = context.next_ordinal;
        let compaction = self.summary(compactor, context, reporter).await?;
        let paginated = live.thread().await?.metadata.is_paginated();
        let items =
            records(&compaction, &reporter.turn_id, paginated, self.config.live.clock.now())?;
        let receipt = live.append_at(end, items).await?;
        Ok((receipt.first.plus(1), receipt))
    }

    /// What the compactor makes of a history. The end of the manager does not wait for it.
    async fn summary(
        &self,
        compactor: &dyn Compactor,
        context: ModelContext,
        reporter: &CompactionReporter,
    ) -> Result<Compaction> {
        // What it leaves behind in a panic is its own.
        let compacting = AssertUnwindSafe(compactor.compact(context, reporter)).catch_unwind();
        tokio::select! {
            compacted = compacting => match compacted {
                Ok(compacted) => compacted.map_err(Error::internal),
                Err(_) => Err(Error::internal("the compactor panicked")),
            },
            () = self.stop.cancelled() => Err(shut_down()),
        }
    }
}

/// A compaction as a turn of its own, under the names of Codex.
fn records(
    compaction: &Compaction,
    turn_id: &str,
    paginated: bool,
    at: Timestamp,
) -> Result<Vec<RolloutItem>> {
    let compacted = json!({
        "message": compaction.message,
        "replacement_history": compaction.replacement_history,
    });
    let shown = if paginated {
        let item = json!({"type": "ContextCompaction", "id": ThreadId::generate().to_string()});
        json!({"type": "item_completed", "turn_id": turn_id, "item": item})
    } else {
        json!({"type": "context_compacted"})
    };
    Ok(vec![
        turn_started(turn_id, at)?,
        RolloutItem::new("compacted", &compacted, at)?,
        RolloutItem::new("event_msg", &shown, at)?,
        turn_ended(Some(turn_id), Some(at), &TurnOutcome::Completed, at)?,
    ])
}
