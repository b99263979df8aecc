//! Random operations, alone and two at once, over a store that fails now and then: what was told
//! agrees with what is stored, and what is loaded with the leases.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::FutureExt as _;
use proptest::prelude::*;
use proptest::sample::select;
use thread_store::{
    Conflict, Error, Holder, IfHeld, Operation, Outcome, ResumeLive, ResumeThread, Retry,
    StartThread, ThreadEvent, ThreadId, ThreadManager, ThreadStatus, ThreadStore as _,
    ThreadStoreExt as _,
};
use thread_store_memory::MemoryStore;

use crate::world::{World, id, live_config, number, settle, start, take_over, user};
use crate::wrapped::{Mishap, Wrapped, unavailable};

#[derive(Clone, Debug)]
enum Call {
    Start(u64),
    Resume(u64),
    Append(u64),
    Rename(u64, &'static str),
    Rollback(u64),
    Archive(u64),
    Unarchive(u64),
    Delete(u64),
    Unload(u64),
    Leave(u64),
}

#[derive(Clone, Debug)]
enum Step {
    One(Call),
    AtOnce(Call, Call),
    TakeOver(u64),
    /// The next call of this operation fails, or its answer is lost.
    Hiccup(Operation, bool),
    /// During the next call every one of this operation fails.
    Outage(Operation, Call),
}

/// 1 spawned 2 and 3, 2 spawned 4; 5 spawned 6.
fn new_thread(n: u64) -> StartThread {
    match n {
        2 | 3 => start(n).spawned_by(id(1), 1),
        4 => start(n).spawned_by(id(2), 2),
        6 => start(n).spawned_by(id(5), 1),
        _ => start(n),
    }
}

fn calls() -> impl Strategy<Value = Call> {
    let n = || 1..=6_u64;
    prop_oneof![
        3 => n().prop_map(Call::Start),
        4 => n().prop_map(Call::Resume),
        4 => n().prop_map(Call::Append),
        2 => (n(), select(vec!["A", "B"])).prop_map(|(n, name)| Call::Rename(n, name)),
        1 => n().prop_map(Call::Rollback),
        2 => n().prop_map(Call::Archive),
        2 => n().prop_map(Call::Unarchive),
        1 => n().prop_map(Call::Delete),
        1 => n().prop_map(Call::Unload),
        1 => n().prop_map(Call::Leave),
    ]
}

fn operations() -> impl Strategy<Value = Operation> {
    select(vec![
        Operation::CreateThread,
        Operation::ResumeThread,
        Operation::AppendItems,
        Operation::FlushThread,
        Operation::ReleaseLease,
        Operation::ReadThread,
        Operation::UpdateThreadMetadata,
        Operation::SetArchived,
        Operation::DeleteThread,
    ])
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => calls().prop_map(Step::One),
        4 => (calls(), calls()).prop_map(|(a, b)| Step::AtOnce(a, b)),
        1 => (1..=6_u64).prop_map(Step::TakeOver),
        3 => (operations(), any::<bool>()).prop_map(|(operation, lost)| Step::Hiccup(operation, lost)),
        2 => (operations(), calls()).prop_map(|(operation, call)| Step::Outage(operation, call)),
    ]
}

async fn make(store: MemoryStore, manager: ThreadManager, call: Call) {
    let made = match call {
        // A draft of an id that is taken hides the thread.
        Call::Start(n) if store.thread(id(n)).await.is_ok() => Ok(()),
        Call::Start(n) => manager.start(new_thread(n)).await.map(drop),
        Call::Resume(n) => manager.resume(ResumeLive::new(id(n))).await.map(drop),
        Call::Append(n) => match manager.get(id(n)) {
            Some(thread) => thread.live().append_items(vec![user("Hi")]).await.map(drop),
            None => Ok(()),
        },
        Call::Rename(n, name) => manager.rename(id(n), Some(name)).await.map(drop),
        Call::Rollback(n) => manager.rollback(id(n), 1).await.map(drop),
        Call::Archive(n) => manager.archive(id(n)).await.map(drop),
        Call::Unarchive(n) => manager.unarchive(id(n)).await.map(drop),
        Call::Delete(n) => manager.delete(id(n)).await.map(drop),
        Call::Unload(n) => manager.unload(id(n)).await,
        Call::Leave(n) => manager.subscribe(manager.subscriber().id(), id(n)),
    };
    let expected = |error: &Error| error.code() != "internal" && error.code() != "corrupt";
    assert!(made.as_ref().err().is_none_or(expected), "{made:?}");
}

/// What was told.
#[derive(Debug, Default)]
struct Heard {
    loaded: BTreeSet<ThreadId>,
    archived: BTreeSet<ThreadId>,
    deleted: BTreeSet<ThreadId>,
    names: BTreeMap<ThreadId, Option<String>>,
}

