//! What errors say, what they leave behind, and which comes first.

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;

/// A lease on a thread that does not exist.
fn lease_on(cx: &Cx, id: ThreadId) -> WriterLease {
    WriterLease::new(id, Epoch::new(1), cx.holder(), Ordinal::ZERO)
}

/// A patch that is none: it sets what is not metadata.
fn bad_patch() -> ThreadMetadataPatch {
    let mut patch = ThreadMetadataPatch::default();
    patch.extra.insert("thread_id".to_owned(), "x".into());
    patch
}

/// An update with a patch that is none, from a version that never was.
fn bad_update(id: ThreadId) -> UpdateThreadMetadata {
    UpdateThreadMetadata::new(id, bad_patch()).with_expected_version(99)
}

/// A range that ends before it starts, and a limit of nothing.
fn bad_loads(id: ThreadId) -> [LoadHistory; 2] {
    let backward = OrdinalRange::between(Ordinal::new(2), Ordinal::new(1));
    [LoadHistory::new(id).with_limit(0), LoadHistory::new(id).with_range(backward)]
}

pub(super) async fn every_error_names_its_operation_and_its_thread(cx: Cx) -> CaseResult {
    let (store, id) = (cx.store(), cx.unknown_id());
    let lease = lease_on(&cx, id);
    let resume = ResumeThread::new(id, cx.holder());
    let patch = ThreadMetadataPatch::default().name("x".to_owned());
    let errors = [
        (Operation::ReadThread, store.read_thread(id.into()).await.err()),
        (Operation::LoadHistory, store.load_history(id.into()).await.err()),
        (Operation::ResumeThread, store.resume_thread(resume).await.err()),
        (Operation::AppendItems, cx.append(&lease, cx.items(0..1)).await.err()),
        (Operation::FlushThread, store.flush_thread(lease.clone()).await.err()),
        (Operation::ReleaseLease, store.shutdown_thread(lease).await.err()),
        (Operation::UpdateThreadMetadata, cx.patch(id, patch).await.err()),
        (Operation::SetArchived, store.archive_thread(id).await.err()),
    ];
    for (operation, error) in errors {
        let said = error.map(|error| (error.operation(), error.thread_id()));
        expect_eq("the error", Some((Some(operation), Some(id))), said)?;
    }
    Ok(())
}

pub(super) async fn a_refused_creation_and_a_refused_list_name_their_operation(
    cx: Cx,
) -> CaseResult {
    let id = cx.thread(0).await?;
    let error = cx.refused("conflict.already_exists", cx.store().create_thread(id.into())).await?;
    expect_eq("the operation", Some(Operation::CreateThread), error.operation())?;
    expect_eq("the thread", Some(id), error.thread_id())?;
    let list = ListThreads::new().with_page_size(0);
    let error = cx.refused("invalid_request", cx.store().list_threads(list)).await?;
    expect_eq("the operation", Some(Operation::ListThreads), error.operation())
}

pub(super) async fn an_invalid_request_names_the_field(cx: Cx) -> CaseResult {
    let id = cx.thread(3).await?;
    let [limit, range] = bad_loads(id);
    let errors = [
        ("limit", cx.refused("invalid_request", cx.store().load_history(limit)).await?),
        ("range", cx.refused("invalid_request", cx.store().load_history(range)).await?),
        ("patch", cx.refused("invalid_request", cx.patch(id, bad_patch())).await?),
    ];
    for (name, error) in errors {
        match error.kind() {
            ErrorKind::InvalidRequest { field, .. } => expect_eq("the field", name, field)?,
            kind => return fail("the kind", name, kind),
        }
    }
    Ok(())
}

