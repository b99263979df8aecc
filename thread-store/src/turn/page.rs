//! Pages of turns and of items: what is asked for, and what is answered.

use serde::Serialize;

use super::{ItemsView, ThreadItem, Turn};
use crate::error::Result;
use crate::history::{DamageReport, Direction};
use crate::id::ThreadId;
use crate::list::Cursor;
use crate::params::{check_page_size, from_thread_id, params};

params! {
    /// Lists the turns of a thread.
    ListTurns(
        /// The thread.
        thread_id: ThreadId,
    ) {
        /// Archived threads too; not unless said.
        with_include_archived(include_archived: bool = false);
        /// In which order; oldest first unless said.
        with_direction(direction: Direction = Direction::Ascending);
        /// Where to go on; from the start of that order unless said.
        with_cursor(cursor: Option<Cursor> = None);
        /// How much of the items of each; all unless said.
        with_view(view: ItemsView = ItemsView::Full);
    } numbers {
        /// Turns on a page; 100 unless said.
        with_page_size(page_size: usize = 100);
    }
}

params! {
    /// Lists the items of a thread.
    ListItems(
        /// The thread.
        thread_id: ThreadId,
    ) {
        /// Archived threads too; not unless said.
        with_include_archived(include_archived: bool = false);
        /// The items of this turn alone; of all unless said. A turn that the thread does not have
        /// has no items. Of turns with the same id it is the latest.
        with_turn_id(turn_id: Option<String> = None);
        /// In which order; oldest first unless said.
        with_direction(direction: Direction = Direction::Ascending);
        /// Where to go on; from the start of that order unless said.
        with_cursor(cursor: Option<Cursor> = None);
    } numbers {
        /// Items on a page; 100 unless said.
        with_page_size(page_size: usize = 100);
    }
}

from_thread_id!(ListTurns, ListItems);

/// What [`list_turns`](crate::ThreadStore::list_turns) answers.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[non_exhaustive]
pub struct TurnPage {
    /// The turns, in the direction asked.
    pub turns: Vec<Turn>,
    /// Where to go on; absent exactly on the last page.
    pub next_cursor: Option<Cursor>,
    /// Where to go back, and to see later what is new before the first row; absent if there are no
    /// rows.
    pub previous_cursor: Option<Cursor>,
    /// The page size that was applied.
    pub page_size: usize,
    /// Whether a larger one was asked for.
    pub clamped: bool,
    /// Records that could not be read in the part of the history that was read for the page.
    pub damage: DamageReport,
}

/// What [`list_items`](crate::ThreadStore::list_items) answers.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[non_exhaustive]
pub struct ItemPage {
    /// The items, in the direction asked.
    pub items: Vec<ThreadItem>,
    /// Where to go on; absent exactly on the last page.
    pub next_cursor: Option<Cursor>,
    /// Where to go back, and to see later what is new before the first row; absent if there are no
    /// rows.
    pub previous_cursor: Option<Cursor>,
    /// The page size that was applied.
    pub page_size: usize,
    /// Whether a larger one was asked for.
    pub clamped: bool,
    /// Records that could not be read in the part of the history that was read for the page.
    pub damage: DamageReport,
}

impl TurnPage {
    /// The page of a thread that has no history yet.
    ///
    /// # Errors
    ///
    /// *Invalid request* for a page size of 0.
    pub(crate) fn empty(page_size: usize) -> Result<Self> {
        check_page_size(page_size)?;
        let (turns, next_cursor, previous_cursor, clamped, damage) = Default::default();
        Ok(Self { turns, next_cursor, previous_cursor, page_size, clamped, damage })
    }
}

impl ItemPage {
    /// The page of a thread that has no history yet.
    ///
    /// # Errors
    ///
    /// *Invalid request* for a page size of 0.
    pub(crate) fn empty(page_size: usize) -> Result<Self> {
        check_page_size(page_size)?;
        let (items, next_cursor, previous_cursor, clamped, damage) = Default::default();
        Ok(Self { items, next_cursor, previous_cursor, page_size, clamped, damage })
    }
}

/// All turns of a thread, derived in one pass.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Replay {
    /// The turns that stand, oldest first, with all their items.
    pub turns: Vec<Turn>,
    /// Records that could not be read.
    pub damage: DamageReport,
}

impl Replay {
    pub(crate) fn new(turns: Vec<Turn>, damage: DamageReport) -> Self {
        Self { turns, damage }
    }

    /// The items of all turns, in the order of their first records.
    #[must_use]
    pub fn into_items(self) -> Vec<ThreadItem> {
        let mut items: Vec<_> = self.turns.into_iter().flat_map(|turn| turn.items).collect();
        items.sort_by_key(|item| item.ordinal);
        items
    }
}