impl Heard {
    fn hear(&mut self, event: ThreadEvent) {
        let id = event.thread_id().unwrap();
        match event {
            ThreadEvent::Started { .. } => {
                self.forget(id);
                assert!(self.loaded.insert(id), "{id} was started twice");
            }
            ThreadEvent::StatusChanged { status: ThreadStatus::NotLoaded, .. } => {
                assert!(self.loaded.contains(&id), "{id} was not loaded");
            }
            ThreadEvent::StatusChanged { .. } => drop(self.loaded.insert(id)),
            ThreadEvent::Closed { .. } => {
                assert!(self.loaded.remove(&id), "{id} was closed twice");
            }
            ThreadEvent::Archived { .. } => assert!(self.archived.insert(id)),
            ThreadEvent::Unarchived { .. } => assert!(self.archived.remove(&id)),
            ThreadEvent::Deleted { .. } => {
                self.forget(id);
                self.deleted.insert(id);
            }
            ThreadEvent::NameUpdated { name, .. } => drop(self.names.insert(id, name)),
            ThreadEvent::Reverted { .. } => {}
            other => panic!("{other:?}"),
        }
    }

    fn forget(&mut self, id: ThreadId) {
        self.archived.remove(&id);
        self.deleted.remove(&id);
        self.names.remove(&id);
    }
}

async fn holder(world: &World, id: ThreadId) -> Option<String> {
    let store = world.store.inside();
    let asks = ResumeThread::new(id, Holder::new("asks"))
        .with_include_archived(true)
        .with_if_held(IfHeld::Refuse);
    match store.resume_thread(asks).await {
        Ok(resumed) => {
            store.discard_thread(resumed.lease).await.unwrap();
            None
        }
        Err(error) => match error.as_conflict() {
            Some(Conflict::Held { holder }) => holder.clone().map(|holder| holder.label),
            _ => None,
        },
    }
}

async fn check(world: &mut World, heard: &mut Heard) {
    settle().await;
    while let Some(event) = world.all.next().now_or_never().flatten() {
        heard.hear(event);
    }
    let loaded = world.manager.loaded(None, 10).unwrap().thread_ids;
    assert_eq!(loaded, heard.loaded.iter().copied().collect::<Vec<_>>());
    for id in (1..=6).map(id) {
        let n = number(id);
        let Ok(thread) = world.store.inside().thread(id).await else { continue };
        assert!(!heard.deleted.contains(&id), "{n} is not deleted");
        assert_eq!(thread.is_archived(), heard.archived.contains(&id), "{n} is archived");
        let name = heard.names.get(&id).cloned().flatten();
        assert_eq!(thread.metadata.name, name, "the name of {n}");
        let holder = holder(world, id).await;
        if world.manager.get(id).is_none() {
            assert_ne!(holder.as_deref(), Some("this"), "{n} is held and not loaded");
        } else if holder.is_none() {
            assert!(!is_in_use(world, id).await, "{n} is loaded and not held");
        }
    }
}

/// Whether a loaded thread still believes that it has its lease.
async fn is_in_use(world: &World, id: ThreadId) -> bool {
    let live = world.manager.get(id).unwrap().live().clone();
    live.is_started() && live.check().await.is_ok()
}

async fn run(steps: Vec<Step>) {
    let retry = Retry::default().with_attempts(8).with_waits(Duration::ZERO, Duration::ZERO);
    let live = live_config().with_retry(retry);
    let mut world = World::with(Wrapped::new(), |config| config.with_live(live));
    let mut heard = Heard::default();
    for step in steps {
        let (store, manager) = (world.store.inside().clone(), world.manager.clone());
        match step {
            Step::One(call) => make(store, manager, call).await,
            Step::AtOnce(first, second) => {
                let first = tokio::spawn(make(store.clone(), manager.clone(), first));
                let second = tokio::spawn(make(store, manager, second));
                first.await.unwrap();
                second.await.unwrap();
            }
            Step::TakeOver(n) => {
                if world.store.inside().thread(id(n)).await.is_ok() {
                    take_over(world.store.inside(), id(n)).await;
                }
            }
            Step::Hiccup(operation, lost) => {
                let fails = Mishap::Fails(Error::unavailable(Outcome::NothingDone));
                world.store.next(operation, None, if lost { Mishap::Unheard } else { fails });
                continue;
            }
            // The lease cannot be given back, and nobody is left to try it again.
            Step::Outage(Operation::ReleaseLease, Call::Rollback(_)) => continue,
            Step::Outage(operation, call) => {
                world.store.heal();
                world.store.always(operation, None, unavailable());
                make(store, manager, call).await;
            }
        }
        world.store.heal();
        check(&mut world, &mut heard).await;
    }
    world.store.heal();
    let report = world.manager.shutdown(Duration::from_secs(60)).await;
    let lost = |(_, error): &(ThreadId, Error)| error.code() != "unavailable";
    assert!(report.timed_out.is_empty() && report.failed.iter().all(lost), "{report:?}");
    check(&mut world, &mut heard).await;
    assert_eq!(heard.loaded.len(), 0);
    assert_eq!(world.all.next().await, None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_told_what_is_loaded_and_what_is_stored_agree(
        steps in prop::collection::vec(steps(), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        let hangs = Duration::from_secs(3600);
        runtime.block_on(async { tokio::time::timeout(hangs, run(steps)).await }).unwrap();
    }
}
