//! Calls that meet: by blocked stores where the order matters, by many iterations where it does not.

use std::time::Duration;

use thread_store::{
    ForkThread, Operation, ResumeLive, ThreadManager, ThreadStore as _, ThreadStoreExt as _,
};

use crate::world::{World, code, id, settle, start, told, user};
use crate::wrapped::Wrapped;

const ROUNDS: u64 = 200;

async fn resume(manager: &ThreadManager, n: u64) -> &'static str {
    code(&manager.resume(ResumeLive::new(id(n))).await)
}

/// Runs two calls at once, each in a task of its own.
async fn at_once<A: Send + 'static, B: Send + 'static>(
    a: impl Future<Output = A> + Send + 'static,
    b: impl Future<Output = B> + Send + 'static,
) -> (A, B) {
    let (a, b) = (tokio::spawn(a), tokio::spawn(b));
    (a.await.unwrap(), b.await.unwrap())
}

/// What is loaded is held, and works; what is not is not held.
async fn assert_agreed(world: &World, n: u64) {
    let Some(thread) = world.manager.get(id(n)) else {
        let gone = world.store.inside().thread(id(n)).await.is_err();
        assert!(gone || !world.is_held(id(n)).await, "{n} is held and not loaded");
        return;
    };
    assert!(world.is_held(id(n)).await, "{n} is loaded and not held");
    thread.live().append_items(vec![user("Hi")]).await.unwrap();
}

#[tokio::test]
async fn two_resumes_at_once_load_the_thread_once() {
    let mut world = World::new();
    world.cold(1).await;
    let door = world.store.block(Operation::ResumeThread, id(1));
    let resuming: Vec<_> = (0..5)
        .map(|_| {
            let manager = world.manager.clone();
            tokio::spawn(async move { manager.resume(ResumeLive::new(id(1))).await.unwrap() })
        })
        .collect();
    door.reached().await;
    settle().await;
    door.open();
    for (n, resumed) in (4..).zip(resuming) {
        let live = resumed.await.unwrap().live().clone();
        let receipt = live.append_items(vec![user("Hi")]).await.unwrap();
        assert_eq!(receipt.next.get(), n);
    }
    assert_eq!(world.told(), ["1 idle"]);
}

#[tokio::test]
async fn an_append_that_meets_its_archive_leaves_the_telling_to_it() {
    for operation in [Operation::SetArchived, Operation::DeleteThread] {
        let mut world = World::new();
        let thread = world.loaded(1).await;
        let mut follower = world.follower(id(1));
        world.told();
        let door = world.store.hold_answer(operation, id(1));
        let manager = world.manager.clone();
        let changing = tokio::spawn(async move {
            match operation {
                Operation::SetArchived => manager.archive(id(1)).await,
                _ => manager.delete(id(1)).await,
            }
        });
        door.reached().await;
        thread.live().append_items(vec![user("Hi")]).await.unwrap_err();
        assert_eq!(world.told(), [""; 0]);
        door.open();
        changing.await.unwrap().unwrap();
        let what = if operation == Operation::SetArchived { "archived" } else { "deleted" };
        let expected = ["1 not loaded", &format!("1 {what}"), &format!("1 closed {what}")];
        assert_eq!(world.told(), expected);
        assert_eq!(told(&mut follower), expected);
        assert!(!world.is_loaded(id(1)));
    }
}

#[tokio::test]
async fn a_child_whose_resume_meets_the_deletion_of_its_tree_is_not_loaded() {
    let mut world = World::new();
    world.cold(1).await;
    world.spawned(2, id(1)).await;
    let door = world.store.hold_answer(Operation::ResumeThread, id(2));
    let manager = world.manager.clone();
    let resuming = tokio::spawn(async move { resume(&manager, 2).await });
    door.reached().await;
    let manager = world.manager.clone();
    let deleting = tokio::spawn(async move { manager.delete(id(1)).await });
    settle().await;
    door.open();
    assert_eq!(code(&deleting.await.unwrap()), "ok");
    assert_eq!(resuming.await.unwrap(), "ok");
    assert!(!world.is_loaded(id(2)));
    assert_eq!(
        world.told(),
        ["2 idle", "2 not loaded", "2 deleted", "2 closed deleted", "1 deleted"]
    );
}

