//! The turns of a session: their records, and what a turn differs in from its thread.

use serde_json::{Map, Value, json};
use tracing::instrument;

use super::derivation::OpenTurn;
use super::{Core, LiveThread, Shared, State};
use crate::error::{Error, Result};
use crate::id::ThreadId;
use crate::item::RolloutItem;
use crate::metadata::{Edit, ThreadMetadataPatch};
use crate::options::ThreadOptions;
use crate::params::{AppendReceipt, params};
use crate::time::Timestamp;
use crate::turn::TurnError;

params! {
    /// Begins a turn.
    BeginTurn() {
        /// Its id; one that is made unless given.
        with_turn_id(turn_id: Option<String> = None);
        /// What it differs in from the options of the thread. It holds for this turn alone.
        with_overrides(overrides: ThreadOptions = ThreadOptions::default());
        /// What is said first in it, such as the user's message: stored in one batch with the start.
        with_items(items: Vec<RolloutItem> = Vec::new());
        /// When it begins; now, unless given. A call that is to be repeated after *unavailable* gives
        /// it, and the id.
        with_at(at: Option<Timestamp> = None);
    }
}

params! {
    /// Ends the turn in progress.
    EndTurn(
        /// How it ended.
        outcome: TurnOutcome,
    ) {
        /// What is said last in it: stored in one batch with the end.
        with_items(items: Vec<RolloutItem> = Vec::new());
        /// When it ends; now, unless given. A call that is to be repeated after *unavailable* gives it.
        with_at(at: Option<Timestamp> = None);
    }
}

/// How a turn ended.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum TurnOutcome {
    /// It came to its end.
    Completed,
    /// It was stopped.
    Interrupted,
    /// It failed.
    Failed(TurnError),
}

/// A turn that was begun.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct LiveTurn {
    /// Its id.
    pub turn_id: String,
    /// What it is run with: the options of the thread, and over them what this turn differs in.
    pub options: ThreadOptions,
    /// Where its records stand.
    pub receipt: AppendReceipt,
}

impl LiveThread {
    /// Begins a turn: appends its start record (`task_started`), its settings (`turn_context`) and what
    /// is said first, in one batch.
    ///
    /// # Errors
    ///
    /// *Invalid request* (field `turn`) while a turn is in progress; as
    /// [`append_items`](Self::append_items).
    #[instrument(skip_all, fields(thread_id = %self.thread_id()))]
    pub async fn begin_turn(&self, begin: BeginTurn) -> Result<LiveTurn> {
        let shared = &self.0;
        self.lock().await.begin_turn(shared, begin).await
    }

    /// Ends the turn in progress: appends what is said last and its end record (`task_complete` or
    /// `turn_aborted`), in one batch. What the turn differed in is over.
    ///
    /// # Errors
    ///
    /// *Invalid request* (field `turn`) where no turn is in progress; as
    /// [`append_items`](Self::append_items).
    #[instrument(skip_all, fields(thread_id = %self.thread_id()))]
    pub async fn end_turn(&self, end: EndTurn) -> Result<AppendReceipt> {
        let shared = &self.0;
        self.lock().await.end_turn(shared, end).await
    }

    /// What the turn in progress is run with; the options of the thread where none is.
    ///
    /// # Errors
    ///
    /// As [`thread`](Self::thread).
    pub async fn turn_options(&self) -> Result<ThreadOptions> {
        let options = self.options().await?;
        let overrides = match &self.lock().await.0 {
            State::Open(open) => open.turn().map(|turn| turn.overrides.clone()),
            _ => None,
        };
        Ok(options.overridden_by(overrides.unwrap_or_default()))
    }
}

impl Core {
    async fn begin_turn(&mut self, shared: &Shared, begin: BeginTurn) -> Result<LiveTurn> {
        let at = begin.at.unwrap_or_else(|| shared.now());
        let turn_id = begin.turn_id.unwrap_or_else(|| ThreadId::generate().to_string());
        let beginning = |options: &ThreadOptions| {
            let mut items = vec![started(&turn_id, at)?, context(&turn_id, options, at)?];
            items.extend(begin.items.iter().cloned());
            Ok::<_, Error>(shared.policy.kept(items))
        };
        let mut options = self.options(shared)?.overridden_by(begin.overrides.clone());
        if !self.is_in_doubt_about(&beginning(&options)?) {
            self.settle_first(shared).await?;
            if self.turn().is_some() {
                return Err(refused(shared, "a turn is in progress"));
            }
            // What was in doubt may have changed them.
            options = self.options(shared)?.overridden_by(begin.overrides.clone());
        }
        let items = beginning(&options)?;
        self.differ(&turn_id, begin.overrides);
        let receipt = self.append(shared, items).await?;
        Ok(LiveTurn { turn_id, options, receipt })
    }

