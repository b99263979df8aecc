//! Meeting archived threads.

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;

/// A thread with three items that is archived.
async fn archived(cx: &Cx) -> CaseResult<ThreadId> {
    let id = cx.thread(3).await?;
    cx.store().archive_thread(id).await?;
    Ok(id)
}

fn renaming(id: ThreadId) -> UpdateThreadMetadata {
    UpdateThreadMetadata::new(id, ThreadMetadataPatch::default().name("renamed".to_owned()))
}

pub(super) async fn an_archived_thread_is_archived_and_not_unknown(cx: Cx) -> CaseResult {
    let (store, id, code) = (cx.store(), archived(&cx).await?, "archived");
    let fork = ForkThread::new(id, cx.id());
    let errors = [
        cx.refused(code, store.read_thread(id.into())).await?,
        cx.refused(code, store.load_history(id.into())).await?,
        cx.refused(code, store.resume_thread(ResumeThread::new(id, cx.holder()))).await?,
        cx.refused(code, store.update_thread_metadata(renaming(id))).await?,
        cx.refused(code, store.fork_thread(fork)).await?,
    ];
    for error in errors {
        expect_eq("the thread of the error", Some(id), error.thread_id())?;
    }
    Ok(())
}

pub(super) async fn an_archived_thread_can_be_read_if_that_is_asked(cx: Cx) -> CaseResult {
    let id = archived(&cx).await?;
    let read = ReadThread::new(id).with_include_archived(true);
    expect("it is archived", cx.store().read_thread(read).await?.is_archived())?;
    let load = LoadHistory::new(id).with_include_archived(true);
    expect_eq("its items", 3, cx.store().load_history(load).await?.items.len())
}

pub(super) async fn an_archived_thread_can_be_updated_if_that_is_asked(cx: Cx) -> CaseResult {
    let id = archived(&cx).await?;
    let before = cx.read(id).await?;
    let update = renaming(id).with_include_archived(true);
    let after = cx.store().update_thread_metadata(update).await?;
    expect_eq("the name", Some("renamed".to_owned()), after.metadata.name)?;
    expect_eq("archived at", before.archived_at, after.archived_at)
}

pub(super) async fn an_archived_thread_can_be_resumed_if_that_is_asked(cx: Cx) -> CaseResult {
    let id = archived(&cx).await?;
    let lease = cx.resume(id).await?;
    cx.append(&lease, cx.items(3..5)).await?;
    cx.expect_items(id, 5).await?;
    expect("it stays archived", cx.read(id).await?.is_archived())
}

pub(super) async fn an_archived_thread_can_be_forked_if_that_is_asked(cx: Cx) -> CaseResult {
    let id = archived(&cx).await?;
    let fork = ForkThread::new(id, cx.id()).with_include_archived(true);
    let made = cx.store().fork_thread(fork).await?.thread;
    expect("the fork is active", !made.is_archived())?;
    cx.expect_items(made.thread_id, 3).await?;
    expect("the thread stays archived", cx.read(id).await?.is_archived())
}

pub(super) async fn archiving_unarchiving_and_deleting_need_no_flag(cx: Cx) -> CaseResult {
    let id = archived(&cx).await?;
    cx.store().archive_thread(id).await?;
    cx.store().unarchive_thread(id).await?;
    cx.store().archive_thread(id).await?;
    if cx.capabilities().delete {
        cx.store().delete_thread(id.into()).await?;
        expect_error("read", "not_found", cx.store().thread(id).await)?;
    }
    Ok(())
}

pub(super) async fn active_threads_are_met_with_the_flag_as_well(cx: Cx) -> CaseResult {
    let id = cx.thread(3).await?;
    let before = cx.store().read_thread(id.into()).await?;
    expect_eq("the thread", &before, &cx.read(id).await?)?;
    cx.expect_items(id, 3).await?;
    let update = renaming(id).with_include_archived(true);
    cx.store().update_thread_metadata(update).await?;
    let fork = ForkThread::new(id, cx.id()).with_include_archived(true);
    cx.store().fork_thread(fork).await?;
    let lease = cx.resume(id).await?;
    cx.append(&lease, cx.items(3..4)).await?;
    cx.expect_items(id, 4).await
}

pub(super) async fn an_unarchived_thread_is_met_without_the_flag(cx: Cx) -> CaseResult {
    let id = archived(&cx).await?;
    cx.store().unarchive_thread(id).await?;
    expect("it is active", !cx.store().read_thread(id.into()).await?.is_archived())?;
    cx.store().resume_thread(ResumeThread::new(id, cx.holder())).await?;
    cx.expect_items(id, 3).await
}

pub(super) async fn a_thread_can_be_archived_from_its_creation_on(cx: Cx) -> CaseResult {
    let create = cx.create().with_items(cx.items(0..2)).with_archived_at(cx.time(77));
    let made = cx.store().create_thread(create).await?.thread;
    let id = made.thread_id;
    expect_eq("archived at", Some(cx.time(77)), made.archived_at)?;
    cx.refused("archived", cx.store().read_thread(id.into())).await?;
    cx.store().unarchive_thread(id).await?;
    cx.expect_items(id, 2).await?;
    expect_eq("archived at", None, cx.read(id).await?.archived_at)
}
