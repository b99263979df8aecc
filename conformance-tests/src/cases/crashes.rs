//! What outlives the death of the process.

use thread_store::*;
use tokio::sync::mpsc;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::tasks::ended;
use crate::support::words::*;

/// The thread, but not where it is kept: a harness may go on with a copy.
async fn read(cx: &Cx, id: ThreadId) -> CaseResult<StoredThread> {
    let mut thread = cx.read(id).await?;
    thread.location = None;
    Ok(thread)
}

pub(super) async fn what_was_created_outlives_a_crash(mut cx: Cx) -> CaseResult {
    let mut metadata = named("n").cwd("/a".to_owned());
    metadata.labels.set("k", "v");
    let create = cx.create().with_items(cx.items(0..20)).with_metadata(metadata);
    let id = cx.make(create).await?;
    let before = read(&cx, id).await?;
    cx.crash().await?;
    expect_eq("the thread", before, read(&cx, id).await?)?;
    expect_eq("the list", vec![id], cx.list_all().await?)?;
    cx.expect_items(id, 20).await
}

pub(super) async fn what_was_appended_outlives_a_crash(mut cx: Cx) -> CaseResult {
    let lease = cx.leased(1).await?;
    for n in 1..30 {
        cx.append(&lease, cx.items(n..n + 1)).await?;
    }
    cx.crash().await?;
    cx.expect_items(lease.thread_id, 30).await
}

pub(super) async fn edits_outlive_a_crash(mut cx: Cx) -> CaseResult {
    let id = cx.thread(2).await?;
    for n in 0..5 {
        cx.update(id, named(&format!("name {n}"))).await?;
    }
    let before = read(&cx, id).await?;
    cx.crash().await?;
    expect_eq("the thread", before, read(&cx, id).await?)
}

pub(super) async fn archiving_and_deleting_outlive_a_crash(mut cx: Cx) -> CaseResult {
    let (archived, gone) = (cx.thread(2).await?, cx.thread(2).await?);
    cx.store().archive_thread(archived).await?;
    if cx.capabilities().delete {
        cx.delete(gone).await?;
    }
    let before = (read(&cx, archived).await?, cx.list_all().await?);
    cx.crash().await?;
    expect_eq("what is left", before, (read(&cx, archived).await?, cx.list_all().await?))
}

pub(super) async fn subtrees_outlive_a_crash_whole(mut cx: Cx) -> CaseResult {
    cx.needs_descendants()?;
    let root = cx.thread(1).await?;
    let mut all = vec![root, cx.child(root).await?];
    for n in 1..10 {
        all.push(cx.child(all[n]).await?);
    }
    cx.archive_tree(root, true).await?;
    cx.crash().await?;
    let archived = ListFilter::default().with_archived(true);
    expect_eq("the archived", &all, &cx.list(archived.clone()).await?)?;
    cx.archive_tree(root, false).await?;
    cx.crash().await?;
    expect_eq("the archived", vec![], cx.list(archived).await?)
}

pub(super) async fn a_fork_outlives_a_crash(mut cx: Cx) -> CaseResult {
    let id = cx.thread(9).await?;
    let fork = cx.fork_at(id, 6).await?.thread.thread_id;
    let before = read(&cx, fork).await?;
    cx.crash().await?;
    expect_eq("the fork", before, read(&cx, fork).await?)?;
    cx.expect_items(fork, 6).await
}

pub(super) async fn no_epoch_comes_twice_after_a_crash(mut cx: Cx) -> CaseResult {
    let mut last = cx.leased(1).await?;
    for _ in 0..3 {
        cx.crash().await?;
        let next = cx.resume(last.thread_id).await?;
        expect("the epoch is larger", next.epoch > last.epoch)?;
        let result = cx.append(&last, cx.items(1..2)).await;
        expect_conflict("append", &fenced_by(&last, &next, 1), result)?;
        last = next;
    }
    cx.append(&last, cx.items(1..2)).await?;
    cx.expect_items(last.thread_id, 2).await
}

pub(super) async fn a_dead_holder_is_never_in_the_way_of_a_takeover(mut cx: Cx) -> CaseResult {
    let old = cx.leased(1).await?;
    cx.crash().await?;
    if cx.capabilities().holder_liveness == HolderLiveness::Exact {
        cx.resume_if_free(old.thread_id).await?;
    }
    let new = cx.resume(old.thread_id).await?;
    cx.append(&new, cx.items(1..2)).await?;
    cx.expect_items(old.thread_id, 2).await
}

pub(super) async fn a_released_thread_is_free_after_a_crash(mut cx: Cx) -> CaseResult {
    let old = cx.leased(1).await?;
    cx.store().shutdown_thread(old.clone()).await?;
    cx.crash().await?;
    let new = cx.resume_if_free(old.thread_id).await?;
    expect("the epoch is larger", new.epoch > old.epoch)
}

pub(super) async fn requests_are_recognised_after_a_crash(mut cx: Cx) -> CaseResult {
    let create = cx.create().with_items(cx.items(0..2)).with_request_id("create".to_owned());
    let thread = cx.store().create_thread(create.clone()).await?.thread;
    cx.crash().await?;
    let again = cx.store().create_thread(create).await?.thread;
    expect_eq(
        "the thread",
        (thread.thread_id, thread.metadata),
        (again.thread_id, again.metadata),
    )?;
    cx.expect_items(again.thread_id, 2).await
}

pub(super) async fn a_crash_amid_appends_keeps_all_that_was_acknowledged_and_whole_batches(
    mut cx: Cx,
) -> CaseResult {
    const BATCH: u64 = 3;
    let lease = cx.leased(0).await?;
    let id = lease.thread_id;
    let batches: Vec<_> = (0..5000)
        .map(|n| AppendItems::new(lease.clone(), cx.items(n * BATCH..(n + 1) * BATCH)))
        .collect();
    let (store, (acknowledge, mut acknowledged)) = (cx.shared(), mpsc::unbounded_channel());
    let writer = tokio::spawn(async move {
        for batch in batches {
            // What a dead process answers, if anything, is of no interest.
            let Ok(receipt) = store.append_items(batch).await else {
                break;
            };
            if acknowledge.send(receipt.next.get()).is_err() {
                break;
            }
        }
    });
    let mut least = 0;
    while least < 20 * BATCH {
        least = expect_some("an acknowledgement", acknowledged.recv().await)?;
    }
    while let Ok(more) = acknowledged.try_recv() {
        least = more;
    }
    cx.crash().await?;
    drop(acknowledged);
    ended(writer).await?;
    let end = cx.read(id).await?.next_ordinal.get();
    expect("all that was acknowledged is there", end >= least)?;
    cx.expect_items(id, end).await?;
    if cx.capabilities().atomic_batch {
        expect_eq("items of a broken batch", 0, end % BATCH)?;
    }
    let new = cx.resume(id).await?;
    let start = end - end % BATCH;
    cx.append_at(&new, start, cx.items(start..start + BATCH)).await?;
    cx.expect_items(id, start + BATCH).await
}

pub(super) async fn a_store_that_crashes_often_opens_every_time(mut cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    for n in 0..8 {
        let lease = cx.resume(id).await?;
        cx.append(&lease, cx.items(n * 2..n * 2 + 2)).await?;
        cx.thread(1).await?;
        cx.crash().await?;
        cx.expect_items(id, n * 2 + 2).await?;
        expect_eq("how many threads", n as usize + 2, cx.list_all().await?.len())?;
    }
    Ok(())
}
