//! Damaged records and failing writes.

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::words::*;

/// A thread of five items of which one is damaged.
async fn damaged(cx: &mut Cx, ordinal: u64) -> CaseResult<ThreadId> {
    let id = cx.thread(5).await?;
    cx.damage(id, ordinal).await?;
    Ok(id)
}

fn without(cx: &Cx, ordinal: u64) -> Vec<String> {
    let rest = (0..5).filter(|n| *n != ordinal);
    rest.map(|n| cx.item(n).text().into_owned()).collect()
}

pub(super) async fn a_damaged_record_hides_no_other(mut cx: Cx) -> CaseResult {
    for ordinal in [0, 2, 4] {
        let id = damaged(&mut cx, ordinal).await?;
        expect_eq("the others", without(&cx, ordinal), cx.texts(id).await?)?;
    }
    Ok(())
}

pub(super) async fn a_damaged_record_is_reported_with_its_place(mut cx: Cx) -> CaseResult {
    for (ordinal, after) in [(0, None), (2, Some(Ordinal::new(1))), (4, Some(Ordinal::new(3)))] {
        let id = damaged(&mut cx, ordinal).await?;
        for direction in [Direction::Ascending, Direction::Descending] {
            let load = LoadHistory::new(id).with_direction(direction);
            let damage = cx.store().load_history(load).await?.damage;
            expect_eq("how many", (1, 1), (damage.count, damage.records.len()))?;
            expect_eq("after which ordinal", after, damage.records[0].after)?;
            expect("it says where", !damage.records[0].location.is_empty())?;
        }
    }
    Ok(())
}

pub(super) async fn a_strict_read_of_damage_is_corrupt(mut cx: Cx) -> CaseResult {
    let id = damaged(&mut cx, 2).await?;
    let whole = LoadHistory::new(id).with_strict(true);
    expect_error("load_history", "corrupt", cx.store().load_history(whole.clone()).await)?;
    let start = whole.with_range(OrdinalRange::between(Ordinal::ZERO, Ordinal::new(2)));
    expect_eq("the part before it", 2, cx.store().load_history(start).await?.items.len())
}

pub(super) async fn damage_costs_its_thread_nothing_else(mut cx: Cx) -> CaseResult {
    let (other, id) = (cx.thread(3).await?, cx.thread(5).await?);
    let before = cx.read(id).await?;
    cx.damage(id, 2).await?;
    expect_eq("metadata", before.metadata, cx.read(id).await?.metadata)?;
    expect_eq("the list", vec![other, id], cx.list_all().await?)?;
    cx.update(id, named("still editable")).await?;
    cx.store().archive_thread(id).await?;
    cx.store().unarchive_thread(id).await?;
    expect_eq("the others", without(&cx, 2), cx.texts(id).await?)?;
    cx.expect_items(other, 3).await
}

pub(super) async fn appends_go_on_after_damage(mut cx: Cx) -> CaseResult {
    for ordinal in [1, 4] {
        let id = damaged(&mut cx, ordinal).await?;
        let lease = cx.resume(id).await?;
        let receipt = cx.append(&lease, cx.items(90..92)).await?;
        expect_eq("where they went", lease.next_ordinal, receipt.first)?;
        let mut expected = without(&cx, ordinal);
        expected.extend(cx.items(90..92).iter().map(|item| item.text().into_owned()));
        expect_eq("the history", &expected, &cx.texts(id).await?)?;
        cx.reopen().await?;
        expect_eq("the history, reopened", expected, cx.texts(id).await?)?;
    }
    Ok(())
}

pub(super) async fn a_damaged_history_is_not_forked_in_silence(mut cx: Cx) -> CaseResult {
    let id = damaged(&mut cx, 2).await?;
    let fork = ForkThread::new(id, cx.id());
    expect_error("fork_thread", "corrupt", cx.store().fork_thread(fork.clone()).await)?;
    expect_error("read_thread", "not_found", cx.store().thread(fork.new_thread_id).await)?;
    let fork = cx.fork_at(id, 2).await?.thread;
    cx.expect_items(fork.thread_id, 2).await
}

pub(super) async fn a_damaged_thread_is_deleted_like_any_other(mut cx: Cx) -> CaseResult {
    cx.needs_delete()?;
    let id = damaged(&mut cx, 2).await?;
    cx.delete(id).await?;
    expect_error("read_thread", "not_found", cx.store().thread(id).await)?;
    cx.make(CreateThread::new(id)).await?;
    cx.expect_items(id, 0).await
}

/// The operation failed for want of the medium; answers whether it may have been done all the same.
fn failed<T: std::fmt::Debug>(what: &str, result: Result<T>) -> CaseResult<bool> {
    match result.as_ref().map_err(Error::kind) {
        Err(ErrorKind::Unavailable { outcome, .. }) => Ok(*outcome == Outcome::Unknown),
        Err(ErrorKind::Internal) => Ok(false),
        _ => fail(what, "unavailable or internal", result),
    }
}