    /// The turn that is about to begin differs in this.
    fn differ(&mut self, turn_id: &str, overrides: ThreadOptions) {
        if overrides.is_empty() {
            return;
        }
        self.keep_options();
        let begun = Some((turn_id.to_owned(), overrides));
        match &mut self.0 {
            State::NotStarted(draft) => draft.begun = begun,
            State::Open(open) => open.derivation.begun = begun,
            State::Closed(..) | State::Failed(_) => {}
        }
    }

    async fn end_turn(&mut self, shared: &Shared, end: EndTurn) -> Result<AppendReceipt> {
        let at = end.at.unwrap_or_else(|| shared.now());
        let ending = |turn: &OpenTurn| {
            let mut items = end.items.clone();
            items.push(ended(turn.id.as_deref(), turn.started_at, &end.outcome, at)?);
            Ok::<_, Error>(shared.policy.kept(items))
        };
        let repeated = self.last_turn().map(ending).transpose()?;
        if let Some(items) = repeated.filter(|items| self.is_in_doubt_about(items)) {
            return self.append(shared, items).await;
        }
        self.settle_first(shared).await?;
        let Some(turn) = self.turn() else {
            return Err(refused(shared, "no turn is in progress"));
        };
        let items = ending(turn)?;
        self.append(shared, items).await
    }

    /// A thread that never had options is run with what its last turns were run with: what a turn is
    /// about to differ in must not become that.
    fn keep_options(&mut self) {
        if let State::Open(open) = &mut self.0
            && open.thread().metadata.options.is_none()
        {
            let options = ThreadOptions::of(&open.thread());
            let patch = ThreadMetadataPatch::default().options(options);
            open.derivation.observer.edit(patch);
        }
    }

    fn turn(&self) -> Option<&OpenTurn> {
        match &self.0 {
            State::Open(open) => open.turn(),
            _ => None,
        }
    }

    fn last_turn(&self) -> Option<&OpenTurn> {
        match &self.0 {
            State::Open(open) => open.derivation.last_turn.as_ref(),
            _ => None,
        }
    }

    fn options(&self, shared: &Shared) -> Result<ThreadOptions> {
        match &self.0 {
            State::NotStarted(draft) => Ok(ThreadOptions::of(&draft.thread(shared))),
            State::Open(open) => Ok(ThreadOptions::of(&open.thread())),
            over => Err(over.error(shared.thread_id)),
        }
    }
}

fn refused(shared: &Shared, reason: &str) -> Error {
    Error::invalid("turn", reason).about(shared.thread_id)
}

pub(crate) fn started(turn_id: &str, at: Timestamp) -> Result<RolloutItem> {
    let seconds = at.as_millis().div_euclid(1000);
    let event = json!({"type": "task_started", "turn_id": turn_id, "started_at": seconds});
    RolloutItem::new("event_msg", &event, at)
}

/// The settings of a turn, under the names of Codex.
fn context(turn_id: &str, options: &ThreadOptions, at: Timestamp) -> Result<RolloutItem> {
    let mut context = Map::new();
    context.insert("turn_id".to_owned(), turn_id.into());
    let texts = [
        ("cwd", &options.cwd),
        ("model", &options.model),
        ("effort", &options.reasoning_effort),
        ("personality", &options.personality),
    ];
    let policies = [
        ("approval_policy", &options.approval_policy),
        ("sandbox_policy", &options.sandbox_policy),
    ];
    for (name, option) in texts {
        if let Edit::Set(text) = option {
            context.insert(name.to_owned(), text.as_deref().into());
        }
    }
    for (name, option) in policies {
        if let Edit::Set(policy) = option {
            context.insert(name.to_owned(), policy.clone().into());
        }
    }
    RolloutItem::new("turn_context", &Value::Object(context), at)
}

/// The end record. It repeats when the turn started: Codex, of a paginated thread, looks only here.
pub(crate) fn ended(
    turn_id: Option<&str>,
    started_at: Option<Timestamp>,
    outcome: &TurnOutcome,
    at: Timestamp,
) -> Result<RolloutItem> {
    let mut event = json!({
        "type": if *outcome == TurnOutcome::Interrupted { "turn_aborted" } else { "task_complete" },
        "turn_id": turn_id,
        "completed_at": at.as_millis().div_euclid(1000),
    });
    if let Some(started_at) = started_at {
        event["started_at"] = started_at.as_millis().div_euclid(1000).into();
        event["duration_ms"] = at.as_millis().saturating_sub(started_at.as_millis()).max(0).into();
    }
    match outcome {
        TurnOutcome::Completed => {}
        TurnOutcome::Interrupted => event["reason"] = "interrupted".into(),
        TurnOutcome::Failed(error) => event["error"] = failure(error),
    }
    RolloutItem::new("event_msg", &event, at)
}

/// Why a turn failed, under the names of Codex.
fn failure(error: &TurnError) -> Value {
    json!({
        "message": error.message,
        "codex_error_info": error.codex_error_info,
        "additional_details": error.additional_details,
    })
}

#[cfg(test)]
mod tests;
