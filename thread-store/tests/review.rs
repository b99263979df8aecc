//! Suspected bugs, each as a test that states what should hold.

#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs, dead_code)]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use thread_store::*;
use thread_store_memory::MemoryStore;
use tokio::sync::Semaphore;

#[derive(Clone, Debug)]
enum Act {
    /// Done; the answer is lost.
    AnswerLost,
    /// Not done, and nobody knows.
    RequestLost,
    /// Not done, internal error.
    Internal,
    /// Not done, and says so.
    Refused,
    /// Done; answers when let.
    AnswersWhenLet(Arc<Semaphore>),
}

#[derive(Debug)]
struct Scripted {
    inner: MemoryStore,
    script: Mutex<VecDeque<(Operation, Act)>>,
}

impl Scripted {
    fn new(inner: MemoryStore) -> Arc<Self> {
        Arc::new(Self { inner, script: Mutex::default() })
    }
    fn then(&self, operation: Operation, act: Act) {
        self.script.lock().unwrap().push_back((operation, act));
    }
    async fn call<T>(
        &self,
        op: Operation,
        work: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        let act = {
            let mut script = self.script.lock().unwrap();
            let at = script.iter().position(|(planned, _)| *planned == op);
            at.and_then(|at| script.remove(at)).map(|(_, act)| act)
        };
        match act {
            None => work.await,
            Some(Act::AnswerLost) => {
                work.await?;
                Err(Error::unavailable(Outcome::Unknown))
            }
            Some(Act::RequestLost) => Err(Error::unavailable(Outcome::Unknown)),
            Some(Act::Refused) => Err(Error::unavailable(Outcome::NothingDone)),
            Some(Act::Internal) => Err(Error::internal("broken for a moment")),
            Some(Act::AnswersWhenLet(gate)) => {
                let answer = work.await;
                gate.acquire().await.unwrap().forget();
                answer
            }
        }
    }
}

#[async_trait]
impl ThreadStore for Scripted {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }
    async fn create_thread(&self, p: CreateThread) -> Result<CreatedThread> {
        self.call(Operation::CreateThread, self.inner.create_thread(p)).await
    }
    async fn resume_thread(&self, p: ResumeThread) -> Result<ResumedThread> {
        self.call(Operation::ResumeThread, self.inner.resume_thread(p)).await
    }
    async fn append_items(&self, p: AppendItems) -> Result<AppendReceipt> {
        if p.items.is_empty() {
            return self.inner.append_items(p).await;
        }
        self.call(Operation::AppendItems, self.inner.append_items(p)).await
    }
    async fn flush_thread(&self, lease: WriterLease) -> Result<()> {
        self.call(Operation::FlushThread, self.inner.flush_thread(lease)).await
    }
    async fn release_lease(&self, p: ReleaseLease) -> Result<()> {
        self.call(Operation::ReleaseLease, self.inner.release_lease(p)).await
    }
    async fn load_history(&self, p: LoadHistory) -> Result<HistoryPage> {
        self.call(Operation::LoadHistory, self.inner.load_history(p)).await
    }
    async fn read_thread(&self, p: ReadThread) -> Result<StoredThread> {
        self.call(Operation::ReadThread, self.inner.read_thread(p)).await
    }
    async fn list_threads(&self, p: ListThreads) -> Result<ThreadPage> {
        self.call(Operation::ListThreads, self.inner.list_threads(p)).await
    }
    async fn update_thread_metadata(&self, p: UpdateThreadMetadata) -> Result<StoredThread> {
        self.call(Operation::UpdateThreadMetadata, self.inner.update_thread_metadata(p)).await
    }
    async fn set_archived(&self, p: SetArchived) -> Result<ChangedThreads> {
        self.call(Operation::SetArchived, self.inner.set_archived(p)).await
    }
    async fn delete_thread(&self, p: DeleteThread) -> Result<ChangedThreads> {
        self.call(Operation::DeleteThread, self.inner.delete_thread(p)).await
    }
}

struct World {
    store: Arc<Scripted>,
    clock: ManualClock,
    id: ThreadId,
}