#[tokio::test]
async fn a_resume_that_meets_the_shutdown_loads_nothing() {
    let mut world = World::new();
    world.cold(1).await;
    let door = world.store.hold_answer(Operation::ResumeThread, id(1));
    let manager = world.manager.clone();
    let resuming = tokio::spawn(async move { resume(&manager, 1).await });
    door.reached().await;
    let manager = world.manager.clone();
    let closing = tokio::spawn(async move { manager.shutdown(Duration::from_secs(60)).await });
    settle().await;
    door.open();
    assert!(closing.await.unwrap().is_complete());
    assert_eq!(resuming.await.unwrap(), "unavailable");
    assert!(!world.is_loaded(id(1)) && !world.is_held(id(1)).await);
    assert_eq!(world.told(), ["1 idle", "1 not loaded", "1 closed shutdown"]);
    assert_eq!(world.all.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_resume_that_outlasts_the_shutdown_loads_nothing_that_was_said_to_be_closed() {
    let world = World::new();
    world.cold(1).await;
    let door = world.store.hold_answer(Operation::ResumeThread, id(1));
    let manager = world.manager.clone();
    let resuming = tokio::spawn(async move { resume(&manager, 1).await });
    door.reached().await;
    let report = world.manager.shutdown(Duration::from_secs(5)).await;
    door.open();
    let resumed = resuming.await.unwrap();
    assert!(!world.is_loaded(id(1)) || !report.is_complete(), "{report:?}, then {resumed}");
}

#[tokio::test]
async fn a_fork_that_meets_the_shutdown_is_stored_and_not_loaded() {
    let world = World::new();
    world.cold(1).await;
    let door = world.store.hold_answer(Operation::CreateThread, id(2));
    let manager = world.manager.clone();
    let forking = tokio::spawn(async move { manager.fork(ForkThread::new(id(1), id(2))).await });
    door.reached().await;
    let manager = world.manager.clone();
    let closing = tokio::spawn(async move { manager.shutdown(Duration::from_secs(60)).await });
    settle().await;
    door.open();
    assert!(closing.await.unwrap().is_complete());
    assert_eq!(code(&forking.await.unwrap()), "unavailable");
    assert!(!world.is_loaded(id(2)) && !world.is_held(id(2)).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn resume_and_unload_agree() {
    let world = World::new();
    world.loaded(1).await;
    for round in 0..ROUNDS {
        let (first, second) = (world.manager.clone(), world.manager.clone());
        let (resumed, _) = at_once(async move { resume(&first, 1).await }, async move {
            code(&second.unload(id(1)).await)
        })
        .await;
        assert_eq!(resumed, "ok", "{round}");
        assert_agreed(&world, 1).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn subscribe_and_the_leave_of_the_last_agree() {
    let world = World::new();
    world.cold(1).await;
    for _ in 0..ROUNDS {
        world.resume(id(1)).await;
        let last = world.follower(id(1));
        let manager = world.manager.clone();
        let (new, ()) = at_once(
            async move {
                let new = manager.subscriber();
                manager.subscribe(new.id(), id(1)).map(|()| new)
            },
            async move { drop(last) },
        )
        .await;
        tokio::task::yield_now().await;
        if let Ok(new) = new {
            // Either it is still loaded and stays, or the new one heard of its end.
            let mut new = new;
            let closed = told(&mut new).iter().any(|line| line.contains("closed"));
            assert!(closed || world.is_loaded(id(1)));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn resume_and_archive_agree() {
    let world = World::new();
    for n in 1..=ROUNDS {
        world.cold(n).await;
        let (first, second) = (world.manager.clone(), world.manager.clone());
        let (resumed, archived) = at_once(async move { resume(&first, n).await }, async move {
            code(&second.archive(id(n)).await)
        })
        .await;
        assert_eq!(archived, "ok");
        assert!(["ok", "archived"].contains(&resumed), "{resumed}");
        assert!(!world.is_loaded(id(n)) && !world.is_held(id(n)).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn archive_and_append_agree() {
    let mut world = World::with(Wrapped::new(), |config| config.with_event_capacity(10_000));
    for n in 1..=ROUNDS {
        let live = world.loaded(n).await.live().clone();
        let manager = world.manager.clone();
        let (archived, appended) =
            at_once(async move { code(&manager.archive(id(n)).await) }, async move {
                live.append_items(vec![user("Hi")]).await
            })
            .await;
        assert_eq!(archived, "ok");
        let stored = world.store.history(id(n)).await.unwrap().len();
        assert_eq!(stored, if appended.is_ok() { 4 } else { 3 });
        let expected = ["idle", "not loaded", "archived", "closed archived"];
        assert_eq!(world.told(), expected.map(|what| format!("{n} {what}")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_deletion_of_a_tree_and_the_resume_of_a_child_agree() {
    let world = World::new();
    for n in 1..=ROUNDS {
        let (parent, child) = (2 * n, 2 * n + 1);
        world.cold(parent).await;
        world.spawned(child, id(parent)).await;
        let (first, second) = (world.manager.clone(), world.manager.clone());
        let (deleted, resumed) =
            at_once(async move { code(&first.delete(id(parent)).await) }, async move {
                resume(&second, child).await
            })
            .await;
        assert_eq!(deleted, "ok");
        assert!(["ok", "not_found"].contains(&resumed), "{resumed}");
        assert!(!world.is_loaded(id(child)));
        assert!(world.store.thread(id(child)).await.is_err());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn trees_that_overlap_are_changed_without_a_deadlock() {
    let world = World::new();
    world.loaded(5).await;
    world.spawned(3, id(5)).await;
    world.spawned(1, id(3)).await;
    world.spawned(9, id(1)).await;
    let changing = async {
        for _ in 0..50 {
            let (first, second) = (world.manager.clone(), world.manager.clone());
            at_once(async move { first.archive(id(5)).await.unwrap() }, async move {
                second.unarchive(id(3)).await.unwrap()
            })
            .await;
            world.manager.unarchive(id(5)).await.unwrap();
            for n in [1, 3, 5, 9] {
                world.resume(id(n)).await;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), changing).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_shutdown_and_whatever_meets_it_agree() {
    for round in 0..ROUNDS / 2 {
        let world = World::new();
        let thread = world.loaded(1).await;
        world.cold(2).await;
        let [a, b, c] = std::array::from_fn(|_| world.manager.clone());
        let ((closed, resumed), (started, appended)) = at_once(
            async move {
                at_once(async move { a.shutdown(Duration::from_secs(20)).await }, async move {
                    resume(&b, 2).await
                })
                .await
            },
            async move {
                let live = thread.live().clone();
                at_once(async move { code(&c.start(start(3)).await) }, async move {
                    live.append_items(vec![user("Hi")]).await
                })
                .await
            },
        )
        .await;
        assert!(closed.is_complete(), "{round}: {closed:?}");
        for answer in [resumed, started] {
            assert!(["ok", "unavailable"].contains(&answer), "{round}: {answer}");
        }
        assert!(["ok", "conflict.closed"].contains(&code(&appended)), "{round}: {appended:?}");
        assert_eq!(world.manager.loaded(None, 10).unwrap().thread_ids, [], "{round}");
        for n in [1, 2] {
            assert!(!world.is_held(id(n)).await, "{round}: {n}");
        }
        assert!(world.store.list_threads(thread_store::ListThreads::new()).await.is_ok());
    }
}
