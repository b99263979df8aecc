//! Futures that are dropped half-way.

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::observe::expect_whole_batches;
use crate::support::tasks::{dropped_after, polls};

pub(super) async fn a_dropped_append_is_wholly_done_or_undone(cx: Cx) -> CaseResult {
    let lease = cx.leased(0).await?;
    for (batch, polls) in (0..).zip(polls()) {
        let items = cx.items(batch * 7..batch * 7 + 7);
        dropped_after(polls, cx.append(&lease, items)).await.transpose()?;
        expect_whole_batches(cx.store().as_ref(), lease.thread_id, 7).await?;
    }
    let texts = cx.texts(lease.thread_id).await?;
    expect_eq("items of an unfinished batch", 0, texts.len() % 7)?;
    let mut seen = std::collections::HashSet::new();
    for batch in texts.chunks(7) {
        let is_batch = |n: &u64| (0..7).all(|at| cx.item(n * 7 + at as u64).text() == batch[at]);
        let number = (0..36).find(is_batch);
        expect("every batch is whole", number.is_some())?;
        expect("no batch stands twice", seen.insert(number))?;
    }
    Ok(())
}

pub(super) async fn a_dropped_append_can_be_repeated(cx: Cx) -> CaseResult {
    let lease = cx.leased(0).await?;
    for (batch, polls) in (0..).zip(polls()) {
        let (at, items) = (batch * 5, cx.items(batch * 5..batch * 5 + 5));
        dropped_after(polls, cx.append_at(&lease, at, items.clone())).await.transpose()?;
        let receipt = cx.append_at(&lease, at, items).await?;
        expect_eq("the next ordinal", at + 5, receipt.next.get())?;
    }
    cx.expect_items(lease.thread_id, 36 * 5).await
}

pub(super) async fn a_dropped_create_is_wholly_done_or_undone(cx: Cx) -> CaseResult {
    for polls in polls() {
        let patch = ThreadMetadataPatch::default().name("whole".to_owned());
        let create = cx.create().with_items(cx.items(0..3)).with_metadata(patch);
        let create = create.with_request_id("once".to_owned());
        dropped_after(polls, cx.store().create_thread(create.clone())).await.transpose()?;
        match cx.store().thread(create.thread_id).await {
            Ok(made) => expect_eq("its end and name", (3, Some("whole")), end_and_name(&made))?,
            absent => drop(expect_error("read_thread", "not_found", absent)?),
        }
        let made = cx.store().create_thread(create).await?.thread;
        expect_eq("its end and name", (3, Some("whole")), end_and_name(&made))?;
        cx.expect_items(made.thread_id, 3).await?;
    }
    Ok(())
}

fn end_and_name(thread: &StoredThread) -> (u64, Option<&str>) {
    (thread.next_ordinal.get(), thread.metadata.name.as_deref())
}

pub(super) async fn a_dropped_fork_is_wholly_done_or_undone(cx: Cx) -> CaseResult {
    let id = cx.thread(20).await?;
    for polls in polls() {
        let fork = ForkThread::new(id, cx.id()).with_request_id("once".to_owned());
        let new_id = fork.new_thread_id;
        dropped_after(polls, cx.store().fork_thread(fork.clone())).await.transpose()?;
        match cx.store().thread(new_id).await {
            Ok(_) => cx.expect_items(new_id, 20).await?,
            absent => drop(expect_error("read_thread", "not_found", absent)?),
        }
        cx.store().fork_thread(fork).await?;
        cx.expect_items(new_id, 20).await?;
    }
    cx.expect_items(id, 20).await
}

pub(super) async fn a_dropped_update_is_wholly_done_or_undone(cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    let both = |text: &str| {
        let mut patch = ThreadMetadataPatch::default().name(text.to_owned());
        patch.labels.set("label", text);
        patch
    };
    cx.patch(id, both("start")).await?;
    for (round, polls) in (0..).zip(polls()) {
        let patch = both(&format!("dropped {round}"));
        dropped_after(polls, cx.patch(id, patch)).await.transpose()?;
        let metadata = cx.read(id).await?.metadata;
        expect_eq("name and label", metadata.name.as_ref(), metadata.labels.get("label"))?;
        let after = cx.patch(id, both(&format!("done {round}"))).await?;
        expect_eq("the thread", after, cx.read(id).await?)?;
    }
    Ok(())
}

pub(super) async fn a_dropped_resume_is_no_obstacle_to_the_next(cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    for (n, polls) in (0..).zip(polls()) {
        let resume = ResumeThread::new(id, Holder::new("dropped"));
        dropped_after(polls, cx.store().resume_thread(resume)).await.transpose()?;
        let lease = cx.resume(id).await?;
        cx.append_at(&lease, n, cx.items(n..n + 1)).await?;
    }
    cx.expect_items(id, 36).await
}

pub(super) async fn a_dropped_release_can_be_repeated(cx: Cx) -> CaseResult {
    for polls in polls() {
        let lease = cx.leased(1).await?;
        dropped_after(polls, cx.store().shutdown_thread(lease.clone())).await.transpose()?;
        cx.store().shutdown_thread(lease.clone()).await?;
        expect_error("append", "conflict.closed", cx.append(&lease, cx.items(1..2)).await)?;
        cx.expect_items(lease.thread_id, 1).await?;
    }
    Ok(())
}

pub(super) async fn a_dropped_archiving_of_a_subtree_covers_all_or_none(cx: Cx) -> CaseResult {
    if !cx.capabilities().descendants {
        return skip("the store archives no subtrees");
    }
    let root = cx.thread(1).await?;
    let threads = [root, cx.child(root).await?, cx.child(root).await?, cx.child(root).await?];
    for (round, polls) in (0..).zip(polls()) {
        let archive = SetArchived::new(root, round % 2 == 0).with_descendants(true);
        dropped_after(polls, cx.store().set_archived(archive.clone())).await.transpose()?;
        let mut archived = Vec::new();
        for id in threads {
            archived.push(cx.read(id).await?.is_archived());
        }
        expect_eq("archived", &vec![archived[0]; 4], &archived)?;
        cx.store().set_archived(archive).await?;
    }
    Ok(())
}

pub(super) async fn a_dropped_deletion_is_wholly_done_or_undone(cx: Cx) -> CaseResult {
    if !cx.capabilities().delete {
        return skip("the store deletes nothing");
    }
    for polls in polls() {
        let id = cx.thread(4).await?;
        dropped_after(polls, cx.store().delete_thread(id.into())).await.transpose()?;
        if cx.store().thread(id).await.is_ok() {
            cx.expect_items(id, 4).await?;
            cx.store().delete_thread(id.into()).await?;
        }
        expect_error("read_thread", "not_found", cx.store().thread(id).await)?;
        expect_eq("the list", vec![], cx.list_all().await?)?;
    }
    Ok(())
}

pub(super) async fn dropped_reads_harm_nothing(cx: Cx) -> CaseResult {
    let id = cx.thread(300).await?;
    for polls in polls() {
        dropped_after(polls, cx.store().load_history(id.into())).await.transpose()?;
        dropped_after(polls, cx.store().read_thread(id.into())).await.transpose()?;
        dropped_after(polls, cx.store().list_threads(ListThreads::new())).await.transpose()?;
    }
    expect_eq("the list", vec![id], cx.list_all().await?)?;
    cx.expect_items(id, 300).await
}