impl World {
    fn new() -> Self {
        let at = Timestamp::from_millis(1_795_192_420_000);
        let clock = ManualClock::new(at);
        let store = Scripted::new(MemoryStore::with_clock(Arc::new(clock.clone())));
        Self { store, clock, id: ThreadId::generate() }
    }
    fn dyn_store(&self) -> Arc<dyn ThreadStore> {
        Arc::clone(&self.store) as _
    }
    fn config(&self) -> LiveConfig {
        LiveConfig::new(Holder::new("session")).with_clock(Arc::new(self.clock.clone()))
    }
    fn impatient(&self) -> LiveConfig {
        self.config().with_retry(Retry::never())
    }
    fn start(&self, config: LiveConfig) -> LiveThread {
        LiveThread::start(self.dyn_store(), StartThread::new(self.id), config)
    }
    async fn resume(&self) -> LiveThread {
        LiveThread::resume(self.dyn_store(), ResumeLive::new(self.id), self.config()).await.unwrap()
    }
    fn item(&self, payload: serde_json::Value) -> RolloutItem {
        RolloutItem::new("event_msg", &payload, self.clock.now()).unwrap()
    }
    fn user(&self, text: &str) -> RolloutItem {
        self.item(json!({"type": "user_message", "message": text}))
    }
    fn named(&self, name: &str) -> RolloutItem {
        self.item(json!({"type": "thread_name_updated", "thread_name": name}))
    }
    fn tokens(&self, total: u64) -> RolloutItem {
        let usage = json!({"input_tokens": total, "cached_input_tokens": 0, "output_tokens": 0,
            "reasoning_output_tokens": 0, "total_tokens": total});
        self.item(json!({"type": "token_count", "info": {"total_token_usage": usage}}))
    }
    async fn count(&self) -> usize {
        self.store.inner.history(self.id).await.unwrap().len()
    }
    async fn name(&self) -> Option<String> {
        let read = ReadThread::new(self.id).with_include_archived(true);
        self.store.inner.read_thread(read).await.unwrap().metadata.name
    }
    fn manager(&self, config: impl FnOnce(ManagerConfig) -> ManagerConfig) -> ThreadManager {
        let base = ManagerConfig::new(Holder::new("server")).with_live(self.config());
        ThreadManager::new(self.dyn_store(), config(base))
    }
}

fn name_patch(name: &str) -> ThreadMetadataPatch {
    ThreadMetadataPatch::default().name(name.to_owned())
}

async fn settle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

async fn queued(events: &mut Subscriber) -> Vec<ThreadEvent> {
    settle().await;
    let mut all = Vec::new();
    while let Some(Some(event)) = futures::FutureExt::now_or_never(events.next()) {
        all.push(event);
    }
    all
}

fn kinds(events: &[ThreadEvent]) -> Vec<&'static str> {
    events.iter().map(ThreadEvent::kind).collect()
}

/// 1. An attempt of unknown outcome, then an internal error: what was in doubt is forgotten.
#[tokio::test(start_paused = true)]
async fn r01_an_append_of_unknown_outcome_stays_in_doubt_after_an_internal_error() {
    let w = World::new();
    let live = w.start(w.config());
    live.append_items(vec![w.user("Hello")]).await.unwrap();
    w.store.then(Operation::AppendItems, Act::AnswerLost);
    w.store.then(Operation::AppendItems, Act::Internal);
    let first = vec![w.user("one")];
    live.append_items(first).await.unwrap_err();
    live.append_items(vec![w.user("two")]).await.expect("the thread is still this session's");
}

/// 2. A clone's append in between makes the session forget an unanswered one.
#[tokio::test(start_paused = true)]
async fn r02_an_append_in_doubt_that_another_append_settled_is_recognised_when_repeated() {
    let w = World::new();
    let live = w.start(w.impatient());
    live.append_items(vec![w.user("Hello")]).await.unwrap();
    let one = vec![w.user("one")];
    w.store.then(Operation::AppendItems, Act::AnswerLost);
    live.append_items(one.clone()).await.unwrap_err();
    live.clone().append_items(vec![w.user("two")]).await.unwrap();
    live.append_items(one).await.unwrap();
    assert_eq!(w.count().await, 3);
}

