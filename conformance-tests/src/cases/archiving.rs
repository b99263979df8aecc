//! Archiving and unarchiving one thread.

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::tasks::{at_once, ended};
use crate::support::words::*;

pub(super) async fn archiving_again_changes_nothing(cx: Cx) -> CaseResult {
    let id = cx.thread(1).await?;
    expect_eq("changed at first", vec![id], cx.store().archive_thread(id).await?.thread_ids)?;
    let archived = cx.read(id).await?;
    if let Ok(clock) = cx.clock() {
        clock.advance_millis(1000);
    }
    expect_eq("changed again", vec![], cx.store().archive_thread(id).await?.thread_ids)?;
    expect_eq("the thread", archived, cx.read(id).await?)
}

pub(super) async fn unarchiving_again_changes_nothing(cx: Cx) -> CaseResult {
    let id = cx.thread(1).await?;
    expect_eq("of an active thread", vec![], cx.store().unarchive_thread(id).await?.thread_ids)?;
    cx.store().archive_thread(id).await?;
    expect_eq("changed", vec![id], cx.store().unarchive_thread(id).await?.thread_ids)?;
    expect_eq("changed again", vec![], cx.store().unarchive_thread(id).await?.thread_ids)
}

pub(super) async fn archiving_leaves_all_else_as_it_was(cx: Cx) -> CaseResult {
    let mut metadata = named("n").cwd("/a".to_owned()).preview("p".to_owned());
    metadata.labels.set("k", "v");
    metadata.extra.insert("unknown_member".to_owned(), serde_json::json!({"a": [1, null]}));
    let id = cx.make(cx.create().with_items(cx.items(0..4)).with_metadata(metadata)).await?;
    cx.update(id, named("m")).await?;
    let before = cx.read(id).await?;
    cx.store().archive_thread(id).await?;
    let archived = cx.read(id).await?;
    expect_eq("metadata", &before.metadata, &archived.metadata)?;
    expect_eq("identity", &before.identity, &archived.identity)?;
    expect_eq("version", before.metadata_version, archived.metadata_version)?;
    cx.expect_items(id, 4).await?;
    cx.store().unarchive_thread(id).await?;
    let after = cx.read(id).await?;
    let same = StoredThread::clone(&before);
    expect_eq("metadata", same.metadata, after.metadata)?;
    expect_eq("archived at", None, after.archived_at)?;
    expect_eq("version", before.metadata_version, after.metadata_version)?;
    cx.expect_items(id, 4).await
}

pub(super) async fn a_thread_is_archived_at_the_time_of_the_clock(cx: Cx) -> CaseResult {
    let clock = cx.clock()?;
    let id = cx.thread(0).await?;
    for _ in 0..3 {
        clock.advance_millis(1234);
        cx.store().archive_thread(id).await?;
        expect_eq("archived at", Some(clock.now()), cx.read(id).await?.archived_at)?;
        cx.store().unarchive_thread(id).await?;
        expect_eq("archived at", None, cx.read(id).await?.archived_at)?;
    }
    Ok(())
}

pub(super) async fn a_thread_can_be_created_archived(cx: Cx) -> CaseResult {
    let create = cx.create().with_archived_at(cx.time(77)).with_items(cx.items(0..2));
    let id = cx.make(create).await?;
    expect_error("read_thread", "archived", cx.store().read_thread(id.into()).await)?;
    expect_eq("archived at", Some(cx.time(77)), cx.read(id).await?.archived_at)?;
    expect_eq("archived again", vec![], cx.store().archive_thread(id).await?.thread_ids)?;
    expect_eq("unarchived", vec![id], cx.store().unarchive_thread(id).await?.thread_ids)?;
    cx.expect_items(id, 2).await
}

