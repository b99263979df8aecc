//! Forking: one read, then one create.

use tracing::instrument;

use super::backward::{BackwardReader, Source};
use super::slice::Slice;
use super::turns::standing_turn;
use crate::error::{Error, Operation, Result};
use crate::history::{Direction, OrdinalRange};
use crate::item::{RolloutItem, StoredItem};
use crate::options::ThreadOptions;
use crate::ordinal::Ordinal;
use crate::params::{CreateThread, CreatedThread, ForkPoint, ForkThread, LoadHistory, ReadThread};
use crate::source::SessionSource;
use crate::store::ThreadStore;
use crate::thread::{ForkedFrom, StoredThread};
use crate::turn::{Place, Signal, Turn};

#[instrument(skip_all, fields(thread_id = %params.thread_id))]
pub(crate) async fn fork_thread<S: ThreadStore + ?Sized>(
    store: &S,
    params: ForkThread,
) -> Result<CreatedThread> {
    fork(store, params).await.map_err(|error| error.during(Operation::ForkThread))
}

async fn fork<S: ThreadStore + ?Sized>(store: &S, params: ForkThread) -> Result<CreatedThread> {
    store.create_thread(creation_of_fork(store, params).await?).await
}

/// What a fork is created with, in this store or another.
pub(crate) async fn creation_of_fork<S: ThreadStore + ?Sized>(
    store: &S,
    params: ForkThread,
) -> Result<CreateThread> {
    let read = ReadThread::new(params.thread_id).with_include_archived(params.include_archived);
    let thread = store.read_thread(read).await?;
    let source = Source {
        end: Some(thread.next_ordinal),
        ..Source::new(params.thread_id, params.include_archived)
    };
    let at = ordinal_of(store, source, &params.at, thread.next_ordinal).await?;
    let items = load_before(store, &params, at).await?;
    Ok(fork_of(&thread, params, at, items))
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
                None => end_without_record(store, source, &turn, end).await,
            }
        }
    }
}

/// Before what ends a turn that has no end record: the next turn that stands, or before that the
/// start of one that was taken back.
async fn end_without_record<S: ThreadStore + ?Sized>(
    store: &S,
    source: Source,
    turn: &Turn,
    end: Ordinal,
) -> Result<Ordinal> {
    let from = turn.ordinal.plus(1);
    let slice = Slice::read(store, source, Place::at(from, Direction::Ascending), 1).await?;
    let next = slice.turns.iter().find(|turn| turn.ordinal >= from);
    let to = next.map_or(end, |turn| turn.ordinal);
    let head = BackwardReader::open(store, source).await?.head().clone();
    let mut rest = Some(OrdinalRange::between(from, to));
    while let Some(range) = rest {
        let page = store.load_history(source.load().with_range(range).with_limit(256)).await?;
        let leaves = |stored: &StoredItem| {
            Signal::of(&stored.item, &head).is_some_and(|signal| signal.leaves_the_turn())
        };
        if let Some(found) = page.items.iter().find(leaves) {
            return Ok(found.ordinal);
        }
        rest = page.rest;
    }
    Ok(to)
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
    let (options, _) = ThreadOptions::of(thread).changed_by(params.options);
    let inherited = thread.metadata.inherited_by_fork().merge(options);
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
