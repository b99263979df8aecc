//! A session that does what a plan says, with the model beside it.

use std::pin::pin;

use serde_json::json;
use thread_store::{
    AppendItems, AppendReceipt, BeginTurn, EndTurn, Error, LiveThread, Outcome, Result as Answer,
    ResumeLive, Retry, RevertTo, RolloutItem, ThreadMetadataPatch, ThreadOptions, ThreadStore as _,
    ThreadStoreExt as _, TurnOutcome,
};

use super::model::{END, Entry, MARKER, Model, beginning, mark};
use super::step::{Kind, Plan, Step};
use crate::support::{World, edited, event, said, start, taken_over, tokens, unavailable, user};

/// Why a test case fails.
type Verdict<T = ()> = Result<T, String>;

macro_rules! ensure {
    ($what:expr, $($reason:tt)+) => {
        if !$what {
            return Err(format!($($reason)+));
        }
    };
}

pub(super) struct Session {
    world: World,
    live: Option<LiveThread>,
    model: Model,
    /// Why every call has to fail, if it has.
    over: Option<Over>,
    /// Whether the session was told, so that it stays so.
    is_told: bool,
    /// A call that closes the thread may have been done.
    maybe_closed: bool,
    /// The last append, if nobody knows whether it was done: its place in the model.
    doubt: Option<(usize, Vec<RolloutItem>)>,
    count: u64,
    /// When the last touch went out with an append.
    touched_at: Option<i64>,
}

/// Why every call fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Over {
    Closed,
    Fenced,
    Deleted,
}

impl Over {
    fn code(self) -> &'static str {
        match self {
            Self::Closed => "conflict.closed",
            Self::Fenced => "conflict.fenced",
            Self::Deleted => "not_found",
        }
    }
}

/// What came of a call.
enum Done<T> {
    /// It was answered.
    Yes(T),
    /// Certainly not.
    No,
    /// Nobody knows.
    Maybe,
}

impl Session {
    pub(super) fn new() -> Self {
        Self {
            world: World::new(),
            live: None,
            model: Model::new(),
            over: None,
            is_told: false,
            maybe_closed: false,
            doubt: None,
            count: 0,
            touched_at: None,
        }
    }

    pub(super) async fn take(&mut self, plan: &Plan) -> Verdict {
        self.world.store.heal();
        self.world.store.pause(usize::from(plan.polls.is_some()) * 2);
        if let Some((after, fault, times)) = plan.fault {
            (after..after + times).for_each(|call| self.world.store.fail(call, fault));
        }
        let calls = self.world.store.call_count();
        self.make(plan).await?;
        if matches!(plan.step, Step::Append(_) | Step::BeginTurn | Step::EndTurn) {
            self.check_touches(calls)?;
        }
        self.check().await
    }

    /// All faults are over: a last session finds and derives everything.
    pub(super) async fn end(&mut self) -> Verdict {
        self.world.store.heal();
        self.world.store.pause(0);
        if self.world.store.inner.thread(self.world.id).await.is_err() {
            return Ok(());
        }
        if let Some(live) = self.live.take()
            && self.over.is_none()
            && !self.maybe_closed
        {
            live.shutdown().await.map_err(|error| format!("the last shutdown: {error}"))?;
            ensure!(self.world.is_free().await, "a lease is left behind");
            self.check().await?;
        }
        let live = self.resumed().await.map_err(|error| format!("the last resume: {error}"))?;
        live.persist().await.map_err(|error| format!("the last persist: {error}"))?;
        self.check().await?;
        self.check_derived().await
    }

    async fn make(&mut self, plan: &Plan) -> Verdict {
        if self.make_elsewhere(plan).await? {
            return Ok(());
        }
        let Some(live) = self.live.clone() else { return Ok(()) };
        match &plan.step {
            Step::Append(kinds) => self.append(&live, kinds, plan.polls).await,
            Step::Repeat => self.repeat(&live, plan.polls).await,
            Step::Persist => self.persist(&live, plan.polls).await,
            Step::Flush => self.done(live.flush(), plan.polls, false).await.map(drop),
            Step::Check => self.done(live.check(), plan.polls, false).await.map(drop),
            Step::Rename(name) => self.rename(&live, *name, plan.polls).await,
            Step::SetOptions(model) => self.set_options(&live, *model, plan.polls).await,
            Step::BeginTurn => self.begin_turn(&live, plan.polls).await,
            Step::EndTurn => self.end_turn(&live, plan.polls).await,
            Step::Revert(turns) => self.revert(&live, *turns, plan.polls).await,
            Step::Shutdown => self.shutdown(&live, plan.polls).await,
            Step::Discard => self.discard(&live, plan.polls).await,
            _ => Ok(()),
        }
    }

    // ---- What others do --------------------------------------------------------------------

