//! Pages of a list.

use serde::{Deserialize, Serialize};

use super::cursor::{self, Place};
use super::{Cursor, ListFilter};
use crate::capabilities::Limits;
use crate::error::Error;
use crate::history::{DamageReport, Direction};
use crate::id::ThreadId;
use crate::params::{ListThreads, check_page_size};
use crate::thread::StoredThread;
use crate::time::Timestamp;

/// What a list is sorted by. Equal times are ordered by id, in the same direction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SortKey {
    /// When threads were created.
    #[default]
    Created,
    /// When they were last updated.
    Updated,
    /// When a turn last started.
    Recency,
}

impl SortKey {
    /// Every key.
    pub const ALL: [Self; 3] = [Self::Created, Self::Updated, Self::Recency];
}

/// The place of one row in a sorted list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)] // Both parts are what they say.
pub struct Position {
    pub time: Timestamp,
    pub thread_id: ThreadId,
}

impl Position {
    /// Where the thread stands in a list sorted by this key.
    #[must_use]
    pub fn of(thread: &StoredThread, key: SortKey) -> Self {
        Self { time: thread.sort_time(key), thread_id: thread.thread_id }
    }

    /// The place that the row here comes right after, in this direction.
    fn just_before(self, direction: Direction) -> Self {
        let number = u128::from_be_bytes(*self.thread_id.as_bytes());
        let at = |time: i64, id: u128| Self {
            time: Timestamp::from_millis(time),
            thread_id: ThreadId::from_bytes(id.to_be_bytes()),
        };
        let time = self.time.as_millis();
        match direction {
            Direction::Ascending => match number.checked_sub(1) {
                Some(lower) => at(time, lower),
                None => at(time - 1, u128::MAX),
            },
            Direction::Descending => match number.checked_add(1) {
                Some(higher) => at(time, higher),
                None => at(time + 1, 0),
            },
        }
    }
}

/// What [`list_threads`](crate::ThreadStore::list_threads) answers.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ThreadPage {
    /// The rows, in the direction asked.
    pub threads: Vec<StoredThread>,
    /// Where to go on; absent exactly on the last page.
    pub next_cursor: Option<Cursor>,
    /// Where to go back, and to see later what is new before the first row; absent if there are no
    /// rows. (Whoever looks for what is new and finds nothing keeps the cursor that they have.)
    pub previous_cursor: Option<Cursor>,
    /// The page size that was applied.
    pub page_size: usize,
    /// Whether a larger one was asked for.
    pub clamped: bool,
    /// Rows of the page whose record cannot be read in full. They are on the page all the same, with
    /// what is known of them: at least their id and times.
    pub damage: DamageReport,
}

impl ThreadPage {
    /// The page with what damage was met.
    #[must_use]
    pub fn with_damage(mut self, damage: DamageReport) -> Self {
        self.damage = damage;
        self
    }
}

/// One walk over matching rows: what a store has to be able to do to answer a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct Scan {
    pub sort_key: SortKey,
    pub direction: Direction,
    /// Rows strictly after this place, in the direction of the walk; `None` from the start.
    pub after: Option<Position>,
    /// At most so many rows.
    pub limit: usize,
}

impl Scan {
    /// The walk over threads in any order, one by one: what a small store does, and what the walk of
    /// any other has to find. `spawn_parent_of` is as in [`ListFilter::matches`].
    pub fn select<'a>(
        &self,
        filter: &ListFilter,
        threads: impl Iterator<Item = &'a StoredThread>,
        spawn_parent_of: impl Fn(ThreadId) -> Option<ThreadId>,
    ) -> Vec<StoredThread> {
        let place = |thread: &&StoredThread| Position::of(thread, self.sort_key);
        let is_after = |thread: &&StoredThread| match (self.after, self.direction) {
            (None, _) => true,
            (Some(after), Direction::Ascending) => place(thread) > after,
            (Some(after), Direction::Descending) => place(thread) < after,
        };
        let mut found: Vec<_> =
            threads.filter(is_after).filter(|it| filter.matches(it, &spawn_parent_of)).collect();
        found.sort_by_key(place);
        if self.direction == Direction::Descending {
            found.reverse();
        }
        found.into_iter().take(self.limit).cloned().collect()
    }
}

