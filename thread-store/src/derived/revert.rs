//! Taking back: one read, then one append of a marker.

use tracing::instrument;

use super::backward::Source;
use super::slice::Slice;
use super::turns::standing_turn;
use super::unplaced;
use crate::clock::{Clock as _, SystemClock};
use crate::error::{Conflict, Error, Operation, Result};
use crate::history::Direction;
use crate::item::StoredItem;
use crate::ordinal::Ordinal;
use crate::params::AppendItems;
use crate::store::ThreadStore;
use crate::turn::{Place, RevertThread, RevertTo, RevertedThread, TakenBack, Turn};

#[instrument(skip_all, fields(thread_id = %params.lease.thread_id))]
pub(crate) async fn revert_thread<S: ThreadStore + ?Sized>(
    store: &S,
    params: RevertThread,
) -> Result<RevertedThread> {
    revert(store, params).await.map_err(|error| error.during(Operation::RevertThread))
}

async fn revert<S: ThreadStore + ?Sized>(
    store: &S,
    params: RevertThread,
) -> Result<RevertedThread> {
    // Nothing is written, but the lease is checked before anything else.
    let checked = store.append_items(AppendItems::new(params.lease.clone(), Vec::new())).await?;
    let end = params.expected_ordinal.unwrap_or(checked.next);
    let source = Source { end: Some(end), ..Source::new(params.lease.thread_id, true) };
    let Found { from, turn_ids, has_unplaced } = match find(store, source, &params.to, end).await {
        // What was asked for was asked of another history.
        Err(_) if checked.next != end => {
            let moved = Conflict::Ordinal { expected: end, actual: checked.next };
            return Err(Error::conflict(source.thread_id, moved));
        }
        found => found?,
    };
    if from == end && checked.next == end {
        let nothing = "there is nothing to take back";
        return Err(Error::invalid("to", nothing).about(source.thread_id));
    }
    let at = params.at.unwrap_or_else(|| SystemClock.now());
    let mut items = end.since(from);
    if has_unplaced {
        // A reader cannot tell them from what is damaged later, and counts them all.
        items = items.saturating_add(unplaced::count(store, source, from, end).await?);
    }
    let marker = TakenBack::marker(turn_ids.len() as u64, items, at)?;
    let append = AppendItems::new(params.lease, vec![marker.clone()]).with_expected_ordinal(end);
    let receipt = store.append_items(append).await?;
    let marker = StoredItem { ordinal: receipt.first, item: marker };
    Ok(RevertedThread::new(marker, from, turn_ids))
}

/// Where a thread is taken back to.
struct Found {
    from: Ordinal,
    /// The turns that begin from there on.
    turn_ids: Vec<String>,
    /// Whether damaged records may have no ordinal.
    has_unplaced: bool,
}

impl Found {
    fn new(from: Ordinal, slice: &Slice) -> Self {
        Self { from, turn_ids: ids_from(&slice.turns, from), has_unplaced: slice.has_unplaced }
    }
}

async fn find<S: ThreadStore + ?Sized>(
    store: &S,
    source: Source,
    to: &RevertTo,
    end: Ordinal,
) -> Result<Found> {
    let invalid = |reason: String| Error::invalid("to", reason).about(source.thread_id);
    match to {
        RevertTo::Ordinal(to) if *to > end => {
            Err(invalid(format!("{to} is beyond the end of the history, {end}")))
        }
        RevertTo::Ordinal(to) => from_ordinal(store, source, *to).await,
        RevertTo::BeforeTurn(turn_id) => {
            let turn = standing_turn(store, source, "to", turn_id).await?;
            from_ordinal(store, source, turn.ordinal).await
        }
        RevertTo::LastTurns(0) => Err(invalid("must be at least 1 turn".to_owned())),
        RevertTo::LastTurns(count) => last_turns(store, source, *count, end).await,
    }
}

async fn from_ordinal<S: ThreadStore + ?Sized>(
    store: &S,
    source: Source,
    from: Ordinal,
) -> Result<Found> {
    let place = Place::at(from, Direction::Ascending);
    let slice = Slice::read(store, source, place, usize::MAX).await?;
    Ok(Found::new(from, &slice))
}

async fn last_turns<S: ThreadStore + ?Sized>(
    store: &S,
    source: Source,
    count: u64,
    end: Ordinal,
) -> Result<Found> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let mut slice = Slice::read(store, source, Place::first(Direction::Descending), count).await?;
    let is_in = |turn: &&Turn| turn.ordinal >= slice.from;
    let first = slice.turns.iter().filter(is_in).rev().take(count).last();
    let from = first.map_or(end, |turn| turn.ordinal);
    // What cannot be read may have begun a turn.
    std::mem::take(&mut slice.damage).after(from).strict()?;
    Ok(Found::new(from, &slice))
}

fn ids_from(turns: &[Turn], from: Ordinal) -> Vec<String> {
    turns.iter().filter(|turn| turn.ordinal >= from).map(|turn| turn.id.clone()).collect()
}
