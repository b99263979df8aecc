//! Pages of turns and of items: as much of the end of the history as a page needs, and no more.

use tracing::instrument;

use super::backward::Source;
use super::slice::Slice;
use crate::error::{Error, Operation, Result};
use crate::history::{DamageReport, Direction};
use crate::id::ThreadId;
use crate::list::Cursor;
use crate::ordinal::Ordinal;
use crate::params::{ReadThread, check_page_size};
use crate::store::ThreadStore;
use crate::turn::{
    ItemPage, ListItems, ListTurns, Place, Replay, Rows, ThreadItem, Turn, TurnPage,
};

#[instrument(skip_all, fields(thread_id = %params.thread_id, page_size = params.page_size))]
pub(crate) async fn list_turns<S: ThreadStore + ?Sized>(
    store: &S,
    params: ListTurns,
) -> Result<TurnPage> {
    let rows = Rows::Turns(params.thread_id);
    let asked = Asked {
        rows,
        source: Source::new(params.thread_id, params.include_archived),
        direction: params.direction,
        cursor: params.cursor.as_ref(),
        page_size: params.page_size,
        rows_a_turn: 1,
    };
    let page = asked
        .page(store, |slice| slice.turns)
        .await
        .map_err(|error| error.during(Operation::ListTurns))?;
    let turns = page.rows.into_iter().map(|turn| turn.with_view(params.view)).collect();
    Ok(TurnPage {
        turns,
        next_cursor: page.next_cursor,
        previous_cursor: page.previous_cursor,
        page_size: page.page_size,
        clamped: page.clamped,
        damage: page.damage,
    })
}

#[instrument(skip_all, fields(thread_id = %params.thread_id, page_size = params.page_size))]
pub(crate) async fn list_items<S: ThreadStore + ?Sized>(
    store: &S,
    params: ListItems,
) -> Result<ItemPage> {
    let turn_id = params.turn_id.as_deref();
    let asked = Asked {
        rows: Rows::Items(params.thread_id, turn_id),
        source: Source::new(params.thread_id, params.include_archived),
        direction: params.direction,
        cursor: params.cursor.as_ref(),
        page_size: params.page_size,
        rows_a_turn: 2,
    };
    let page = match turn_id {
        Some(turn_id) => asked.page_of_turn(store, turn_id).await,
        None => asked.page(store, |slice| items_of(slice.turns)).await,
    }
    .map_err(|error| error.during(Operation::ListItems))?;
    Ok(ItemPage {
        items: page.rows,
        next_cursor: page.next_cursor,
        previous_cursor: page.previous_cursor,
        page_size: page.page_size,
        clamped: page.clamped,
        damage: page.damage,
    })
}

/// Derives all turns of a thread in one pass.
#[instrument(skip_all, fields(%thread_id))]
pub(crate) async fn replay<S: ThreadStore + ?Sized>(
    store: &S,
    thread_id: ThreadId,
) -> Result<Replay> {
    let whole = Slice::whole(store, Source::new(thread_id, true)).await?;
    Ok(Replay::new(whole.turns, whole.damage))
}

/// The turn of this id and all its items, or none; with the latest damage that was met.
async fn find_turn<S: ThreadStore + ?Sized>(
    store: &S,
    source: Source,
    turn_id: &str,
) -> Result<(Option<Turn>, DamageReport)> {
    let mut turns = 32;
    loop {
        let end = Place::first(Direction::Descending);
        let mut slice = Slice::read(store, source, end, turns).await?;
        let (from, complete) = (slice.from, slice.complete);
        let is_it = |turn: &Turn| turn.id == turn_id && from <= turn.ordinal;
        let found = slice.turns.iter().rposition(is_it).map(|index| slice.turns.swap_remove(index));
        if found.is_some() || complete {
            return Ok((found, slice.damage));
        }
        turns = turns.saturating_mul(4);
    }
}

/// The turn of this id, which a parameter names.
pub(super) async fn standing_turn<S: ThreadStore + ?Sized>(
    store: &S,
    source: Source,
    field: &'static str,
    turn_id: &str,
) -> Result<Turn> {
    let (turn, damage) = find_turn(store, source, turn_id).await?;
    if turn.is_none() {
        damage.strict()?;
    }
    let missing = || Error::invalid(field, "no turn of this id stands").about(source.thread_id);
    turn.ok_or_else(missing)
}

/// A row of a page.
trait Row {
    fn ordinal(&self) -> Ordinal;
}

impl Row for Turn {
    fn ordinal(&self) -> Ordinal {
        self.ordinal
    }
}

impl Row for ThreadItem {
    fn ordinal(&self) -> Ordinal {
        self.ordinal
    }
}

/// A page that is asked for.
struct Asked<'a> {
    rows: Rows<'a>,
    source: Source,
    direction: Direction,
    cursor: Option<&'a Cursor>,
    page_size: usize,
    /// What is to be expected of most turns: there is more to read where they have less.
    rows_a_turn: usize,
}

/// A page that is answered.
struct Answered<R> {
    rows: Vec<R>,
    next_cursor: Option<Cursor>,
    previous_cursor: Option<Cursor>,
    page_size: usize,
    clamped: bool,
    damage: DamageReport,
}

/// Rows in the order in which they were walked to, and whether there are more.
struct Walked<R> {
    rows: Vec<R>,
    more: bool,
    unmarked_to: Option<Ordinal>,
    damage: DamageReport,
}

impl<R> Walked<R> {
    /// What a walk from a place meets first of these rows, which are in the order of the history.
    fn new(
        mut rows: Vec<R>,
        place: Place,
        limit: usize,
        unmarked_to: Option<Ordinal>,
        damage: DamageReport,
    ) -> Self {
        if place.direction == Direction::Descending {
            rows.reverse();
        }
        let more = rows.len() > limit;
        rows.truncate(limit);
        Self { rows, more, unmarked_to, damage }
    }
}