/// 3. A session that lost the thread moves `observed_to` back in the record of the new one.
#[tokio::test(start_paused = true)]
async fn r03_a_session_that_lost_the_thread_edits_nothing() {
    let w = World::new();
    w.store.create_thread(CreateThread::new(w.id)).await.unwrap();
    let old = w.resume().await;
    let new = w.resume().await;
    w.clock.advance_millis(1000);
    new.append_items(vec![w.named("from an item")]).await.unwrap();
    w.clock.advance_millis(1000);
    new.update_metadata(name_patch("by a person")).await.unwrap();
    new.shutdown().await.unwrap();
    let before = w.store.inner.thread(w.id).await.unwrap();
    old.append_items(vec![w.user("late")]).await.unwrap_err();
    let after = w.store.inner.thread(w.id).await.unwrap();
    let next = w.resume().await;
    next.append_items(vec![w.user("more")]).await.unwrap();
    next.shutdown().await.unwrap();
    assert_eq!(w.name().await.as_deref(), Some("by a person"));
    assert_eq!(before.metadata.observed_to, after.metadata.observed_to);
}

/// 4. Items that tell nothing new do not move `observed_to`; after a later edit they are observed anew.
#[tokio::test(start_paused = true)]
async fn r04_what_was_observed_is_not_observed_again_after_a_clean_shutdown() {
    let w = World::new();
    let live = w.start(w.config());
    live.append_items(vec![w.user("Hello")]).await.unwrap();
    live.update_metadata(name_patch("A")).await.unwrap();
    // As Codex records it; in the same millisecond, or with a clock that was put back.
    live.append_items(vec![w.named("A")]).await.unwrap();
    w.clock.advance_millis(60_000);
    live.update_metadata(name_patch("B")).await.unwrap();
    live.shutdown().await.unwrap();
    let live = w.resume().await;
    live.append_items(vec![w.user("more")]).await.unwrap();
    assert_eq!(w.name().await.as_deref(), Some("B"));
}

/// 5. A rename after a crash is overwritten by what an older item said.
#[tokio::test(start_paused = true)]
async fn r05_a_name_given_after_a_crash_is_not_overwritten_by_catching_up() {
    let w = World::new();
    let live = w.start(w.impatient());
    live.append_items(vec![w.user("Hello")]).await.unwrap();
    w.clock.advance_millis(1000);
    w.store.then(Operation::UpdateThreadMetadata, Act::Refused);
    live.append_items(vec![w.named("from an item")]).await.unwrap();
    drop(live); // the process dies
    w.clock.advance_millis(1000);
    let manager = w.manager(|c| c);
    manager.rename(w.id, Some("by a person")).await.unwrap();
    let live = w.resume().await;
    live.append_items(vec![w.user("more")]).await.unwrap();
    assert_eq!(w.name().await.as_deref(), Some("by a person"));
}

/// 6. The answer to the archiving is lost once: nobody is told, and the thread stays loaded.
#[tokio::test(start_paused = true)]
async fn r06_an_archiving_whose_answer_was_lost_once_is_told() {
    let w = World::new();
    let manager = w.manager(|c| c);
    let mut events = manager.subscriber();
    events.follow_all();
    let thread = manager.start(StartThread::new(w.id)).await.unwrap();
    thread.live().append_items(vec![w.user("Hello")]).await.unwrap();
    queued(&mut events).await;
    w.store.then(Operation::SetArchived, Act::AnswerLost);
    manager.archive(w.id).await.unwrap();
    let told = kinds(&queued(&mut events).await);
    assert_eq!(told, ["status_changed", "archived", "closed"]);
    assert_eq!(manager.status(w.id), ThreadStatus::NotLoaded);
}

/// 7. The same for deleting.
#[tokio::test(start_paused = true)]
async fn r07_a_deletion_whose_answer_was_lost_once_succeeds_and_is_told() {
    let w = World::new();
    let manager = w.manager(|c| c);
    let mut events = manager.subscriber();
    events.follow_all();
    let thread = manager.start(StartThread::new(w.id)).await.unwrap();
    thread.live().append_items(vec![w.user("Hello")]).await.unwrap();
    queued(&mut events).await;
    w.store.then(Operation::DeleteThread, Act::AnswerLost);
    let deleted = manager.delete(w.id).await;
    let told = kinds(&queued(&mut events).await);
    assert_eq!(told, ["status_changed", "deleted", "closed"], "{deleted:?}");
    deleted.unwrap();
}

