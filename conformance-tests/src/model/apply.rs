//! Doing one operation on one of the two stores.

use std::collections::HashMap;

use serde_json::{Value, json};
use thread_store::{
    AppendItems, ChangedThreads, CreateThread, DeleteThread, Explain, ForkPoint, ForkThread,
    ForkedFrom, IfHeld, LoadHistory, Ordinal, OrdinalRange, ReadThread, ReleaseLease, ReleaseMode,
    Result, ResumeThread, RolloutItem, SessionSource, SetArchived, StoredThread, ThreadId,
    UpdateThreadMetadata,
};

use super::answer::Answer;
use super::edits::patch;
use super::lists::filter;
use super::side::{Side, to_json};
use super::step::{At, Lease, Load, Step, Thread, Time, With, items};

/// More pages than any history here has items: a store whose pages go in circles is told apart too.
const PAGES: usize = 256;

/// What the reference knew before a step: what *at the end* means, and the like.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) threads: HashMap<ThreadId, StoredThread>,
    /// The history of the thread that the step appends to.
    pub(super) history: Vec<RolloutItem>,
}

impl Known {
    pub(super) fn end(&self, thread_id: ThreadId) -> u64 {
        self.threads.get(&thread_id).map_or(0, |it| it.next_ordinal.get())
    }

    fn version(&self, thread_id: ThreadId) -> u64 {
        self.threads.get(&thread_id).map_or(1, |it| it.metadata_version)
    }

    fn spawn_parent(&self, thread_id: ThreadId) -> Option<ThreadId> {
        self.threads.get(&thread_id)?.spawn_parent()
    }
}

impl Side {
    pub(super) async fn apply(&mut self, step: &Step, known: &Known) -> Answer {
        match step {
            Step::Create(thread, with) => self.create(*thread, with).await,
            Step::Resume { thread, archived, refuse, holder } => {
                let if_held = if *refuse { IfHeld::Refuse } else { IfHeld::TakeOver };
                let resume = ResumeThread::new(thread.id(), holder.get())
                    .with_include_archived(*archived)
                    .with_if_held(if_held);
                self.resume(resume).await
            }
            Step::Append { lease, items: batch, at } => {
                self.append(*lease, items(batch), at, known).await
            }
            Step::AppendAgain { lease, back, plus } => {
                let back = usize::from(*back).min(known.history.len());
                let mut batch = known.history[known.history.len() - back..].to_vec();
                batch.extend(items(plus));
                self.append(*lease, batch, &At::Off(-(back as i8)), known).await
            }
            Step::Flush(lease) => self.flush(*lease).await,
            Step::Shutdown(lease) => self.release(*lease, ReleaseMode::Shutdown).await,
            Step::Discard(lease) => self.release(*lease, ReleaseMode::Discard).await,
            Step::Load(load) => self.load(load).await,
            Step::Read { thread, archived } => self.read(*thread, *archived).await,
            Step::List { list, turns } => self.list(list, turns).await,
            Step::Follow { bookmark, page_size, but, turns } => {
                self.follow(*bookmark, *page_size, but, turns).await
            }
            Step::Update { thread, archived, edits, expected, request } => {
                let version = known.version(thread.id());
                let update = UpdateThreadMetadata::new(thread.id(), patch(edits))
                    .with_include_archived(*archived)
                    .with_expected_version(
                        expected.map(|off| version.saturating_add_signed(off.into())),
                    )
                    .with_request_id(request.map(request_id));
                let updated = self.store.update_thread_metadata(update).await;
                self.say(updated, |side, thread| side.thread(&thread))
            }
            Step::SetArchived { thread, archived, descendants } => {
                let set = SetArchived::new(thread.id(), *archived).with_descendants(*descendants);
                let changed = self.store.set_archived(set).await;
                self.say(changed, |_, changed| changed_threads(&changed, known))
            }
            Step::Delete { thread, descendants } => {
                let delete = DeleteThread::new(thread.id()).with_descendants(*descendants);
                let changed = self.store.delete_thread(delete).await;
                self.say(changed, |_, changed| changed_threads(&changed, known))
            }
            Step::Fork { thread, new, at, archived, with } => {
                let fork = ForkThread::new(thread.id(), new.id())
                    .with_at(
                        at.map_or(ForkPoint::End, |at| ForkPoint::Before(Ordinal::new(at.into()))),
                    )
                    .with_include_archived(*archived);
                self.fork(fork, with).await
            }
            Step::Explain { thread, filter: parts } => {
                let explained = self.store.explain(Explain::new(thread.id(), filter(parts))).await;
                self.say(explained, |_, explanation| to_json(&explanation))
            }
            Step::View(view) => self.view(view).await,
            Step::Revert { lease, back, at } => self.take_back(*lease, *back, at, known).await,
            Step::Find(find) => self.find(find).await,
            Step::Reopen | Step::Tick(_) => Answer::nothing(),
        }
    }

    /// An answer, or the error in its place.
    pub(super) fn say<T>(
        &mut self,
        result: Result<T>,
        say: impl FnOnce(&mut Self, T) -> Value,
    ) -> Answer {
        match result {
            Ok(answer) => say(self, answer).into(),
            Err(error) => self.error(&error).into(),
        }
    }

