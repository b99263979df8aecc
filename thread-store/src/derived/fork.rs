//! Forking: one read, then one create.

use crate::error::{Error, Operation, Result};
use crate::history::OrdinalRange;
use crate::item::RolloutItem;
use crate::ordinal::Ordinal;
use crate::params::{CreateThread, CreatedThread, ForkThread, LoadHistory, ReadThread};
use crate::source::SessionSource;
use crate::store::ThreadStore;
use crate::thread::{ForkedFrom, StoredThread};

pub(crate) async fn fork_thread<S: ThreadStore + ?Sized>(
    store: &S,
    params: ForkThread,
) -> Result<CreatedThread> {
    let during = |error: Error| error.during(Operation::ForkThread);
    let read = ReadThread::new(params.thread_id).with_include_archived(params.include_archived);
    let thread = store.read_thread(read).await.map_err(during)?;
    let at = params.at.unwrap_or(thread.next_ordinal);
    if at > thread.next_ordinal {
        let reason = format!("{at} is beyond the end of the history, {}", thread.next_ordinal);
        return Err(during(Error::invalid("at", reason).about(params.thread_id)));
    }
    let items = load_before(store, &params, at).await.map_err(during)?;
    store.create_thread(fork_of(&thread, params, at, items)).await.map_err(during)
}

async fn load_before<S: ThreadStore + ?Sized>(
    store: &S,
    params: &ForkThread,
    at: Ordinal,
) -> Result<Vec<RolloutItem>> {
    let mut items = Vec::new();
    let mut next = Some(OrdinalRange::between(Ordinal::ZERO, at));
    while let Some(range) = next {
        let load = LoadHistory::new(params.thread_id)
            .with_include_archived(params.include_archived)
            .with_strict(true)
            .with_range(range);
        let page = store.load_history(load).await?;
        items.extend(page.items.records());
        next = page.rest;
    }
    Ok(items)
}

fn fork_of(
    thread: &StoredThread,
    params: ForkThread,
    at: Ordinal,
    items: Vec<RolloutItem>,
) -> CreateThread {
    let inherited = thread.metadata.inherited_by_fork();
    CreateThread::new(params.new_thread_id)
        .with_source(params.source.unwrap_or_else(|| source_of_fork(thread)))
        .with_forked_from(ForkedFrom::new(thread.thread_id, Some(at)))
        .with_created_at(params.created_at)
        .with_metadata(inherited.merge(params.metadata))
        .with_items(items)
        .with_lease(params.lease)
        .with_request_id(params.request_id)
}

/// A fork of a sub-agent's thread is no sub-agent's: nobody spawned it.
fn source_of_fork(thread: &StoredThread) -> SessionSource {
    match &thread.identity.source {
        SessionSource::SubAgent(_) => SessionSource::Unknown,
        source => source.clone(),
    }
}