/// 8. A polite resume whose answer was lost once finds the lease held by itself.
#[tokio::test(start_paused = true)]
async fn r08_a_polite_resume_whose_answer_was_lost_once_is_not_refused_by_itself() {
    let w = World::new();
    w.store.create_thread(CreateThread::new(w.id)).await.unwrap();
    w.store.then(Operation::ResumeThread, Act::AnswerLost);
    let polite = ResumeLive::new(w.id).with_if_held(IfHeld::Refuse);
    let resumed = LiveThread::resume(w.dyn_store(), polite, w.config()).await;
    resumed.expect("nobody else has it");
}

/// 9. A thread that is being resumed while all are shut down is loaded afterwards.
#[tokio::test(start_paused = true)]
async fn r09_nothing_is_loaded_after_a_complete_shutdown() {
    let w = World::new();
    w.store.create_thread(CreateThread::new(w.id)).await.unwrap();
    let manager = w.manager(|c| c);
    let gate = Arc::new(Semaphore::new(0));
    w.store.then(Operation::ResumeThread, Act::AnswersWhenLet(gate.clone()));
    let resuming = tokio::spawn({
        let (manager, id) = (manager.clone(), w.id);
        async move { manager.resume(ResumeLive::new(id)).await.map(drop) }
    });
    settle().await;
    let report = manager.shutdown(Duration::from_secs(5)).await;
    gate.add_permits(1);
    let resumed = resuming.await.unwrap();
    let left = manager.loaded(None, 10).unwrap().thread_ids;
    assert!(
        left.is_empty() || !report.is_complete(),
        "{report:?}, then {resumed:?}, and loaded: {left:?}"
    );
}

/// 10. An earlier leave counts for a later one.
#[tokio::test(start_paused = true)]
async fn r10_a_thread_stays_loaded_for_the_whole_time_after_the_last_has_left() {
    let w = World::new();
    let manager = w.manager(|c| c.with_unload_after(Duration::from_secs(60)));
    manager.start(StartThread::new(w.id)).await.unwrap();
    let one = manager.subscriber();
    manager.subscribe(one.id(), w.id).unwrap();
    manager.unsubscribe(one.id(), w.id);
    tokio::time::sleep(Duration::from_secs(10)).await;
    manager.subscribe(one.id(), w.id).unwrap();
    tokio::time::sleep(Duration::from_secs(45)).await;
    manager.unsubscribe(one.id(), w.id);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(manager.status(w.id), ThreadStatus::Idle);
}

/// 11. A thread whose agent failed after everyone had left is never unloaded.
#[tokio::test(start_paused = true)]
async fn r11_a_thread_whose_agent_failed_is_unloaded_too() {
    let w = World::new();
    let manager = w.manager(|c| c);
    let thread = manager.start(StartThread::new(w.id)).await.unwrap();
    let one = manager.subscriber();
    manager.subscribe(one.id(), w.id).unwrap();
    thread.live().begin_turn(BeginTurn::new()).await.unwrap();
    drop(one);
    tokio::time::sleep(Duration::from_secs(10)).await;
    thread.set_system_error(true);
    thread.live().end_turn(EndTurn::new(TurnOutcome::Completed)).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(manager.status(w.id), ThreadStatus::NotLoaded);
}

#[derive(Debug)]
struct Summary;

#[async_trait]
impl Compactor for Summary {
    async fn compact(
        &self,
        _: ModelContext,
        _: &CompactionReporter,
    ) -> Result<Compaction, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Compaction::new("summary", vec![]))
    }
}

/// 12. A compaction that failed, and said so, is written by the next append.
#[tokio::test(start_paused = true)]
async fn r12_a_compaction_that_failed_leaves_the_history_as_it_was() {
    let w = World::new();
    let manager = w.manager(|c| c.with_compactor(Arc::new(Summary)).with_live(w.impatient()));
    let thread = manager.start(StartThread::new(w.id)).await.unwrap();
    thread.live().append_items(vec![w.user("Hello")]).await.unwrap();
    let mut events = manager.subscriber();
    events.follow_all();
    w.store.then(Operation::AppendItems, Act::RequestLost);
    manager.compact(w.id).await.unwrap_err();
    let told = queued(&mut events).await;
    assert!(told.iter().any(|event| matches!(
        event,
        ThreadEvent::Compaction { progress: CompactionProgress::Failed { .. }, .. }
    )));
    thread.live().append_items(vec![w.user("more")]).await.unwrap();
    assert_eq!(w.count().await, 2);
}