pub(super) async fn an_error_carries_no_contents(cx: Cx) -> CaseResult {
    let lease = cx.leased(1).await?;
    let secret = "sesame-9f3a";
    let item = cx.raw(&format!(r#"{{"type":"{secret}","text":"{secret}"}}"#));
    let mut patch = bad_patch();
    patch.extra.insert("thread_id".to_owned(), secret.into());
    let stale = ThreadMetadataPatch::default().name(secret.to_owned());
    let stale = UpdateThreadMetadata::new(lease.thread_id, stale).with_expected_version(9);
    let errors = [
        cx.refused("conflict.ordinal", cx.append_at(&lease, 0, vec![item])).await?,
        cx.refused("invalid_request", cx.patch(lease.thread_id, patch)).await?,
        cx.refused("conflict.metadata_version", cx.store().update_thread_metadata(stale)).await?,
    ];
    for error in errors {
        let said = format!("{error} {error:?}");
        expect(&format!("no contents in: {error}"), !said.contains(secret))?;
    }
    Ok(())
}

pub(super) async fn not_found_comes_before_everything(cx: Cx) -> CaseResult {
    let (store, id, code) = (cx.store(), cx.unknown_id(), "not_found");
    for load in bad_loads(id) {
        cx.refused(code, store.load_history(load)).await?;
    }
    cx.refused(code, store.update_thread_metadata(bad_update(id))).await?;
    let fork = ForkThread::new(id, cx.thread(0).await?).with_at(Ordinal::new(9));
    cx.refused(code, store.fork_thread(fork)).await?;
    cx.refused(code, cx.append_at(&lease_on(&cx, id), 9, vec![])).await?;
    Ok(())
}

pub(super) async fn not_found_comes_before_invalid_in_an_append(cx: Cx) -> CaseResult {
    let (lease, item) = (lease_on(&cx, cx.unknown_id()), cx.oversized()?);
    cx.refused("not_found", cx.append_at(&lease, 9, vec![item])).await?;
    Ok(())
}

pub(super) async fn a_lease_on_a_deleted_thread_is_not_found_before_fenced(cx: Cx) -> CaseResult {
    if !cx.capabilities().delete {
        return skip("the store deletes nothing");
    }
    let fenced = cx.leased(1).await?;
    let closed = cx.resume(fenced.thread_id).await?;
    cx.store().shutdown_thread(closed.clone()).await?;
    cx.store().delete_thread(closed.thread_id.into()).await?;
    for lease in [fenced, closed] {
        cx.refused("not_found", cx.append(&lease, vec![])).await?;
        cx.refused("not_found", cx.store().flush_thread(lease.clone())).await?;
        cx.refused("not_found", cx.store().shutdown_thread(lease.clone())).await?;
        cx.refused("not_found", cx.store().discard_thread(lease)).await?;
    }
    Ok(())
}

pub(super) async fn fenced_comes_before_closed(cx: Cx) -> CaseResult {
    let lease = cx.leased(1).await?;
    cx.store().shutdown_thread(lease.clone()).await?;
    cx.resume(lease.thread_id).await?;
    cx.refused("conflict.fenced", cx.append(&lease, cx.items(1..2))).await?;
    cx.refused("conflict.fenced", cx.store().flush_thread(lease)).await?;
    Ok(())
}

pub(super) async fn fenced_and_closed_come_before_ordinal(cx: Cx) -> CaseResult {
    let fenced = cx.leased(1).await?;
    let closed = cx.resume(fenced.thread_id).await?;
    cx.store().shutdown_thread(closed.clone()).await?;
    for ordinal in [0, 9] {
        cx.refused("conflict.fenced", cx.append_at(&fenced, ordinal, cx.items(5..6))).await?;
        cx.refused("conflict.closed", cx.append_at(&closed, ordinal, cx.items(5..6))).await?;
    }
    Ok(())
}

pub(super) async fn fenced_and_closed_come_before_invalid(cx: Cx) -> CaseResult {
    let item = cx.oversized()?;
    let fenced = cx.leased(1).await?;
    let closed = cx.resume(fenced.thread_id).await?;
    cx.store().shutdown_thread(closed.clone()).await?;
    cx.refused("conflict.fenced", cx.append(&fenced, vec![item.clone()])).await?;
    cx.refused("conflict.closed", cx.append(&closed, vec![item])).await?;
    Ok(())
}

pub(super) async fn archived_comes_before_invalid(cx: Cx) -> CaseResult {
    let (store, id) = (cx.store(), cx.thread(3).await?);
    store.archive_thread(id).await?;
    for load in bad_loads(id) {
        cx.refused("archived", store.load_history(load)).await?;
    }
    cx.refused("archived", cx.patch(id, bad_patch())).await?;
    let fork = ForkThread::new(id, cx.id()).with_at(Ordinal::new(9));
    cx.refused("archived", store.fork_thread(fork)).await?;
    Ok(())
}

pub(super) async fn archived_comes_before_conflicts(cx: Cx) -> CaseResult {
    let (store, id) = (cx.store(), cx.thread(3).await?);
    store.archive_thread(id).await?;
    cx.resume(id).await?;
    let resume = ResumeThread::new(id, Holder::new("another")).with_if_held(IfHeld::Refuse);
    cx.refused("archived", store.resume_thread(resume)).await?;
    let update = UpdateThreadMetadata::new(id, ThreadMetadataPatch::default());
    cx.refused("archived", store.update_thread_metadata(update.with_expected_version(99))).await?;
    Ok(())
}

pub(super) async fn invalid_comes_before_conflicts(cx: Cx) -> CaseResult {
    let lease = cx.leased(1).await?;
    let update = bad_update(lease.thread_id);
    cx.refused("invalid_request", cx.store().update_thread_metadata(update)).await?;
    let item = cx.oversized()?;
    cx.refused("invalid_request", cx.append_at(&lease, 9, vec![item])).await?;
    Ok(())
}

pub(super) async fn what_is_not_claimed_is_refused_without_effect(cx: Cx) -> CaseResult {
    let (store, claimed) = (cx.store(), cx.capabilities());
    let parent = cx.thread(1).await?;
    cx.child(parent).await?;
    if !claimed.descendants {
        for archived in [true, false] {
            let subtree = SetArchived::new(parent, archived).with_descendants(true);
            cx.refused("unsupported", store.set_archived(subtree)).await?;
        }
    }
    if !claimed.delete {
        cx.refused("unsupported", store.delete_thread(parent.into())).await?;
    }
    if !claimed.delete || !claimed.descendants {
        let subtree = DeleteThread::new(parent).with_descendants(true);
        cx.refused("unsupported", store.delete_thread(subtree)).await?;
    }
    Ok(())
}

pub(super) async fn what_is_claimed_stays_the_same(cx: Cx) -> CaseResult {
    let before = cx.capabilities();
    expect("the least largest item", {
        before.limits.max_item_bytes >= Limits::LEAST_MAX_ITEM_BYTES
    })?;
    let (limits, another) = (&before.limits, cx.open().await?);
    expect("a batch takes an item", limits.max_batch_bytes >= limits.max_item_bytes)?;
    cx.thread(3).await?;
    expect_eq("of this handle", &before, &cx.capabilities())?;
    expect_eq("of another handle", &before, &another.capabilities())
}
