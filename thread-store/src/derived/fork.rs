//! Forking: one read, then one create.

use tracing::instrument;

use super::backward::{BackwardReader, Source};
use super::turns::standing_turn;
use crate::error::{Error, Operation, Result};
use crate::history::OrdinalRange;
use crate::item::{RolloutItem, StoredItem};
use crate::ordinal::Ordinal;
use crate::params::{CreateThread, CreatedThread, ForkPoint, ForkThread, LoadHistory, ReadThread};
use crate::source::SessionSource;
use crate::store::ThreadStore;
use crate::thread::{ForkedFrom, StoredThread};
use crate::turn::Signal;

#[instrument(skip_all, fields(thread_id = %params.thread_id))]
pub(crate) async fn fork_thread<S: ThreadStore + ?Sized>(
    store: &S,
    params: ForkThread,
) -> Result<CreatedThread> {
    fork(store, params).await.map_err(|error| error.during(Operation::ForkThread))
}

async fn fork<S: ThreadStore + ?Sized>(store: &S, params: ForkThread) -> Result<CreatedThread> {
    let read = ReadThread::new(params.thread_id).with_include_archived(params.include_archived);
    let thread = store.read_thread(read).await?;
    let source = Source {
        end: Some(thread.next_ordinal),
        ..Source::new(params.thread_id, params.include_archived)
    };
    let at = ordinal_of(store, source, &params.at, thread.next_ordinal).await?;
    let items = load_before(store, &params, at).await?;
    store.create_thread(fork_of(&thread, params, at, items)).await
}

/// The first ordinal that the fork does not have.
async fn ordinal_of<S: ThreadStore + ?Sized>(
    store: &S,
    source: Source,
    point: &ForkPoint,
    end: Ordinal,
) -> Result<Ordinal> {
    let invalid = |reason: String| Error::invalid("at", reason).about(source.thread_id);
    match point {
        ForkPoint::End => Ok(end),
        ForkPoint::Before(at) if *at > end => {
            Err(invalid(format!("{at} is beyond the end of the history, {end}")))
        }
        ForkPoint::Before(at) => Ok(*at),
        ForkPoint::BeforeTurn(id) => Ok(standing_turn(store, source, "at", id).await?.ordinal),
        ForkPoint::AfterTurn(id) => {
            let turn = standing_turn(store, source, "at", id).await?;
            match turn.end {
                Some(last) => Ok(last.plus(1)),
                None => next_beginning(store, source, turn.ordinal.plus(1), end).await,
            }
        }
    }
}

/// Where, from an ordinal on, a turn begins or something is taken back.
async fn next_beginning<S: ThreadStore + ?Sized>(
    store: &S,
    source: Source,
    from: Ordinal,
    end: Ordinal,
) -> Result<Ordinal> {
    let head = BackwardReader::open(store, source).await?.head().clone();
    let mut next = Some(OrdinalRange::between(from, end));
    while let Some(range) = next {
        let load = source.load().with_range(range).with_limit(256);
        let page = store.load_history(load).await?;
        let begins = |stored: &StoredItem| {
            Signal::of(&stored.item, &head).is_some_and(|signal| signal.begins(&head))
        };
        if let Some(found) = page.items.iter().find(begins) {
            return Ok(found.ordinal);
        }
        next = page.rest;
    }
    Ok(end)
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