/// 13. An explicit edit with an expected version, repeated after another call had settled it.
#[tokio::test(start_paused = true)]
async fn r13_an_edit_with_a_version_that_another_call_settled_is_recognised_when_repeated() {
    for with_request_id in [false, true] {
        let w = World::new();
        let live = w.start(w.impatient());
        live.append_items(vec![w.user("Hello")]).await.unwrap();
        let version = live.thread().await.unwrap().metadata_version;
        let mut edit =
            UpdateThreadMetadata::new(w.id, name_patch("A")).with_expected_version(version);
        if with_request_id {
            edit = edit.with_request_id("mine".to_owned());
        }
        w.store.then(Operation::UpdateThreadMetadata, Act::AnswerLost);
        live.update_thread_metadata(edit.clone()).await.unwrap_err();
        if with_request_id {
            live.append_items(vec![w.tokens(5)]).await.unwrap();
        } else {
            live.flush().await.unwrap();
        }
        live.update_thread_metadata(edit).await.expect("it is our own edit");
    }
}

/// 14. A turn that ends while turns are listed is told as interrupted.
#[tokio::test(start_paused = true)]
async fn r14_a_turn_that_completes_while_it_is_listed_was_not_interrupted() {
    let w = World::new();
    let manager = w.manager(|c| c);
    let thread = manager.start(StartThread::new(w.id)).await.unwrap();
    let begin = BeginTurn::new().with_items(vec![w.user("Hello")]);
    thread.live().begin_turn(begin).await.unwrap();
    let gate = Arc::new(Semaphore::new(0));
    w.store.then(Operation::LoadHistory, Act::AnswersWhenLet(gate.clone()));
    let listing = tokio::spawn({
        let (manager, id) = (manager.clone(), w.id);
        async move { manager.list_turns(ListTurns::new(id)).await.unwrap() }
    });
    settle().await;
    thread.live().end_turn(EndTurn::new(TurnOutcome::Completed)).await.unwrap();
    gate.add_permits(100);
    let page = listing.await.unwrap();
    assert_ne!(page.turns[0].status, TurnStatus::Interrupted);
}

/// 15. A child that is being resumed while its parent is archived is loaded and lost.
#[tokio::test(start_paused = true)]
async fn r15_a_child_resumed_while_its_parent_is_archived_is_not_left_loaded() {
    let w = World::new();
    let child = ThreadId::generate();
    w.store.create_thread(CreateThread::new(w.id)).await.unwrap();
    let spawned =
        CreateThread::new(child).with_parent(w.id).with_source(SessionSource::spawned_by(w.id, 1));
    w.store.create_thread(spawned).await.unwrap();
    let manager = w.manager(|c| c);
    let mut events = manager.subscriber();
    events.follow_all();
    let gate = Arc::new(Semaphore::new(0));
    w.store.then(Operation::ResumeThread, Act::AnswersWhenLet(gate.clone()));
    let resuming = tokio::spawn({
        let manager = manager.clone();
        async move { manager.resume(ResumeLive::new(child)).await.map(drop) }
    });
    settle().await;
    manager.archive(w.id).await.unwrap();
    gate.add_permits(1);
    let resumed = resuming.await.unwrap();
    let told = kinds(&queued(&mut events).await);
    assert_eq!(manager.status(child), ThreadStatus::NotLoaded, "{resumed:?} {told:?}");
}

/// 16. A child that is started and not stored outlives the deletion of its parent.
#[tokio::test(start_paused = true)]
async fn r16_a_child_that_is_not_stored_goes_with_its_parent() {
    let w = World::new();
    let manager = w.manager(|c| c);
    let parent = manager.start(StartThread::new(w.id)).await.unwrap();
    parent.live().append_items(vec![w.user("Hello")]).await.unwrap();
    let child = StartThread::new(ThreadId::generate()).spawned_by(w.id, 1);
    let child = manager.start(child).await.unwrap();
    manager.delete(w.id).await.unwrap();
    let late = child.live().append_items(vec![w.user("late")]).await;
    assert!(late.is_err(), "{late:?}");
}

