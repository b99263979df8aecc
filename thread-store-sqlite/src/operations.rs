//! What writes do inside their transaction.

use std::ops::Range;

use sqlx::SqliteConnection;
use thread_store::{
    AppendItems, AppendReceipt, AppendStep, ChangedThreads, Conflict, CreateThread, CreatedThread,
    DeleteThread, Error, Holder, IfHeld, LeaseState, Limits, LoadHistory, Ordinal, OrdinalRange,
    ReleaseLease, ResumeThread, ResumedThread, SetArchived, StoredThread, ThreadId, Timestamp,
    UpdateThreadMetadata, WriterLease, edit_metadata, reconcile_append,
};

use crate::error::Result;
use crate::head::{self, Head, pending};
use crate::{history, list, process, record};

async fn grant(
    connection: &mut SqliteConnection,
    head: &Head,
    holder: Holder,
) -> Result<WriterLease> {
    let epoch = head::next_epoch(connection).await?;
    head::set_lease(connection, head.key, &LeaseState::granted(epoch, holder.clone())).await?;
    Ok(WriterLease::new(head.thread_id, epoch, holder, head.next_ordinal))
}

pub(crate) async fn create(
    connection: &mut SqliteConnection,
    params: CreateThread,
    now: Timestamp,
    limits: &Limits,
) -> Result<CreatedThread> {
    params.validate(limits)?;
    let stored = match record::find(connection, params.thread_id).await? {
        Some(stored)
            if params.request_id.is_some() && stored.create_request == params.request_id =>
        {
            stored.intact()?
        }
        Some(_) => return Err(Error::conflict(params.thread_id, Conflict::AlreadyExists).into()),
        None => {
            let thread = params.to_thread(now);
            let key = record::insert(connection, &thread, params.request_id.as_deref()).await?;
            history::create(connection, key, &params.items).await?;
            record::get(connection, params.thread_id).await?.intact()?
        }
    };
    let lease = match params.lease {
        Some(holder) => Some(grant(connection, &stored.head, holder).await?),
        None => None,
    };
    Ok(CreatedThread::new(stored.thread, lease))
}

pub(crate) async fn resume(
    connection: &mut SqliteConnection,
    params: ResumeThread,
) -> Result<ResumedThread> {
    let stored = record::get(connection, params.thread_id).await?;
    stored.head.checked(params.include_archived)?;
    let in_the_way = stored.head.lease.blocking().is_some_and(|holder| !process::is_dead(holder));
    if params.if_held == IfHeld::Refuse && in_the_way {
        return Err(stored.head.lease.held_error(params.thread_id).into());
    }
    let stored = stored.intact()?;
    let lease = grant(connection, &stored.head, params.holder).await?;
    Ok(ResumedThread::new(stored.thread, lease))
}

/// Appends, and answers what is known of the thread then.
pub(crate) async fn append(
    connection: &mut SqliteConnection,
    params: &AppendItems,
    limits: &Limits,
) -> Result<(AppendReceipt, Head)> {
    let AppendItems { lease, items, expected_ordinal, .. } = params;
    let mut head = head::head(connection, lease.thread_id).await?;
    let end = head.next_ordinal;
    head.lease.check(lease, end)?;
    limits.check_items(items)?;
    let first = expected_ordinal.unwrap_or(end);
    let standing = match AppendStep::new(lease.thread_id, *expected_ordinal, items.len(), end)? {
        AppendStep::Write => 0,
        AppendStep::Compare(range) => {
            let there = history::read(connection, &standing_at(lease.thread_id, &range)).await?;
            reconcile_append(lease.thread_id, first, items, there.items.records(), end)?
        }
    };
    let missing = &items[standing..];
    if !missing.is_empty() {
        history::insert(connection, head.key, end, missing).await?;
        head.next_ordinal = end.plus(missing.len());
        head.pending |= pending::ITEMS;
        head::set_end(connection, head.key, head.next_ordinal).await?;
    }
    Ok((AppendReceipt::new(first, items.len()), head))
}

/// What stands where items are to be appended, all of it or none.
fn standing_at(thread_id: ThreadId, range: &Range<u64>) -> LoadHistory {
    LoadHistory::new(thread_id)
        .with_include_archived(true)
        .with_range(OrdinalRange::between(Ordinal::new(range.start), Ordinal::new(range.end)))
        .with_strict(true)
}

pub(crate) async fn release(connection: &mut SqliteConnection, params: ReleaseLease) -> Result<()> {
    let head = head::head(connection, params.lease.thread_id).await?;
    if head.lease.check_release(&params.lease, params.mode, head.next_ordinal)? {
        let released = LeaseState { released: true, ..head.lease };
        head::set_lease(connection, head.key, &released).await?;
    }
    Ok(())
}

pub(crate) async fn update(
    connection: &mut SqliteConnection,
    params: UpdateThreadMetadata,
) -> Result<StoredThread> {
    let stored = record::get(connection, params.thread_id).await?;
    stored.head.checked(params.include_archived)?;
    let mut stored = stored.intact()?;
    if edit_metadata(&mut stored.thread, &mut stored.update_request, &params)? {
        record::update(connection, &stored, params.patch.is_touch()).await?;
    }
    Ok(stored.thread)
}

/// The thread, and all below it if asked: parents before children.
async fn subtree(
    connection: &mut SqliteConnection,
    root: ThreadId,
    descendants: bool,
) -> Result<Vec<Head>> {
    let mut found = vec![head::head(connection, root).await?];
    if descendants {
        for thread_id in list::descendants(connection, root).await? {
            found.push(head::head(connection, thread_id).await?);
        }
    }
    Ok(found)
}

pub(crate) async fn set_archived(
    connection: &mut SqliteConnection,
    params: SetArchived,
    now: Timestamp,
) -> Result<ChangedThreads> {
    let mut changed = Vec::new();
    for head in subtree(connection, params.thread_id, params.descendants).await? {
        if head.archived == params.archived {
            continue;
        }
        record::set_archived(connection, head.key, params.archived.then_some(now)).await?;
        if params.archived {
            let epoch = head::next_epoch(connection).await?;
            head::set_lease(connection, head.key, &LeaseState::fenced(epoch)).await?;
        }
        changed.push(head.thread_id);
    }
    Ok(ChangedThreads::new(changed))
}

pub(crate) async fn delete(
    connection: &mut SqliteConnection,
    params: DeleteThread,
) -> Result<ChangedThreads> {
    let mut deleted = Vec::new();
    for head in subtree(connection, params.thread_id, params.descendants).await? {
        record::delete(connection, head.key).await?;
        deleted.push(head.thread_id);
    }
    Ok(ChangedThreads::new(deleted))
}