/// How a store answers one page, decided here so that every store pages alike: it does
/// [`scan`](Self::scan), then [`follow_up`](Self::follow_up) if there is one, and hands the rows to
/// [`page`](Self::page).
#[derive(Clone, Debug)]
pub struct ListPlan<'a> {
    filter: &'a ListFilter,
    sort_key: SortKey,
    /// The direction in which rows are answered.
    direction: Direction,
    from: Option<Place>,
    page_size: usize,
    clamped: bool,
}

impl<'a> ListPlan<'a> {
    /// Plans the page that was asked for.
    ///
    /// # Errors
    ///
    /// *Invalid request*: a page size of 0 (field `page_size`), or a cursor that is damaged or
    /// belongs to another list (field `cursor`).
    pub fn new(params: &'a ListThreads, limits: &Limits) -> Result<Self, Error> {
        check_page_size(params.page_size)?;
        let from = match &params.cursor {
            Some(cursor) => Some(cursor::decode(cursor, &params.filter, params.sort_key)?),
            None => None,
        };
        Ok(Self {
            filter: &params.filter,
            sort_key: params.sort_key,
            direction: params.direction,
            from,
            page_size: params.page_size.min(limits.max_page_size),
            clamped: params.page_size > limits.max_page_size,
        })
    }

    /// The walk for the rows of the page, with one row more to see whether there are others.
    #[must_use]
    pub fn scan(&self) -> Scan {
        Scan {
            sort_key: self.sort_key,
            direction: self.from.map_or(self.direction, |place| place.direction),
            after: self.from.map(|place| place.position),
            limit: self.page_size.saturating_add(1),
        }
    }

    /// The walk that tells whether rows follow the page, where the first walk went the other way.
    #[must_use]
    pub fn follow_up(&self, rows: &[StoredThread]) -> Option<Scan> {
        let after = self.last_of(rows.first())?;
        self.turned().then_some(Scan {
            sort_key: self.sort_key,
            direction: self.direction,
            after: Some(after),
            limit: 1,
        })
    }

    /// Where a page ends that was walked to backwards: at the row that was met first or, if there is
    /// none, just before the row that the cursor named.
    fn last_of(&self, nearest: Option<&StoredThread>) -> Option<Position> {
        match nearest {
            Some(row) => Some(Position::of(row, self.sort_key)),
            None => Some(self.from?.position.just_before(self.direction)),
        }
    }

    /// The page, from the rows of the first walk in its order, and whether the second walk found
    /// one.
    #[must_use]
    pub fn page(&self, mut rows: Vec<StoredThread>, followed: bool) -> ThreadPage {
        let more = rows.len() > self.page_size;
        rows.truncate(self.page_size);
        let turned_end = self.last_of(rows.first());
        if self.turned() {
            rows.reverse();
        }
        let has_next = if self.turned() { followed } else { more };
        let at = |position, direction| {
            cursor::encode(Place { position, direction }, self.filter, self.sort_key)
        };
        let last = match rows.last() {
            Some(row) => Some(Position::of(row, self.sort_key)),
            None => turned_end,
        };
        ThreadPage {
            next_cursor: last.filter(|_| has_next).map(|end| at(end, self.direction)),
            previous_cursor: rows
                .first()
                .map(|row| at(Position::of(row, self.sort_key), self.direction.reversed())),
            threads: rows,
            page_size: self.page_size,
            clamped: self.clamped,
            damage: DamageReport::default(),
        }
    }

    /// Whether the walk goes against the direction in which rows are answered.
    fn turned(&self) -> bool {
        self.from.is_some_and(|place| place.direction != self.direction)
    }
}