/// 17. Deleting a parent that is not stored leaves its stored children.
#[tokio::test(start_paused = true)]
async fn r17_deleting_a_parent_that_is_not_stored_takes_its_stored_children_along() {
    let w = World::new();
    let manager = w.manager(|c| c);
    manager.start(StartThread::new(w.id)).await.unwrap();
    let child_id = ThreadId::generate();
    let child = manager.start(StartThread::new(child_id).spawned_by(w.id, 1)).await.unwrap();
    child.live().append_items(vec![w.user("child")]).await.unwrap();
    manager.delete(w.id).await.unwrap();
    assert!(w.store.inner.thread(child_id).await.is_err());
}

/// 18. An ephemeral thread that is shut down through its live thread stays in memory.
#[tokio::test(start_paused = true)]
async fn r18_an_ephemeral_thread_leaves_nothing_behind_however_it_ends() {
    let w = World::new();
    let memory = MemoryStore::new();
    let manager = w.manager(|c| c.with_ephemeral(Arc::new(memory.clone())).unwrap());
    let thread = manager.start(StartThread::new(w.id).with_ephemeral(true)).await.unwrap();
    thread.live().append_items(vec![w.user("Hello")]).await.unwrap();
    thread.live().shutdown().await.unwrap();
    assert_eq!(manager.status(w.id), ThreadStatus::NotLoaded);
    assert!(memory.thread(w.id).await.is_err());
}

/// 19. A discard whose creation is in doubt creates the thread.
#[tokio::test(start_paused = true)]
async fn r19_discarding_creates_nothing() {
    let w = World::new();
    let live = w.start(w.impatient());
    w.store.then(Operation::CreateThread, Act::RequestLost);
    live.append_items(vec![w.user("Hello")]).await.unwrap_err();
    live.discard().await.unwrap();
    assert!(w.store.inner.thread(w.id).await.is_err());
}

/// 20. A hung compactor keeps the streams open after a shutdown that says it is complete.
#[tokio::test(start_paused = true)]
async fn r20_a_complete_shutdown_ends_the_streams() {
    #[derive(Debug)]
    struct Hangs;
    #[async_trait]
    impl Compactor for Hangs {
        async fn compact(
            &self,
            _: ModelContext,
            _: &CompactionReporter,
        ) -> Result<Compaction, Box<dyn std::error::Error + Send + Sync>> {
            std::future::pending().await
        }
    }
    let w = World::new();
    let manager = w.manager(|c| c.with_compactor(Arc::new(Hangs)));
    let thread = manager.start(StartThread::new(w.id)).await.unwrap();
    thread.live().append_items(vec![w.user("Hello")]).await.unwrap();
    let mut events = manager.subscriber();
    events.follow_all();
    let other = manager.clone();
    let id = w.id;
    tokio::spawn(async move { other.compact(id).await });
    settle().await;
    let report = manager.shutdown(Duration::from_secs(5)).await;
    assert!(report.is_complete());
    let ended = tokio::time::timeout(Duration::from_secs(60), async {
        while events.next().await.is_some() {}
    });
    ended.await.expect("the stream ends");
}

/// 21. An empty append through a lost thread is answered as if nothing had happened.
#[tokio::test(start_paused = true)]
async fn r21_a_call_with_nothing_to_keep_tells_that_the_thread_was_taken_over() {
    let w = World::new();
    let live = w.start(w.config());
    live.append_items(vec![w.user("Hello")]).await.unwrap();
    let _other = w.resume().await;
    let delta = w.item(json!({"type": "agent_message_delta", "delta": "x"}));
    live.append_items(vec![delta]).await.expect_err("somebody else has it");
}

/// 22. Facts wait after an edit that gave way wholly to somebody else's.
#[tokio::test(start_paused = true)]
async fn r22_facts_are_stored_at_once_after_an_edit_that_gave_way() {
    let w = World::new();
    let live = w.start(w.config());
    live.append_items(vec![w.user("Hello")]).await.unwrap();
    w.clock.advance_millis(1000);
    // Somebody sets the name, and the same moment, to what the item will say.
    let theirs = name_patch("theirs").updated_at(w.clock.now());
    w.store.inner.update_thread_metadata(UpdateThreadMetadata::new(w.id, theirs)).await.unwrap();
    live.append_items(vec![w.named("ours")]).await.unwrap();
    live.append_items(vec![w.tokens(5)]).await.unwrap();
    let usage = w.store.inner.thread(w.id).await.unwrap().metadata.token_usage;
    assert!(usage.is_some());
}

