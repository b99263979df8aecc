//! Turning pages to and fro, beside a list of what must be on them.

use std::ops::Range;

use thread_store::{
    Cursor, Direction, ListItems, ListTurns, Replay, ThreadItem, Turn as ThreadTurn,
};

use super::history::{Record, Rows, Turn};
use super::read::{Attempt, Reader, failed, same};
use crate::model::side::to_json;

/// Where a cursor stands among the rows, oldest first.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// Where the direction begins.
    Start,
    /// Before the row of this number; what is wanted is newer.
    After(usize),
    /// Before the row of this number; what is wanted is older.
    Before(usize),
}

struct Page {
    rows: Vec<String>,
    next: Option<Cursor>,
    previous: Option<Cursor>,
}

/// Reads pages, one for each turn, until there is no cursor to go on with. Says a record before each
/// page, as long as there are any.
pub(super) async fn walk(reader: &Reader, rows: Rows, turns: &[Turn], said: &[Record]) -> Attempt {
    let replay = reader.replay().await?;
    let list = List::of(rows, &replay);
    let mut all = list.rows(&replay);
    let (mut cursor, mut place) = (None, Place::Start);
    for (n, turn) in turns.iter().enumerate() {
        if let Some(record) = said.get(n) {
            reader.say(*record).await?;
            all = list.rows(&reader.replay().await?);
        }
        let page = list.page(reader, *turn, cursor).await?;
        let range = place.range(turn.direction, turn.page_size.into(), all.len());
        let what = format!("page {n} of {rows:?}: {turn:?} from {place:?}");
        let mut expected = all[range.clone()].to_vec();
        let more = match turn.direction {
            Direction::Ascending => range.end < all.len(),
            Direction::Descending => {
                expected.reverse();
                range.start > 0
            }
        };
        same(&what, &expected, &page.rows)?;
        same(&format!("whether there is more after {what}"), &more, &page.next.is_some())?;
        let some = !expected.is_empty();
        same(&format!("the way back from {what}"), &some, &page.previous.is_some())?;
        cursor = if turn.onward { page.next } else { page.previous };
        place = Place::beyond(&range, turn.direction, turn.onward);
        if cursor.is_none() {
            break;
        }
    }
    Ok(())
}

impl Place {
    fn beyond(page: &Range<usize>, direction: Direction, onward: bool) -> Self {
        if onward == (direction == Direction::Ascending) {
            Self::After(page.end)
        } else {
            Self::Before(page.start)
        }
    }

    /// The rows of a page of this size.
    fn range(self, direction: Direction, size: usize, count: usize) -> Range<usize> {
        match (self, direction) {
            (Self::Start, Direction::Ascending) => 0..size.min(count),
            (Self::Start, Direction::Descending) => count.saturating_sub(size)..count,
            (Self::After(from), _) => from..(from + size).min(count),
            (Self::Before(to), _) => to.saturating_sub(size)..to,
        }
    }
}

/// What is listed.
enum List {
    Turns(thread_store::ItemsView),
    Items(Option<String>),
}

impl List {
    fn of(rows: Rows, replay: &Replay) -> Self {
        match rows {
            Rows::Turns(view) => Self::Turns(view),
            Rows::Items => Self::Items(None),
            Rows::ItemsOf(n) => {
                let turn = replay.turns.iter().rev().nth(n.into());
                Self::Items(Some(turn.map_or("nowhere", |turn| &turn.id).to_owned()))
            }
        }
    }

    /// All rows, oldest first.
    fn rows(&self, replay: &Replay) -> Vec<String> {
        match self {
            Self::Turns(view) => {
                replay.turns.iter().map(|turn| turn_text(&turn.clone().with_view(*view))).collect()
            }
            Self::Items(None) => replay.clone().into_items().iter().map(item_text).collect(),
            Self::Items(Some(id)) => {
                let turn = replay.turns.iter().rfind(|turn| turn.id == *id);
                turn.into_iter().flat_map(|turn| &turn.items).map(item_text).collect()
            }
        }
    }

    async fn page(&self, reader: &Reader, turn: Turn, cursor: Option<Cursor>) -> Attempt<Page> {
        let (id, size) = (reader.id(), turn.page_size.into());
        match self {
            Self::Turns(view) => {
                let list = ListTurns::new(id).with_direction(turn.direction).with_cursor(cursor);
                let list = list.with_view(*view).with_page_size(size);
                let page = reader.store.list_turns(list).await.map_err(failed)?;
                let rows = page.turns.iter().map(turn_text).collect();
                Ok(Page { rows, next: page.next_cursor, previous: page.previous_cursor })
            }
            Self::Items(of) => {
                let list = ListItems::new(id).with_direction(turn.direction).with_cursor(cursor);
                let list = list.with_turn_id(of.clone()).with_page_size(size);
                let page = reader.store.list_items(list).await.map_err(failed)?;
                let rows = page.items.iter().map(item_text).collect();
                Ok(Page { rows, next: page.next_cursor, previous: page.previous_cursor })
            }
        }
    }
}

/// Everything of a row: what is debugged has no contents, and JSON no places.
/// All of a turn. What is shown of it when it is debugged leaves its contents out.
fn turn_text(turn: &ThreadTurn) -> String {
    let places: Vec<_> = turn.items.iter().map(|item| item.ordinal.get()).collect();
    format!("{} {places:?} {}", turn.ordinal, to_json(turn))
}

fn item_text(item: &ThreadItem) -> String {
    format!("{} {} {}", item.ordinal, item.turn_id, to_json(item))
}
