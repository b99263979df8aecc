//! Versions of metadata, and repeated edits.

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::tasks::at_once;

fn named(name: &str) -> ThreadMetadataPatch {
    ThreadMetadataPatch::default().name(name.to_owned())
}

/// A renaming from this version on, with a request id.
fn requested(id: ThreadId, version: u64, request_id: &str) -> UpdateThreadMetadata {
    UpdateThreadMetadata::new(id, named(request_id))
        .with_expected_version(version)
        .with_request_id(request_id.to_owned())
}

/// The conflict of an edit that expects another version.
fn moved(expected: u64, actual: u64) -> Conflict {
    Conflict::MetadataVersion { expected, actual }
}

async fn version(cx: &Cx, id: ThreadId) -> CaseResult<u64> {
    Ok(cx.read(id).await?.metadata_version)
}

pub(super) async fn an_edit_moves_the_version_by_one(cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    for before in 1..6 {
        expect_eq("the version", before, version(&cx, id).await?)?;
        let after = cx.patch(id, named(&before.to_string())).await?;
        expect_eq("the version answered", before + 1, after.metadata_version)?;
    }
    Ok(())
}

pub(super) async fn a_label_or_an_unknown_member_moves_the_version(cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    let mut label = ThreadMetadataPatch::default();
    label.labels.set("key", "value");
    expect_eq("the version", 2, cx.patch(id, label).await?.metadata_version)?;
    let mut unknown = ThreadMetadataPatch::default();
    unknown.extra.insert("of_the_future".to_owned(), 1.into());
    expect_eq("the version", 3, cx.patch(id, unknown).await?.metadata_version)
}

pub(super) async fn a_touch_moves_no_version(cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    let updated = ThreadMetadataPatch::default().updated_at(cx.time(1));
    let recency = ThreadMetadataPatch::default().recency_at(cx.time(2));
    let observed = ThreadMetadataPatch::default().observed_to(Ordinal::new(7));
    let all = updated.clone().merge(recency.clone()).merge(observed.clone()).updated_at(cx.time(3));
    for touch in [updated, recency, observed, all] {
        expect_eq("the version", 1, cx.patch(id, touch).await?.metadata_version)?;
    }
    let metadata = cx.read(id).await?.metadata;
    expect_eq("the times", (cx.time(3), cx.time(2)), (metadata.updated_at, metadata.recency_at))?;
    expect_eq("how far it was observed", Some(Ordinal::new(7)), metadata.observed_to)
}

pub(super) async fn a_touch_with_anything_else_moves_the_version(cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    let patch = named("x").updated_at(cx.time(1)).recency_at(cx.time(1));
    expect_eq("the version", 2, cx.patch(id, patch).await?.metadata_version)
}

pub(super) async fn what_is_no_edit_moves_no_version(cx: Cx) -> CaseResult {
    let lease = cx.leased(1).await?;
    let id = lease.thread_id;
    cx.append(&lease, cx.items(1..3)).await?;
    cx.store().shutdown_thread(lease).await?;
    cx.resume(id).await?;
    cx.store().archive_thread(id).await?;
    cx.store().unarchive_thread(id).await?;
    cx.store().fork_thread(ForkThread::new(id, cx.id())).await?;
    cx.patch(id, ThreadMetadataPatch::default()).await?;
    expect_eq("the version", 1, version(&cx, id).await?)
}

pub(super) async fn an_edit_from_the_expected_version_is_taken(cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    for version in 1..5 {
        let update = UpdateThreadMetadata::new(id, named(&version.to_string()));
        let update = update.with_expected_version(version);
        let after = cx.store().update_thread_metadata(update).await?;
        expect_eq("the version", version + 1, after.metadata_version)?;
    }
    Ok(())
}

pub(super) async fn an_edit_from_another_version_is_refused(cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    cx.patch(id, named("x")).await?;
    let touch = ThreadMetadataPatch::default().updated_at(cx.time(5));
    for patch in [named("y"), touch, ThreadMetadataPatch::default()] {
        for expected in [0, 1, 3, 1 << 32, 1 << 63, u64::MAX] {
            let update = UpdateThreadMetadata::new(id, patch.clone());
            let update = update.with_expected_version(expected);
            cx.conflicts(moved(expected, 2), cx.store().update_thread_metadata(update)).await?;
        }
    }
    Ok(())
}

pub(super) async fn a_touch_meanwhile_is_no_conflict(cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    cx.patch(id, ThreadMetadataPatch::default().recency_at(cx.time(9))).await?;
    let after = cx.store().update_thread_metadata(requested(id, 1, "x")).await?;
    expect_eq("the recency", cx.time(9), after.metadata.recency_at)?;
    expect_eq("the version", 2, after.metadata_version)
}

pub(super) async fn a_repeated_edit_answers_the_thread_it_changed(cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    let first = cx.store().update_thread_metadata(requested(id, 1, "once")).await?;
    for _ in 0..3 {
        let again = cx.store().update_thread_metadata(requested(id, 1, "once")).await?;
        expect_eq("the answer", &first, &again)?;
    }
    expect_eq("the thread", first, cx.read(id).await?)
}

pub(super) async fn a_repeated_edit_undoes_no_touch(cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    let update = UpdateThreadMetadata::new(id, named("x").updated_at(cx.time(1)));
    let update = update.with_expected_version(1).with_request_id("once".to_owned());
    cx.store().update_thread_metadata(update.clone()).await?;
    let touched = cx.patch(id, ThreadMetadataPatch::default().updated_at(cx.time(2))).await?;
    let again = cx.store().update_thread_metadata(update).await?;
    expect_eq("the answer", touched, again)
}