/// 13b. The same with a request id and an edit of facts in between.
#[tokio::test(start_paused = true)]
async fn r13b_an_edit_with_a_version_and_a_request_id_is_recognised_when_repeated_later() {
    let w = World::new();
    let live = w.start(w.impatient());
    live.append_items(vec![w.user("Hello")]).await.unwrap();
    let version = live.thread().await.unwrap().metadata_version;
    let edit = UpdateThreadMetadata::new(w.id, name_patch("A"))
        .with_expected_version(version)
        .with_request_id("mine".to_owned());
    w.store.then(Operation::UpdateThreadMetadata, Act::AnswerLost);
    live.update_thread_metadata(edit.clone()).await.unwrap_err();
    live.append_items(vec![w.tokens(5)]).await.unwrap();
    live.update_thread_metadata(edit).await.expect("it is our own edit");
}

/// 23. A thread that is lost while its archiving fails is never told to be closed.
#[tokio::test(start_paused = true)]
async fn r23_a_thread_that_is_lost_while_its_archiving_fails_is_told() {
    let w = World::new();
    let manager = w.manager(|c| c);
    let mut events = manager.subscriber();
    events.follow_all();
    let thread = manager.start(StartThread::new(w.id)).await.unwrap();
    thread.live().append_items(vec![w.user("Hello")]).await.unwrap();
    for _ in 0..6 {
        w.store.then(Operation::SetArchived, Act::Refused);
    }
    let archiving = tokio::spawn({
        let (manager, id) = (manager.clone(), w.id);
        async move { manager.archive(id).await }
    });
    settle().await;
    let other = ResumeThread::new(w.id, Holder::new("other"));
    w.store.inner.resume_thread(other).await.unwrap();
    thread.live().append_items(vec![w.user("more")]).await.unwrap_err();
    archiving.await.unwrap().unwrap_err();
    thread.live().append_items(vec![w.user("more")]).await.unwrap_err();
    let told = kinds(&queued(&mut events).await);
    assert!(told.contains(&"closed"), "{told:?} {:?}", manager.status(w.id));
}

/// 24. A thread that was started without options has none, whatever its turns say.
#[tokio::test(start_paused = true)]
async fn r24_a_thread_that_never_had_options_is_run_with_what_its_turns_were_run_with() {
    let w = World::new();
    let live = w.start(w.config());
    let context = json!({"turn_id": "t", "cwd": "/tmp", "model": "large"});
    let context = RolloutItem::new("turn_context", &context, w.clock.now()).unwrap();
    live.append_items(vec![context]).await.unwrap();
    assert_eq!(live.options().await.unwrap().model, Edit::Set(Some("large".to_owned())));
}

/// 25. A fork whose caller has left is stored, and nobody is told.
#[tokio::test(start_paused = true)]
async fn r25_a_fork_that_was_stored_is_told_though_its_caller_has_left() {
    let w = World::new();
    w.store.create_thread(CreateThread::new(w.id)).await.unwrap();
    let manager = w.manager(|c| c);
    let mut events = manager.subscriber();
    events.follow_all();
    let gate = Arc::new(Semaphore::new(0));
    w.store.then(Operation::CreateThread, Act::AnswersWhenLet(gate.clone()));
    let fork_id = ThreadId::generate();
    let forking = tokio::spawn({
        let (manager, id) = (manager.clone(), w.id);
        async move { manager.fork(ForkThread::new(id, fork_id)).await.map(drop) }
    });
    settle().await;
    forking.abort();
    gate.add_permits(1);
    let told = kinds(&queued(&mut events).await);
    let stored = w.store.inner.thread(fork_id).await.is_ok();
    assert_eq!(stored, told.contains(&"started"));
}

/// 26. Tokens whose edit was stored and not answered are never told.
#[tokio::test(start_paused = true)]
async fn r26_token_usage_is_told_though_the_answer_was_lost_and_somebody_edited_since() {
    let w = World::new();
    let manager = w.manager(|c| c.with_live(w.impatient()));
    let mut events = manager.subscriber();
    events.follow_all();
    let thread = manager.start(StartThread::new(w.id)).await.unwrap();
    thread.live().append_items(vec![w.user("Hello")]).await.unwrap();
    w.store.then(Operation::UpdateThreadMetadata, Act::AnswerLost);
    thread.live().append_items(vec![w.tokens(5)]).await.unwrap();
    let theirs = UpdateThreadMetadata::new(w.id, name_patch("theirs"));
    w.store.inner.update_thread_metadata(theirs).await.unwrap();
    thread.live().flush().await.unwrap();
    let stored = w.store.inner.thread(w.id).await.unwrap();
    assert!(stored.metadata.token_usage.is_some());
    let told = kinds(&queued(&mut events).await);
    assert!(told.contains(&"token_usage_updated"), "{told:?}");
}

