//! Deleting.

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::tasks::{at_once, ended};
use crate::support::words::*;

pub(super) async fn a_deleted_thread_is_unknown_everywhere(cx: Cx) -> CaseResult {
    cx.needs_delete()?;
    let (store, id) = (cx.store(), cx.thread(3).await?);
    expect_eq("the threads deleted", vec![id], cx.delete(id).await?)?;
    let code = "not_found";
    expect_error("read_thread", code, store.thread(id).await)?;
    expect_error("load_history", code, store.history(id).await)?;
    expect_error(
        "resume_thread",
        code,
        store.resume_thread(ResumeThread::new(id, cx.holder())).await,
    )?;
    let update = UpdateThreadMetadata::new(id, named("x"));
    expect_error("update_thread_metadata", code, store.update_thread_metadata(update).await)?;
    expect_error("archive", code, store.archive_thread(id).await)?;
    expect_error("unarchive", code, store.unarchive_thread(id).await)?;
    expect_error("fork_thread", code, store.fork_thread(ForkThread::new(id, cx.id())).await)?;
    expect_error("explain", code, store.explain(Explain::new(id, ListFilter::default())).await)?;
    expect_error("delete_thread", code, store.delete_thread(id.into()).await)?;
    Ok(())
}

pub(super) async fn lists_forget_a_deleted_thread(cx: Cx) -> CaseResult {
    cx.needs_delete()?;
    let kept = cx.with(named("the kept one")).await?;
    let gone = cx.with(named("the gone one").cwd("/gone".to_owned())).await?;
    cx.delete(gone).await?;
    expect_eq("the list", vec![kept], cx.list_all().await?)?;
    let by_name = ListFilter::default().with_search_term("one".to_owned());
    expect_eq("by name", vec![kept], cx.list(by_name).await?)?;
    let by_cwd = ListFilter::default().with_cwds(vec!["/gone".to_owned()]);
    expect_eq("by directory", vec![], cx.list(by_cwd).await?)
}

pub(super) async fn archived_threads_are_deleted_without_asking(cx: Cx) -> CaseResult {
    cx.needs_delete()?;
    let id = cx.thread(1).await?;
    cx.store().archive_thread(id).await?;
    expect_eq("the threads deleted", vec![id], cx.delete(id).await?)?;
    expect_error("read_thread", "not_found", cx.store().thread(id).await)?;
    Ok(())
}

pub(super) async fn an_id_created_again_is_a_new_thread(cx: Cx) -> CaseResult {
    cx.needs_delete()?;
    let mut metadata = named("old").title("old".to_owned()).preview("old".to_owned());
    metadata.labels.set("old", "old");
    metadata.extra.insert("old_member".to_owned(), true.into());
    let id = cx.make(cx.create().with_items(cx.items(0..5)).with_metadata(metadata)).await?;
    cx.update(id, named("old again")).await?;
    cx.store().archive_thread(id).await?;
    cx.delete(id).await?;
    let create = CreateThread::new(id).with_created_at(cx.time(9)).with_items(cx.items(0..1));
    let thread = cx.store().create_thread(create).await?.thread;
    expect_eq("metadata", &ThreadMetadata::new(cx.time(9)), &thread.metadata)?;
    expect_eq("archived at", None, thread.archived_at)?;
    expect_eq("version", 1, thread.metadata_version)?;
    expect_eq("the thread", thread, cx.read(id).await?)?;
    let by_name = ListFilter::default().with_search_term("old".to_owned());
    expect_eq("by the old name", vec![], cx.list(by_name).await?)?;
    expect_eq("the list", vec![id], cx.list_all().await?)?;
    cx.expect_items(id, 1).await
}

pub(super) async fn a_request_of_a_deleted_thread_creates_it_anew(cx: Cx) -> CaseResult {
    cx.needs_delete()?;
    let create = cx.create().with_request_id("once".to_owned());
    let id = cx.make(create.clone().with_items(cx.items(0..3))).await?;
    cx.delete(id).await?;
    cx.make(create).await?;
    cx.expect_items(id, 0).await
}

