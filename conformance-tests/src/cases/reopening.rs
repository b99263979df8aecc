//! What is there when a store is opened again.

use serde_json::json;
use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::population::Population;
use crate::support::words::*;

pub(super) async fn a_reopened_store_has_what_was_appended(mut cx: Cx) -> CaseResult {
    let lease = cx.leased(3).await?;
    cx.append(&lease, cx.items(3..5)).await?;
    let before = cx.read(lease.thread_id).await?;
    cx.reopen().await?;
    expect_eq("the thread", before, cx.read(lease.thread_id).await?)?;
    cx.expect_items(lease.thread_id, 5).await
}

pub(super) async fn a_reopened_store_has_every_record_and_answers_every_list(
    mut cx: Cx,
) -> CaseResult {
    let before = cx.populate().await?;
    cx.reopen().await?;
    let after = cx.look_at(before.ids.clone()).await?;
    expect_eq("the records", &before.threads, &after.threads)?;
    cx.expect_every_filter(&before).await?;
    for order in Population::orders() {
        cx.expect_list(&before, order).await?;
    }
    Ok(())
}

pub(super) async fn a_reopened_store_has_odd_items_byte_for_byte(mut cx: Cx) -> CaseResult {
    let long = format!(r#"{{"long":"{}"}}"#, "é\\n".repeat(400_000));
    let odd = [
        "{}",
        r#"{ "b" : 1 ,"a":  2, "a": 3 }"#,
        r#"{"s":"\ud800 \u0000"}"#,
        "{\"t\":\"\u{2028}\" \r}",
        &long,
    ];
    let items = odd.iter().map(|text| cx.raw(text)).collect::<Vec<_>>();
    let id = cx.make(cx.create().with_items(items)).await?;
    cx.reopen().await?;
    let same = odd.iter().zip(cx.texts(id).await?).all(|(was, is)| *was == is);
    expect("the items are the same", same)?;
    expect_eq("how many", Ordinal::new(5), cx.read(id).await?.next_ordinal)
}

pub(super) async fn a_reopened_store_has_labels_members_and_versions(mut cx: Cx) -> CaseResult {
    let mut metadata = named("größe 🦀\n");
    metadata.labels.set("", "");
    metadata.labels.set("größe.\"k\"", "v\n");
    metadata
        .extra
        .insert("unknown_member".to_owned(), json!({"a": [1, 2.5, {"b": {}}], "n": u64::MAX}));
    let id = cx.with(metadata).await?;
    for n in 0..4 {
        cx.update(id, named(&format!("name {n}"))).await?;
    }
    cx.update(id, ThreadMetadataPatch::default().updated_at(cx.time(9))).await?;
    let before = cx.read(id).await?;
    cx.reopen().await?;
    expect_eq("the thread", &before, &cx.read(id).await?)?;
    let stale = UpdateThreadMetadata::new(id, named("x"))
        .with_expected_version(before.metadata_version - 1);
    let result = cx.store().update_thread_metadata(stale).await;
    expect_error("a stale edit", "conflict.metadata_version", result)?;
    Ok(())
}

pub(super) async fn archived_and_deleted_threads_stay_so(mut cx: Cx) -> CaseResult {
    let (active, archived, back) = (cx.thread(1).await?, cx.thread(2).await?, cx.thread(3).await?);
    cx.store().archive_thread(archived).await?;
    cx.store().archive_thread(back).await?;
    cx.store().unarchive_thread(back).await?;
    let mut left = vec![active, archived, back];
    if cx.capabilities().delete {
        cx.delete(active).await?;
        left.remove(0);
    }
    let before = cx.read(archived).await?;
    cx.reopen().await?;
    expect_eq("the list", left, cx.list_all().await?)?;
    expect_eq("the archived one", before, cx.read(archived).await?)?;
    expect("the one taken back is active", !cx.read(back).await?.is_archived())?;
    cx.expect_items(archived, 2).await
}

pub(super) async fn relations_and_forks_stay(mut cx: Cx) -> CaseResult {
    let root = cx.thread(3).await?;
    let child = cx.child(root).await?;
    let leaf = cx.child(child).await?;
    let fork = cx.fork_at(root, 2).await?.thread;
    cx.reopen().await?;
    let below = ListFilter::default().with_relation(Relation::DescendantsOf(root));
    expect_eq("descendants", vec![child, leaf], cx.list(below).await?)?;
    expect_eq("the fork", &fork, &cx.read(fork.thread_id).await?)?;
    cx.expect_items(fork.thread_id, 2).await
}

pub(super) async fn a_lease_works_after_reopening(mut cx: Cx) -> CaseResult {
    let lease = cx.leased(1).await?;
    cx.append(&lease, cx.items(1..2)).await?;
    cx.reopen().await?;
    cx.append(&lease, cx.items(2..3)).await?;
    cx.store().flush_thread(lease.clone()).await?;
    cx.store().shutdown_thread(lease.clone()).await?;
    expect_conflict("append", &closed(&lease, 3), cx.append(&lease, cx.items(3..4)).await)?;
    cx.expect_items(lease.thread_id, 3).await
}

pub(super) async fn fenced_and_released_leases_stay_so(mut cx: Cx) -> CaseResult {
    let (fenced, released, archived) =
        (cx.leased(1).await?, cx.leased(1).await?, cx.leased(1).await?);
    let newer = cx.resume(fenced.thread_id).await?;
    cx.store().discard_thread(released.clone()).await?;
    cx.store().archive_thread(archived.thread_id).await?;
    cx.reopen().await?;
    let result = cx.append(&fenced, cx.items(1..2)).await;
    expect_conflict("append", &fenced_by(&fenced, &newer, 1), result)?;
    expect_conflict("append", &closed(&released, 1), cx.append(&released, cx.items(1..2)).await)?;
    expect_error("append", "conflict.fenced", cx.append(&archived, cx.items(1..2)).await)?;
    cx.append(&newer, cx.items(1..2)).await?;
    cx.expect_items(fenced.thread_id, 2).await
}

pub(super) async fn epochs_grow_across_reopening(mut cx: Cx) -> CaseResult {
    let mut last = cx.leased(0).await?;
    for round in 0..4 {
        if round % 2 == 0 {
            cx.store().shutdown_thread(last.clone()).await?;
        }
        cx.reopen().await?;
        let next = cx.resume(last.thread_id).await?;
        expect("the epoch is larger", next.epoch > last.epoch)?;
        last = next;
    }
    Ok(())
}

pub(super) async fn epochs_of_a_deleted_thread_are_remembered(mut cx: Cx) -> CaseResult {
    cx.needs_delete()?;
    cx.leased(0).await?;
    let old = cx.leased(1).await?;
    cx.delete(old.thread_id).await?;
    cx.reopen().await?;
    let again = CreateThread::new(old.thread_id).with_lease(cx.holder());
    let new = expect_some("a lease", cx.store().create_thread(again).await?.lease)?;
    expect("the epoch is larger", new.epoch > old.epoch)?;
    expect_conflict("append", &fenced_by(&old, &new, 0), cx.append(&old, cx.items(0..1)).await)
}

pub(super) async fn requests_are_recognised_after_reopening(mut cx: Cx) -> CaseResult {
    let create = cx.create().with_items(cx.items(0..2)).with_request_id("create".to_owned());
    let id = cx.make(create.clone()).await?;
    let version = cx.read(id).await?.metadata_version;
    let update = UpdateThreadMetadata::new(id, named("once"))
        .with_expected_version(version)
        .with_request_id("update".to_owned());
    let updated = cx.store().update_thread_metadata(update.clone()).await?;
    cx.reopen().await?;
    expect_eq("the edit", &updated, &cx.store().update_thread_metadata(update).await?)?;
    expect_eq("the creation", updated, cx.store().create_thread(create.clone()).await?.thread)?;
    let other = create.with_request_id("another".to_owned());
    let result = cx.store().create_thread(other).await;
    expect_error("another request", "conflict.already_exists", result)?;
    Ok(())
}

pub(super) async fn a_repeated_append_is_recognised_after_reopening(mut cx: Cx) -> CaseResult {
    let lease = cx.leased(2).await?;
    let receipt = cx.append_at(&lease, 2, cx.items(2..5)).await?;
    cx.reopen().await?;
    let lease = cx.resume(lease.thread_id).await?;
    expect_eq("where it goes on", Ordinal::new(5), lease.next_ordinal)?;
    expect_eq("the receipt", receipt, cx.append_at(&lease, 2, cx.items(2..5)).await?)?;
    cx.append_at(&lease, 4, cx.items(4..8)).await?;
    cx.expect_items(lease.thread_id, 8).await
}

pub(super) async fn a_history_grows_across_many_openings(mut cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    for n in 0..10 {
        let lease = cx.resume(id).await?;
        cx.append(&lease, cx.items(n * 7..n * 7 + 7)).await?;
        cx.reopen().await?;
        cx.expect_items(id, n * 7 + 7).await?;
    }
    Ok(())
}

pub(super) async fn opening_changes_nothing(mut cx: Cx) -> CaseResult {
    let before = cx.populate().await?;
    for _ in 0..3 {
        if let Ok(clock) = cx.clock() {
            clock.advance_millis(60_000);
        }
        cx.reopen().await?;
    }
    expect_eq("the records", before.threads, cx.look_at(before.ids).await?.threads)
}