impl Asked<'_> {
    async fn page<S: ThreadStore + ?Sized, R: Row>(
        &self,
        store: &S,
        rows: impl Fn(Slice) -> Vec<R> + Send + Sync,
    ) -> Result<Answered<R>> {
        let (place, limit) = self.checked(store).await?;
        let walked = self.walk(store, place, limit, &rows).await?;
        let turned = place.direction != self.direction;
        let mut followed = walked.more;
        if turned {
            let nearest = walked.rows.first().map(Row::ordinal);
            let end = turned_end(place, nearest).map_or_else(
                || Place::first(self.direction),
                |ordinal| Place::at(ordinal, self.direction).known_unmarked(walked.unmarked_to),
            );
            followed = !self.walk(store, end, 1, &rows).await?.rows.is_empty();
        }
        Ok(self.answer(place, limit, walked, followed))
    }

    /// A page of the items of one turn, which is read whole.
    async fn page_of_turn<S: ThreadStore + ?Sized>(
        &self,
        store: &S,
        turn_id: &str,
    ) -> Result<Answered<ThreadItem>> {
        let (place, limit) = self.checked(store).await?;
        let (turn, damage) = find_turn(store, self.source, turn_id).await?;
        let items = turn.map_or_else(Vec::new, |turn| items_of(vec![turn]));
        let beyond = |item: &ThreadItem| is_beyond(place, item.ordinal);
        let followed = items.iter().any(|item| !beyond(item));
        let rows = items.into_iter().filter(beyond).collect();
        let walked = Walked::new(rows, place, limit, None, damage);
        let turned = place.direction != self.direction;
        let followed = if turned { followed } else { walked.more };
        Ok(self.answer(place, limit, walked, followed))
    }

    /// Where to read, and how many rows. That there is no such thread is said before anything else.
    async fn checked<S: ThreadStore + ?Sized>(&self, store: &S) -> Result<(Place, usize)> {
        let place = self.place().and_then(|place| check_page_size(self.page_size).map(|()| place));
        let invalid = match place {
            Ok(place) => {
                let largest = store.capabilities().limits.max_page_size;
                return Ok((place, self.page_size.min(largest)));
            }
            Err(error) => error,
        };
        let Source { thread_id, include_archived, .. } = self.source;
        store
            .read_thread(ReadThread::new(thread_id).with_include_archived(include_archived))
            .await?;
        Err(invalid.about(thread_id))
    }

    fn place(&self) -> Result<Place> {
        Place::of(self.cursor, self.direction, self.rows)
    }

    /// Reads rows beyond a place, and on until there are enough of them.
    async fn walk<S: ThreadStore + ?Sized, R: Row>(
        &self,
        store: &S,
        place: Place,
        limit: usize,
        rows_of: &(impl Fn(Slice) -> Vec<R> + Send + Sync),
    ) -> Result<Walked<R>> {
        let mut turns = limit.div_ceil(self.rows_a_turn).saturating_add(1);
        let mut place = place;
        loop {
            let mut slice = Slice::read(store, self.source, place, turns).await?;
            let (from, to, complete) = (slice.from, slice.to, slice.complete);
            let (unmarked_to, damage) = (slice.unmarked_to, std::mem::take(&mut slice.damage));
            let within = |row: &R| {
                from <= row.ordinal()
                    && to.is_none_or(|to| row.ordinal() < to)
                    && is_beyond(place, row.ordinal())
            };
            let rows: Vec<R> = rows_of(slice).into_iter().filter(within).collect();
            if rows.len() > limit || complete {
                return Ok(Walked::new(rows, place, limit, unmarked_to, damage));
            }
            turns = turns.saturating_mul(4);
            place = place.known_unmarked(unmarked_to);
        }
    }

    fn answer<R: Row>(
        &self,
        place: Place,
        limit: usize,
        walked: Walked<R>,
        followed: bool,
    ) -> Answered<R> {
        let Walked { mut rows, unmarked_to, damage, .. } = walked;
        let turned = place.direction != self.direction;
        let end = turned_end(place, rows.first().map(Row::ordinal));
        if turned {
            rows.reverse();
        }
        let next = match rows.last() {
            Some(row) => Some(Place::after(row.ordinal(), self.direction)),
            None => end.map(|end| Place::at(end, self.direction)),
        };
        let cursor = |place: Place| place.known_unmarked(unmarked_to).encode(self.rows);
        let previous =
            rows.first().map(|row| Place::after(row.ordinal(), self.direction.reversed()));
        Answered {
            rows,
            next_cursor: next.filter(|_| followed).map(cursor),
            previous_cursor: previous.map(cursor),
            page_size: limit,
            clamped: limit < self.page_size,
            damage,
        }
    }
}

/// Where a page that was walked to backwards ends: at the row that was met first or, if there is
/// none, where the walk began.
fn turned_end(place: Place, nearest: Option<Ordinal>) -> Option<Ordinal> {
    match (nearest, place.direction) {
        // Walked up, answered down: the row itself is on the page.
        (Some(nearest), Direction::Ascending) => Some(nearest),
        (Some(nearest), Direction::Descending) => Some(nearest.plus(1)),
        (None, _) => place.ordinal,
    }
}

fn is_beyond(place: Place, ordinal: Ordinal) -> bool {
    match (place.ordinal, place.direction) {
        (None, _) => true,
        (Some(from), Direction::Ascending) => from <= ordinal,
        (Some(to), Direction::Descending) => ordinal < to,
    }
}

fn items_of(turns: Vec<Turn>) -> Vec<ThreadItem> {
    Replay::new(turns, DamageReport::default()).into_items()
}