pub(super) async fn children_of_a_deleted_thread_stay_with_their_parent_id(cx: Cx) -> CaseResult {
    cx.needs_delete()?;
    let parent = cx.thread(1).await?;
    let child = cx.child(parent).await?;
    let before = cx.read(child).await?;
    expect_eq("the threads deleted", vec![parent], cx.delete(parent).await?)?;
    let after = cx.read(child).await?;
    expect_eq("its parent", Some(parent), after.identity.parent_thread_id)?;
    expect_eq("the child", before, after)?;
    expect_eq("the list", vec![child], cx.list_all().await?)
}

pub(super) async fn the_next_use_of_a_lease_on_a_deleted_thread_is_not_found(cx: Cx) -> CaseResult {
    cx.needs_delete()?;
    let lease = cx.leased(1).await?;
    cx.delete(lease.thread_id).await?;
    let (store, code) = (cx.store(), "not_found");
    expect_error("append", code, cx.append(&lease, cx.items(1..2)).await)?;
    expect_error("append that stands", code, cx.append_at(&lease, 0, cx.items(0..1)).await)?;
    expect_error("flush", code, store.flush_thread(lease.clone()).await)?;
    expect_error("shutdown", code, store.shutdown_thread(lease.clone()).await)?;
    expect_error("discard", code, store.discard_thread(lease).await)?;
    Ok(())
}

pub(super) async fn deleting_is_seen_through_every_handle(cx: Cx) -> CaseResult {
    cx.needs_delete()?;
    let (lease, other) = (cx.leased(2).await?, cx.open().await?);
    let id = lease.thread_id;
    expect_eq("at first", 2, other.history(id).await?.len())?;
    cx.delete(id).await?;
    expect_error("history", "not_found", other.history(id).await)?;
    let append = AppendItems::new(lease, cx.items(2..3));
    expect_error("append", "not_found", other.append_items(append).await)?;
    expect_eq("the list", 0, other.list_threads(ListThreads::new()).await?.threads.len())
}

pub(super) async fn of_many_who_delete_at_once_one_does(cx: Cx) -> CaseResult {
    cx.needs_delete()?;
    let id = cx.thread(2).await?;
    let delete = |_| {
        let store = cx.shared();
        async move { store.delete_thread(id.into()).await }
    };
    let answers = at_once((0..10).map(delete).collect::<Vec<_>>()).await?;
    let (done, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    expect_eq("how many deleted it", 1, done.len())?;
    for answer in refused {
        expect_error("delete_thread", "not_found", answer)?;
    }
    Ok(())
}

pub(super) async fn deleting_one_thread_leaves_the_others(cx: Cx) -> CaseResult {
    cx.needs_delete()?;
    let (kept, gone) = (cx.leased(3).await?, cx.leased(3).await?);
    let before = cx.read(kept.thread_id).await?;
    cx.delete(gone.thread_id).await?;
    expect_eq("the thread", before, cx.read(kept.thread_id).await?)?;
    cx.append(&kept, cx.items(3..4)).await?;
    cx.expect_items(kept.thread_id, 4).await
}

pub(super) async fn appends_beside_a_delete_are_done_or_not_found(cx: Cx) -> CaseResult {
    cx.needs_delete()?;
    let lease = cx.leased(0).await?;
    let tasks: Vec<_> = (0..50).map(|n| cx.append_task(&lease, cx.items(n..n + 1))).collect();
    let appends = tokio::spawn(at_once(tasks));
    cx.delete(lease.thread_id).await?;
    for error in ended(appends).await??.into_iter().filter_map(Result::err) {
        expect_eq("the error", "not_found", error.code())?;
    }
    expect_error("read_thread", "not_found", cx.store().thread(lease.thread_id).await)?;
    cx.make(CreateThread::new(lease.thread_id)).await?;
    cx.expect_items(lease.thread_id, 0).await
}

pub(super) async fn a_store_that_does_not_delete_refuses_to(cx: Cx) -> CaseResult {
    if cx.capabilities().delete {
        return skip("the store deletes");
    }
    let lease = cx.leased(2).await?;
    let before = cx.read(lease.thread_id).await?;
    for descendants in [false, true] {
        let delete = DeleteThread::new(lease.thread_id).with_descendants(descendants);
        expect_error("delete_thread", "unsupported", cx.store().delete_thread(delete).await)?;
    }
    expect_eq("the thread", before, cx.read(lease.thread_id).await?)?;
    cx.append(&lease, cx.items(2..3)).await?;
    cx.expect_items(lease.thread_id, 3).await
}