pub(super) async fn a_failing_append_is_said_and_repeating_it_settles_it(cx: Cx) -> CaseResult {
    let lease = cx.leased(2).await?;
    cx.append(&lease, cx.items(2..4)).await?;
    cx.fail_writes(true).await?;
    let open = failed("append", cx.append_at(&lease, 4, cx.items(4..7)).await)?;
    if !open {
        cx.expect_items(lease.thread_id, 4).await?;
    }
    cx.fail_writes(false).await?;
    cx.append_at(&lease, 4, cx.items(4..7)).await?;
    cx.store().flush_thread(lease.clone()).await?;
    cx.expect_items(lease.thread_id, 7).await
}

pub(super) async fn what_was_acknowledged_stays_through_failing_writes(mut cx: Cx) -> CaseResult {
    let lease = cx.leased(0).await?;
    for n in 0..5 {
        cx.append_at(&lease, n, cx.items(n..n + 1)).await?;
        cx.fail_writes(true).await?;
        failed("append", cx.append_at(&lease, n + 1, cx.items(n + 1..n + 2)).await)?;
        let read = cx.texts(lease.thread_id).await?;
        expect("what was acknowledged is there", read.len() > n as usize)?;
        cx.fail_writes(false).await?;
    }
    cx.append_at(&lease, 5, cx.items(5..6)).await?;
    cx.reopen().await?;
    cx.expect_items(lease.thread_id, 6).await
}

pub(super) async fn reads_and_lists_go_on_while_writes_fail(cx: Cx) -> CaseResult {
    let id = cx.thread(3).await?;
    let before = cx.read(id).await?;
    cx.fail_writes(true).await?;
    expect_eq("the thread", before, cx.read(id).await?)?;
    expect_eq("the list", vec![id], cx.list_all().await?)?;
    cx.expect_items(id, 3).await
}

pub(super) async fn a_failing_creation_can_be_repeated(cx: Cx) -> CaseResult {
    let create = cx.create().with_items(cx.items(0..3)).with_request_id("once".to_owned());
    cx.fail_writes(true).await?;
    let open = failed("create_thread", cx.store().create_thread(create.clone()).await)?;
    if !open {
        expect_error("read_thread", "not_found", cx.store().thread(create.thread_id).await)?;
    }
    cx.fail_writes(false).await?;
    let thread = cx.store().create_thread(create).await?.thread;
    expect_eq("the list", vec![thread.thread_id], cx.list_all().await?)?;
    cx.expect_items(thread.thread_id, 3).await
}

pub(super) async fn a_failing_edit_can_be_repeated(cx: Cx) -> CaseResult {
    let before = cx.read(cx.with(named("old")).await?).await?;
    let id = before.thread_id;
    let update = UpdateThreadMetadata::new(id, named("new"))
        .with_expected_version(before.metadata_version)
        .with_request_id("once".to_owned());
    cx.fail_writes(true).await?;
    let open = failed("update", cx.store().update_thread_metadata(update.clone()).await)?;
    if !open {
        expect_eq("the thread", &before, &cx.read(id).await?)?;
    }
    cx.fail_writes(false).await?;
    let after = cx.store().update_thread_metadata(update).await?;
    expect_eq("the name", Some("new"), after.metadata.name.as_deref())?;
    expect_eq("the version", before.metadata_version + 1, after.metadata_version)
}

pub(super) async fn failing_archiving_and_deleting_can_be_repeated(cx: Cx) -> CaseResult {
    let id = cx.thread(2).await?;
    cx.fail_writes(true).await?;
    let open = failed("archive", cx.store().archive_thread(id).await)?;
    expect("it is active", open || !cx.read(id).await?.is_archived())?;
    if cx.capabilities().delete {
        let open = open || failed("delete_thread", cx.store().delete_thread(id.into()).await)?;
        expect("it is there", open || cx.store().thread(id).await.is_ok())?;
    }
    cx.fail_writes(false).await?;
    if cx.store().thread(id).await.is_ok() {
        cx.store().archive_thread(id).await?;
        expect("it is archived", cx.read(id).await?.is_archived())?;
    }
    Ok(())
}

pub(super) async fn a_failing_takeover_can_be_repeated(cx: Cx) -> CaseResult {
    let old = cx.leased(1).await?;
    cx.fail_writes(true).await?;
    let resume = ResumeThread::new(old.thread_id, cx.holder());
    let open = failed("resume_thread", cx.store().resume_thread(resume).await)?;
    cx.fail_writes(false).await?;
    if !open {
        cx.append(&old, cx.items(1..2)).await?;
    }
    let new = cx.resume(old.thread_id).await?;
    expect("the epoch is larger", new.epoch > old.epoch)?;
    expect_error("append", "conflict.fenced", cx.append(&old, cx.items(2..3)).await)?;
    cx.append(&new, cx.items(2..3)).await?;
    Ok(())
}