pub(super) async fn archiving_is_seen_through_every_handle(cx: Cx) -> CaseResult {
    let (id, other) = (cx.thread(1).await?, cx.open().await?);
    expect("at first it is active", !other.thread(id).await?.is_archived())?;
    cx.store().archive_thread(id).await?;
    expect_error("read_thread", "archived", other.read_thread(id.into()).await)?;
    let archived = ListFilter::default().with_archived(true);
    expect_eq("the list", vec![id], ids(&other.list_threads(archived.into()).await?))?;
    other.unarchive_thread(id).await?;
    cx.store().read_thread(id.into()).await?;
    Ok(())
}

pub(super) async fn of_many_who_archive_at_once_one_changes_the_thread(cx: Cx) -> CaseResult {
    let id = cx.thread(1).await?;
    let archive = |_| {
        let store = cx.shared();
        async move { store.archive_thread(id).await }
    };
    let mut changed = Vec::new();
    for answer in at_once((0..10).map(archive).collect::<Vec<_>>()).await? {
        changed.extend(answer?.thread_ids);
    }
    expect_eq("changed", vec![id], changed)
}

pub(super) async fn archiving_a_leased_thread_fences_its_holder(cx: Cx) -> CaseResult {
    let lease = cx.leased(2).await?;
    cx.store().archive_thread(lease.thread_id).await?;
    let error = expect_error("append", "conflict.fenced", cx.append(&lease, cx.items(2..3)).await)?;
    match error.as_conflict() {
        Some(Conflict::Fenced { epoch, current, holder: None, next_ordinal }) => {
            expect_eq("the epoch", lease.epoch, *epoch)?;
            expect("the epoch in force is larger", *current > lease.epoch)?;
            expect_eq("the next ordinal", Ordinal::new(2), *next_ordinal)?;
        }
        other => return fail("the conflict", "fenced, without a holder", other),
    }
    expect_error("flush", "conflict.fenced", cx.store().flush_thread(lease.clone()).await)?;
    expect_error("shutdown", "conflict.fenced", cx.store().shutdown_thread(lease.clone()).await)?;
    cx.store().discard_thread(lease.clone()).await?;
    cx.expect_items(lease.thread_id, 2).await
}

pub(super) async fn unarchiving_revives_no_lease(cx: Cx) -> CaseResult {
    let old = cx.leased(1).await?;
    cx.store().archive_thread(old.thread_id).await?;
    cx.store().unarchive_thread(old.thread_id).await?;
    expect_error("append", "conflict.fenced", cx.append(&old, cx.items(1..2)).await)?;
    let new = cx.resume_if_free(old.thread_id).await?;
    expect("the epoch is larger", new.epoch > old.epoch)?;
    cx.append(&new, cx.items(1..2)).await?;
    cx.expect_items(old.thread_id, 2).await
}

pub(super) async fn a_lease_taken_while_archived_outlives_unarchiving(cx: Cx) -> CaseResult {
    let id = cx.thread(1).await?;
    cx.store().archive_thread(id).await?;
    let lease = cx.resume(id).await?;
    cx.append(&lease, cx.items(1..2)).await?;
    cx.store().unarchive_thread(id).await?;
    cx.append(&lease, cx.items(2..3)).await?;
    expect_error("resume_thread", "conflict.held", cx.resume_if_free(id).await)?;
    cx.expect_items(id, 3).await
}

pub(super) async fn nothing_of_a_lease_lands_after_archiving(cx: Cx) -> CaseResult {
    let lease = cx.leased(0).await?;
    let tasks: Vec<_> = (0..50).map(|n| cx.append_task(&lease, cx.items(n..n + 1))).collect();
    let appends = tokio::spawn(at_once(tasks));
    cx.store().archive_thread(lease.thread_id).await?;
    let at_archiving = cx.texts(lease.thread_id).await?;
    for error in ended(appends).await??.into_iter().filter_map(Result::err) {
        expect_eq("the error", "conflict.fenced", error.code())?;
    }
    expect_eq("the history later", at_archiving, cx.texts(lease.thread_id).await?)
}