    async fn make_elsewhere(&mut self, plan: &Plan) -> Verdict<bool> {
        match &plan.step {
            Step::Crash => self.live = None,
            Step::Open => self.open(plan.polls).await?,
            Step::Wait(millis) => self.world.clock.advance_millis(*millis),
            _ if self.world.store.inner.thread(self.world.id).await.is_err() => return Ok(false),
            Step::TakeOver => self.take_over().await,
            Step::Archive => {
                let archived = self.world.store.inner.archive_thread(self.world.id).await.unwrap();
                if !archived.thread_ids.is_empty() {
                    self.lose(Over::Fenced).await;
                }
            }
            Step::Delete => self.delete().await,
            Step::RenameElsewhere(name) => {
                let name = format!("name {name}");
                edited(&self.world, ThreadMetadataPatch::default().name(name.clone())).await;
                self.model.names = vec![Some(name)];
            }
            Step::PreviewElsewhere => {
                self.count += 1;
                let text = format!("preview {}", self.count);
                edited(&self.world, ThreadMetadataPatch::default().preview(text.clone())).await;
                self.model.preview = Some(text);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Another session, after the one before ended or died.
    async fn open(&mut self, polls: Option<usize>) -> Verdict {
        let stored = self.world.store.inner.thread(self.world.id).await.is_ok();
        if stored {
            self.live = None;
            match polled(self.resumed(), polls).await {
                Some(Ok(live)) => self.live = Some(live),
                Some(Err(error)) => ensure!(unavailable(&error).is_some(), "resume: {error}"),
                None => {}
            }
        } else if self.live.is_none() || self.over.is_some() {
            self.model = Model::new();
            let config = self.world.config().with_retry(Retry::default().with_attempts(2));
            self.live = Some(start(&self.world, config));
        } else {
            return Ok(());
        }
        (self.over, self.is_told, self.maybe_closed) = (None, false, false);
        (self.doubt, self.touched_at) = (None, None);
        Ok(())
    }

    async fn resumed(&self) -> Answer<LiveThread> {
        let resume = ResumeLive::new(self.world.id).with_include_archived(true);
        let config = self.world.config().with_retry(Retry::default().with_attempts(2));
        LiveThread::resume(self.world.store.clone() as _, resume, config).await
    }

    async fn take_over(&mut self) {
        self.lose(Over::Fenced).await;
        let lease = taken_over(&self.world).await;
        let items = vec![self.item(Kind::Tokens), self.item(Kind::Said)];
        self.model.entries.push(Entry::new(items.iter().map(mark).collect(), true));
        self.world.store.inner.append_items(AppendItems::new(lease, items)).await.unwrap();
    }

    async fn delete(&mut self) {
        self.lose(Over::Deleted).await;
        self.world.store.inner.delete_thread(self.world.id.into()).await.unwrap();
        self.model = Model { touched: true, ..Model::new() };
    }

    /// The session loses the thread. One that does not know yet whether it made it would make it, or
    /// take it, again: it dies.
    async fn lose(&mut self, over: Over) {
        match &self.live {
            Some(live) if !live.is_started() => self.live = None,
            Some(_) if !self.is_told => self.over = Some(over),
            _ => {}
        }
        self.doubt = None;
    }

    // ---- What the session does ---------------------------------------------------------------

    fn item(&mut self, kind: Kind) -> RolloutItem {
        self.count += 1;
        let (number, now) = (self.count, self.world.now());
        match kind {
            Kind::Said => said(&number.to_string(), now),
            Kind::User => user(&format!("message {number}"), now),
            Kind::Tokens => tokens(number, now),
            Kind::Dropped => event(&json!({"type": "agent_message_delta", "delta": number}), now),
        }
    }

    /// What came of a call, after a check that it may fail the way it did.
    async fn done<T>(
        &mut self,
        call: impl Future<Output = Answer<T>>,
        polls: Option<usize>,
        may_refuse: bool,
    ) -> Verdict<Done<T>> {
        let Some(answer) = polled(call, polls).await else { return Ok(Done::Maybe) };
        let error = match answer {
            Ok(answer) => {
                let over = self.over.map(Over::code);
                ensure!(over.is_none(), "answered, though it is over: {over:?}");
                return Ok(Done::Yes(answer));
            }
            Err(error) => error,
        };
        match unavailable(&error) {
            Some(Outcome::Unknown) => Ok(Done::Maybe),
            Some(Outcome::NothingDone) => Ok(Done::No),
            None if may_refuse && error.code() == "invalid_request" => Ok(Done::No),
            None => self.failed(&error).map(|()| Done::No),
        }
    }

    fn failed(&mut self, error: &Error) -> Verdict {
        if !self.is_told && self.maybe_closed && error.code() == Over::Closed.code() {
            self.over = Some(Over::Closed);
        }
        let over = self.over.map(Over::code);
        ensure!(over == Some(error.code()), "{error}, expected {over:?}");
        self.is_told = true;
        Ok(())
    }

    /// Notes what a write came to, and answers its place in the model.
    fn wrote<T>(&mut self, done: &Done<T>, marks: Vec<String>) -> Option<usize> {
        let certain = match done {
            Done::Yes(_) => true,
            Done::Maybe => false,
            Done::No => return None,
        };
        self.model.touched = true;
        let mut entry = Entry::new(marks, certain);
        let same = |before: &Entry| !before.certain && before.marks == entry.marks;
        if let Some(before) = self.model.entries.iter().position(same).filter(|_| certain) {
            (entry.certain, entry.or) = (false, Some(before));
        }
        self.model.entries.push(entry);
        Some(self.model.entries.len() - 1)
    }

    async fn append(&mut self, live: &LiveThread, kinds: &[Kind], polls: Option<usize>) -> Verdict {
        let items: Vec<_> = kinds.iter().map(|kind| self.item(*kind)).collect();
        let is_kept = |(_, kind): &(&RolloutItem, &Kind)| !matches!(kind, Kind::Dropped);
        let kept: Vec<_> =
            items.iter().zip(kinds).filter(is_kept).map(|(item, _)| item.clone()).collect();
        if kept.is_empty() {
            // Nothing is asked of the store.
            let _ = polled(live.append_items(items), polls).await;
            return Ok(());
        }
        let done = self.done(live.append_items(items), polls, false).await?;
        if let Done::Yes(receipt) = &done {
            self.check_receipt(receipt, &kept).await?;
        }
        let marks = kept.iter().map(mark).collect();
        match (self.wrote(&done, marks), done) {
            (_, Done::No) => {}
            (_, Done::Yes(_)) => self.doubt = None,
            (place, Done::Maybe) => self.doubt = place.map(|place| (place, kept)),
        }
        Ok(())
    }

    async fn repeat(&mut self, live: &LiveThread, polls: Option<usize>) -> Verdict {
        let Some((place, items)) = self.doubt.clone() else { return Ok(()) };
        let done = self.done(live.append_items(items.clone()), polls, false).await?;
        if let Done::Yes(receipt) = done {
            self.check_receipt(&receipt, &items).await?;
            self.model.entries[place].certain = true;
            self.doubt = None;
        }
        Ok(())
    }

    async fn check_receipt(&self, receipt: &AppendReceipt, items: &[RolloutItem]) -> Verdict {
        let range = receipt.first.get() as usize..receipt.next.get() as usize;
        let stored = self.world.items().await;
        ensure!(stored.get(range) == Some(items), "other items stand at {receipt:?}");
        Ok(())
    }

    async fn persist(&mut self, live: &LiveThread, polls: Option<usize>) -> Verdict {
        let done = self.done(live.persist(), polls, false).await?;
        self.model.touched |= !matches!(done, Done::No);
        Ok(())
    }

    async fn rename(&mut self, live: &LiveThread, name: u8, polls: Option<usize>) -> Verdict {
        let name = format!("name {name}");
        let patch = ThreadMetadataPatch::default().name(name.clone());
        match self.done(live.update_metadata(patch), polls, false).await? {
            Done::Yes(_) => self.model.names = vec![Some(name)],
            Done::Maybe => self.model.names.push(Some(name)),
            Done::No => return Ok(()),
        }
        self.model.touched = true;
        Ok(())
    }

    async fn set_options(&mut self, live: &LiveThread, model: u8, polls: Option<usize>) -> Verdict {
        let options = ThreadOptions::default().model(format!("model {model}"));
        self.done(live.set_options(options), polls, false).await.map(drop)
    }

    async fn begin_turn(&mut self, live: &LiveThread, polls: Option<usize>) -> Verdict {
        self.count += 1;
        let turn_id = format!("turn-{}", self.count);
        let begin = BeginTurn::new().with_turn_id(turn_id.clone());
        let done = self.done(live.begin_turn(begin), polls, true).await?;
        if self.wrote(&done, beginning(&turn_id)).is_some() {
            self.model.begun.push(self.world.now());
            self.doubt = None;
        }
        Ok(())
    }

    async fn end_turn(&mut self, live: &LiveThread, polls: Option<usize>) -> Verdict {
        let end = EndTurn::new(TurnOutcome::Completed);
        let done = self.done(live.end_turn(end), polls, true).await?;
        self.doubt = self.doubt.take_if(|_| matches!(done, Done::No));
        self.wrote(&done, vec![END.to_owned()]);
        Ok(())
    }

    async fn revert(&mut self, live: &LiveThread, turns: u64, polls: Option<usize>) -> Verdict {
        let done = self.done(live.revert(RevertTo::LastTurns(turns)), polls, true).await?;
        self.doubt = self.doubt.take_if(|_| matches!(done, Done::No));
        self.wrote(&done, vec![MARKER.to_owned()]);
        Ok(())
    }

    async fn shutdown(&mut self, live: &LiveThread, polls: Option<usize>) -> Verdict {
        if self.over == Some(Over::Closed) {
            let _ = polled(live.shutdown(), polls).await;
            return Ok(());
        }
        match self.done(live.shutdown(), polls, false).await? {
            Done::Yes(()) => (self.over, self.is_told) = (Some(Over::Closed), true),
            Done::Maybe => self.maybe_closed = true,
            Done::No => {}
        }
        Ok(())
    }

    async fn discard(&mut self, live: &LiveThread, polls: Option<usize>) -> Verdict {
        match polled(live.discard(), polls).await {
            // One that was told that it is over was closed before.
            Some(Ok(())) if !self.is_told => (self.over, self.is_told) = (Some(Over::Closed), true),
            Some(Ok(())) => {}
            Some(Err(error)) => {
                ensure!(unavailable(&error).is_some(), "discard: {error}");
                self.maybe_closed = true;
            }
            None => self.maybe_closed = true,
        }
        Ok(())
    }

    // ---- What must hold ------------------------------------------------------------------------

    async fn check(&mut self) -> Verdict {
        let Ok(thread) = self.world.store.inner.thread(self.world.id).await else {
            let certain = self.model.entries.iter().any(|entry| entry.certain);
            ensure!(!certain, "what was answered is not stored");
            return Ok(());
        };
        ensure!(self.model.touched, "stored before anything was written");
        let history: Vec<_> = self.world.items().await.iter().map(mark).collect();
        let entries = &self.model.entries;
        ensure!(self.model.allows(&history), "stored {history:#?}, expected {entries:#?}");
        let metadata = &thread.metadata;
        let (name, names) = (&metadata.name, &self.model.names);
        ensure!(names.contains(name), "the name is {name:?}, expected {names:?}");
        let fixed = self.model.preview.is_none() || metadata.preview == self.model.preview;
        ensure!(fixed, "the preview is {:?}", metadata.preview);
        let (before, after) = (self.model.updated_at, metadata.updated_at);
        ensure!(before <= after, "updated_at went back from {before} to {after}");
        self.model.updated_at = after;
        self.check_recency(&thread).await
    }

    /// Before any turn is recorded, messages of the user stand for turns.
    async fn check_recency(&self, thread: &thread_store::StoredThread) -> Verdict {
        let at = thread.metadata.recency_at;
        let is_user = |item: &RolloutItem| item.text().contains("user_message");
        let mut items = self.world.items().await.into_iter().filter(is_user);
        let known = at == thread.identity.created_at
            || self.model.begun.contains(&at)
            || items.any(|item| item.timestamp() == Some(at));
        ensure!(known, "recency moved to {at}");
        Ok(())
    }

    fn check_touches(&mut self, calls: usize) -> Verdict {
        let touches = self.world.store.calls().split_off(calls);
        let touches = touches.iter().filter(|call| call.is_touch()).count();
        ensure!(touches <= 1, "{touches} touches in one call");
        if touches == 1 {
            let now = self.world.now().as_millis();
            let waited = self.touched_at.is_none_or(|before| now - before >= 5000);
            ensure!(waited, "two touches within 5 s");
            self.touched_at = Some(now);
        }
        Ok(())
    }

    async fn check_derived(&self) -> Verdict {
        let thread = self.world.thread().await;
        let replayed = self.world.replayed().await;
        let said = replayed.patch();
        let metadata = &thread.metadata;
        let title = said.title.value().cloned().flatten();
        ensure!(metadata.title == title, "title {:?}, replayed {title:?}", metadata.title);
        let first = said.first_user_message.value().cloned().flatten();
        ensure!(metadata.first_user_message == first, "first message, replayed {first:?}");
        let usage = said.token_usage.value().cloned().flatten();
        ensure!(
            metadata.token_usage == usage,
            "tokens {:?}, replayed {usage:?}",
            metadata.token_usage
        );
        let latest = said.updated_at.value();
        ensure!(latest.is_none_or(|at| *at <= metadata.updated_at), "updated before {latest:?}");
        Ok(())
    }
}

/// The answer of a call; none if it was dropped before, after so many polls.
async fn polled<T>(call: impl Future<Output = T>, polls: Option<usize>) -> Option<T> {
    let Some(polls) = polls else { return Some(call.await) };
    let mut call = pin!(call);
    for _ in 0..polls {
        if let std::task::Poll::Ready(answer) = futures::poll!(call.as_mut()) {
            return Some(answer);
        }
        tokio::task::yield_now().await;
    }
    None
}