    async fn create(&mut self, thread: Thread, with: &[With]) -> Answer {
        let create = CreateThread::new(thread.id()).with_created_at(self.default_time());
        let create = with.iter().fold(create, creation_with);
        let created = self.store.create_thread(create).await;
        self.say(created, |side, created| side.created(&created))
    }

    async fn fork(&mut self, fork: ForkThread, with: &[With]) -> Answer {
        let fork = fork.with_created_at(self.default_time());
        let forked = self.store.fork_thread(with.iter().fold(fork, fork_with)).await;
        self.say(forked, |side, created| side.created(&created))
    }

    /// Two clocks never agree: without a common one no time is left to the store.
    fn default_time(&self) -> Option<thread_store::Timestamp> {
        (!self.one_clock).then(|| Time(0).get())
    }

    async fn resume(&mut self, resume: ResumeThread) -> Answer {
        let resumed = self.store.resume_thread(resume).await;
        self.say(resumed, |side, resumed| {
            let lease = side.granted(&resumed.lease);
            json!({ "thread": side.thread(&resumed.thread), "lease": lease })
        })
    }

    async fn append(
        &mut self,
        lease: Lease,
        batch: Vec<RolloutItem>,
        at: &At,
        known: &Known,
    ) -> Answer {
        let Some(lease) = self.lease(lease) else {
            return Answer::nothing();
        };
        let expected = at.ordinal(known.end(lease.thread_id));
        let append = AppendItems::new(lease, batch).with_expected_ordinal(expected);
        let receipt = self.store.append_items(append).await;
        self.say(receipt, |_, receipt| to_json(&receipt))
    }

    pub(super) async fn flush(&mut self, lease: Lease) -> Answer {
        let Some(lease) = self.lease(lease) else {
            return Answer::nothing();
        };
        let flushed = self.store.flush_thread(lease).await;
        self.say(flushed, |_, ()| json!("flushed"))
    }

    async fn release(&mut self, lease: Lease, mode: ReleaseMode) -> Answer {
        let Some(lease) = self.lease(lease) else {
            return Answer::nothing();
        };
        let released = self.store.release_lease(ReleaseLease::new(lease, mode)).await;
        self.say(released, |_, ()| json!("released"))
    }

    /// The page, and all that are left of the range.
    async fn load(&mut self, load: &Load) -> Answer {
        let mut range = OrdinalRange::from(Ordinal::new(load.from.into()));
        range.to = load.to.map(|to| Ordinal::new(to.into()));
        let params = LoadHistory::new(load.thread.id())
            .with_include_archived(load.archived)
            .with_direction(load.direction)
            .with_limit(load.limit.map(usize::from))
            .with_strict(load.strict);
        let mut answer = Answer::nothing();
        let mut next = Some(range);
        for _ in 0..PAGES {
            let Some(range) = next else { break };
            let page = match self.store.load_history(params.clone().with_range(range)).await {
                Ok(page) => page,
                Err(error) => return answer.and(self.error(&error)),
            };
            let said = json!({ "next_ordinal": page.next_ordinal, "rest": page.rest, "count": page.items.len() });
            answer = answer.and(said).and_items(page.items.iter());
            next = page.rest;
        }
        answer
    }

    pub(super) async fn read(&mut self, thread: Thread, archived: bool) -> Answer {
        let read = ReadThread::new(thread.id()).with_include_archived(archived);
        let thread = self.store.read_thread(read).await;
        self.say(thread, |side, thread| side.thread(&thread))
    }
}

fn creation_with(create: CreateThread, with: &With) -> CreateThread {
    match with {
        With::Items(batch) => create.with_items(items(batch)),
        With::Source(source) => create.with_source(source.get()),
        With::Parent(parent) => {
            create.with_parent(parent.id()).with_forked_from(ForkedFrom::new(parent.id(), None))
        }
        With::SpawnedBy(parent) => {
            create.with_source(SessionSource::spawned_by(parent.id(), 1)).with_parent(parent.id())
        }
        With::CreatedAt(time) => create.with_created_at(time.get()),
        With::ArchivedAt(time) => create.with_archived_at(time.get()),
        With::Session(n) => create.with_session_id(format!("session {n}")),
        With::Lease(holder) => create.with_lease(holder.get()),
        With::Request(n) => create.with_request_id(request_id(*n)),
        With::Metadata(edits) => create.with_metadata(patch(edits)),
    }
}

fn fork_with(fork: ForkThread, with: &With) -> ForkThread {
    match with {
        With::Source(source) => fork.with_source(source.get()),
        With::CreatedAt(time) => fork.with_created_at(time.get()),
        With::Lease(holder) => fork.with_lease(holder.get()),
        With::Request(n) => fork.with_request_id(request_id(*n)),
        With::Metadata(edits) => fork.with_metadata(patch(edits)),
        _ => fork,
    }
}

fn request_id(n: u8) -> String {
    format!("request {n}")
}

/// Which threads, and that parents come before their children; the order is free otherwise.
fn changed_threads(changed: &ChangedThreads, known: &Known) -> Value {
    let ids = &changed.thread_ids;
    let place_of = |id| ids.iter().position(|it| *it == id);
    let parents_first = ids.iter().enumerate().skip(1).all(|(at, id)| {
        let parent = known.spawn_parent(*id).and_then(place_of);
        parent.is_none_or(|parent| parent < at)
    });
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    json!({ "changed": sorted, "first": ids.first(), "parents before children": parents_first })
}