pub(super) async fn a_repeat_after_another_edit_is_a_conflict(cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    cx.store().update_thread_metadata(requested(id, 1, "once")).await?;
    cx.patch(id, named("since")).await?;
    let again = cx.store().update_thread_metadata(requested(id, 1, "once"));
    cx.conflicts(moved(1, 3), again).await
}

pub(super) async fn a_request_id_from_another_version_is_no_repeat(cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    cx.store().update_thread_metadata(requested(id, 1, "once")).await?;
    for other in [0, 3, u64::MAX] {
        let again = cx.store().update_thread_metadata(requested(id, other, "once"));
        cx.conflicts(moved(other, 2), again).await?;
    }
    Ok(())
}

pub(super) async fn another_request_id_is_no_repeat_of_an_edit(cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    cx.store().update_thread_metadata(requested(id, 1, "once")).await?;
    let other = cx.store().update_thread_metadata(requested(id, 1, "twice"));
    cx.conflicts(moved(1, 2), other).await?;
    let none = UpdateThreadMetadata::new(id, named("once")).with_expected_version(1);
    cx.conflicts(moved(1, 2), cx.store().update_thread_metadata(none)).await
}

pub(super) async fn an_edit_without_request_id_is_no_repeat_of_itself(cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    let update = UpdateThreadMetadata::new(id, named("x")).with_expected_version(1);
    cx.store().update_thread_metadata(update.clone()).await?;
    cx.conflicts(moved(1, 2), cx.store().update_thread_metadata(update)).await
}

pub(super) async fn the_request_id_of_a_creation_is_not_that_of_an_edit(cx: Cx) -> CaseResult {
    let create = cx.create().with_request_id("once".to_owned());
    let id = cx.store().create_thread(create).await?.thread.thread_id;
    let update = cx.store().update_thread_metadata(requested(id, 0, "once"));
    cx.conflicts(moved(0, 1), update).await?;
    cx.patch(id, named("x")).await?;
    let update = cx.store().update_thread_metadata(requested(id, 1, "once"));
    cx.conflicts(moved(1, 2), update).await
}

pub(super) async fn an_edit_with_a_request_id_that_is_too_long_is_refused(cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    let too_long = "x".repeat(MAX_REQUEST_ID_BYTES + 1);
    let update = requested(id, 1, &too_long);
    cx.refused("invalid_request", cx.store().update_thread_metadata(update)).await?;
    Ok(())
}

pub(super) async fn of_many_edits_from_one_version_exactly_one_wins(cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    let answers = at_once((0..16).map(|n| {
        let (store, update) = (cx.store().clone(), requested(id, 1, &n.to_string()));
        async move { store.update_thread_metadata(update).await }
    }));
    let mut won = Vec::new();
    for answer in answers.await? {
        match answer {
            Ok(thread) => won.push(thread),
            lost => {
                let error = expect_error("an edit", "conflict.metadata_version", lost)?;
                expect_eq("the conflict", Some(&moved(1, 2)), error.as_conflict())?;
            }
        }
    }
    expect_eq("the winner", vec![cx.read(id).await?], won)
}

pub(super) async fn edits_of_different_members_at_once_lose_nothing(cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    let answers = at_once((0..32).map(|n| {
        let mut patch = ThreadMetadataPatch::default();
        patch.extra.insert(format!("unknown {n}"), n.into());
        patch.labels.set(format!("label {n}"), "x");
        let (store, update) = (cx.store().clone(), UpdateThreadMetadata::new(id, patch));
        async move { store.update_thread_metadata(update).await }
    }));
    let mut versions = Vec::new();
    for answer in answers.await? {
        versions.push(answer?.metadata_version);
    }
    versions.sort_unstable();
    expect_eq("the versions", (2..34).collect::<Vec<_>>(), versions)?;
    let metadata = cx.read(id).await?.metadata;
    expect_eq("how much is there", (32, 32), (metadata.labels.len(), metadata.extra.len()))
}

pub(super) async fn counting_by_expected_versions_loses_no_count(cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    let counters = (0..4).map(|_| {
        let store = cx.store().clone();
        async move {
            for _ in 0..5 {
                count_one(store.as_ref(), id).await?;
            }
            Ok::<_, Error>(())
        }
    });
    for counted in at_once(counters).await? {
        counted?;
    }
    expect_eq("the count", Some(&20.into()), cx.read(id).await?.metadata.extra.get("count"))
}

/// Counts; again, if somebody else did so meanwhile. Every conflict is somebody's count, so there
/// are fewer of them than counts in all.
async fn count_one(store: &dyn ThreadStore, id: ThreadId) -> Result<()> {
    let mut counted = count_from_here(store, id).await;
    for _ in 0..20 {
        match &counted {
            Err(error) if error.code() == "conflict.metadata_version" => {
                counted = count_from_here(store, id).await;
            }
            _ => break,
        }
    }
    counted
}

/// Reads the count, and writes the next one.
async fn count_from_here(store: &dyn ThreadStore, id: ThreadId) -> Result<()> {
    let thread = store.thread(id).await?;
    let count = thread.metadata.extra.get("count");
    let count = count.and_then(serde_json::Value::as_u64).unwrap_or_default();
    let mut patch = ThreadMetadataPatch::default();
    patch.extra.insert("count".to_owned(), (count + 1).into());
    let update = UpdateThreadMetadata::new(id, patch);
    let update = update.with_expected_version(thread.metadata_version);
    store.update_thread_metadata(update).await.map(drop)
}