/// 27. Renaming a thread that another process took over fails once.
#[tokio::test(start_paused = true)]
async fn r27_a_thread_that_was_taken_over_is_renamed_in_the_store() {
    let w = World::new();
    let manager = w.manager(|c| c);
    let thread = manager.start(StartThread::new(w.id)).await.unwrap();
    thread.live().append_items(vec![w.user("Hello")]).await.unwrap();
    let other = ResumeThread::new(w.id, Holder::new("other"));
    w.store.inner.resume_thread(other).await.unwrap();
    manager.rename(w.id, Some("A")).await.expect("naming needs no lease");
}

/// 28. What a turn differed in is what lists show of the thread afterwards.
#[tokio::test(start_paused = true)]
async fn r28_an_override_is_over_with_its_turn_in_what_lists_show_too() {
    let w = World::new();
    let options = ThreadOptions::default().model("large".to_owned());
    let start = StartThread::new(w.id).with_options(options);
    let live = LiveThread::start(w.dyn_store(), start, w.config());
    live.append_items(vec![w.user("Hello")]).await.unwrap();
    let overrides = ThreadOptions::default().model("small".to_owned());
    live.begin_turn(BeginTurn::new().with_overrides(overrides)).await.unwrap();
    live.end_turn(EndTurn::new(TurnOutcome::Completed)).await.unwrap();
    assert_eq!(live.thread().await.unwrap().metadata.model.as_deref(), Some("large"));
}

/// 29. The options of a turn are computed before the append in doubt is settled.
#[tokio::test(start_paused = true)]
async fn r29_a_turn_begins_with_what_an_append_in_doubt_has_set() {
    let w = World::new();
    let options = ThreadOptions::default().model("large".to_owned());
    let start = StartThread::new(w.id).with_options(options);
    let live = LiveThread::start(w.dyn_store(), start, w.impatient());
    live.append_items(vec![w.user("Hello")]).await.unwrap();
    let set = w.item(json!({"type": "thread_settings_applied",
        "thread_settings": {"model": "small"}}));
    w.store.then(Operation::AppendItems, Act::AnswerLost);
    live.append_items(vec![set]).await.unwrap_err();
    let turn = live.begin_turn(BeginTurn::new()).await.unwrap();
    assert_eq!(turn.options.model, Edit::Set(Some("small".to_owned())));
}

/// 30. An edit that was refused is sent again later.
#[tokio::test(start_paused = true)]
async fn r30_an_edit_that_was_refused_is_not_sent_again() {
    let w = World::new();
    let live = w.start(w.config());
    live.append_items(vec![w.user("Hello")]).await.unwrap();
    let version = live.thread().await.unwrap().metadata_version;
    let early =
        UpdateThreadMetadata::new(w.id, name_patch("refused")).with_expected_version(version + 1);
    live.update_thread_metadata(early).await.unwrap_err();
    let theirs = ThreadMetadataPatch::default().git_branch("main".to_owned());
    w.store.inner.update_thread_metadata(UpdateThreadMetadata::new(w.id, theirs)).await.unwrap();
    live.persist().await.unwrap();
    assert_eq!(w.name().await, None);
}

/// 31. An option given as `null` for a turn is not told apart from one not given in its records.
#[tokio::test(start_paused = true)]
async fn r31_a_null_override_is_told_in_the_records_of_the_turn() {
    let w = World::new();
    let options = ThreadOptions::default().model("large".to_owned());
    let start = StartThread::new(w.id).with_options(options);
    let live = LiveThread::start(w.dyn_store(), start, w.config());
    let overrides = ThreadOptions::default().model(None);
    live.begin_turn(BeginTurn::new().with_overrides(overrides)).await.unwrap();
    let history = w.store.inner.history(w.id).await.unwrap();
    let context = history.iter().find(|item| item.item.text().contains("turn_context")).unwrap();
    assert!(context.item.text().contains(r#""model":null"#), "{}", context.item.text());
}
