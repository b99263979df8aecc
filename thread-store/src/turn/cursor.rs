//! Cursors of turns and of items: places in one thread.

use crate::error::Error;
use crate::history::Direction;
use crate::id::ThreadId;
use crate::list::{Cursor, digest, seal, unseal};
use crate::ordinal::Ordinal;

/// Where to read on in a thread: in a direction, from an ordinal; from the end at which the
/// direction begins if there is none. Ascending the ordinal itself is included, descending it is not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub(crate) ordinal: Option<Ordinal>,
    pub(crate) direction: Direction,
    /// From the ordinal to before this one there is no marker: it was seen, and history is never
    /// changed. So a page need not look there again.
    pub(crate) unmarked_to: Ordinal,
}

/// What a cursor is bound to: nothing but the same list can read it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rows<'a> {
    /// The turns of a thread.
    Turns(ThreadId),
    /// Its items, all or those of one turn.
    Items(ThreadId, Option<&'a str>),
}

/// side, ordinal, end of what is unmarked.
const LENGTH: usize = 1 + 8 + 8;

impl Place {
    /// The end at which a direction begins.
    pub(crate) const fn first(direction: Direction) -> Self {
        Self { ordinal: None, direction, unmarked_to: Ordinal::ZERO }
    }

    /// From an ordinal on, or before it.
    pub(crate) const fn at(ordinal: Ordinal, direction: Direction) -> Self {
        Self { ordinal: Some(ordinal), direction, unmarked_to: ordinal }
    }

    /// The place, of which it is known that no marker stands from there to before an ordinal.
    pub(crate) fn known_unmarked(self, to: Option<Ordinal>) -> Self {
        Self { unmarked_to: self.unmarked_to.max(to.unwrap_or_default()), ..self }
    }

    /// The place after a row.
    pub(crate) fn after(row: Ordinal, direction: Direction) -> Self {
        let ordinal = match direction {
            Direction::Ascending => row.plus(1),
            Direction::Descending => row,
        };
        Self::at(ordinal, direction)
    }

    /// Where a call reads: at its cursor if it has one, else at the first place.
    pub(crate) fn of(
        cursor: Option<&Cursor>,
        direction: Direction,
        rows: Rows<'_>,
    ) -> Result<Self, Error> {
        cursor.map_or(Ok(Self::first(direction)), |cursor| Self::decode(cursor, rows))
    }

    /// The cursor of this place.
    pub(crate) fn encode(self, rows: Rows<'_>) -> Cursor {
        let mut body = Vec::with_capacity(LENGTH);
        body.push(u8::from(self.direction == Direction::Descending));
        body.extend(self.ordinal.unwrap_or(Ordinal::ZERO).get().to_be_bytes());
        body.extend(self.unmarked_to.get().to_be_bytes());
        seal(&body, rows.binding())
    }

    fn decode(cursor: &Cursor, rows: Rows<'_>) -> Result<Self, Error> {
        let body: [u8; LENGTH] = unseal(cursor, rows.binding())?;
        let direction = if body[0] == 1 { Direction::Descending } else { Direction::Ascending };
        let ordinal = |from: usize| {
            let mut number = [0; 8];
            number.copy_from_slice(&body[from..from + 8]);
            Ordinal::new(u64::from_be_bytes(number))
        };
        Ok(Self { ordinal: Some(ordinal(1)), direction, unmarked_to: ordinal(9) })
    }
}

impl Rows<'_> {
    fn binding(self) -> u64 {
        let (kind, thread_id, turn_id) = match self {
            Self::Turns(thread_id) => (b't', thread_id, None),
            Self::Items(thread_id, turn_id) => (b'i', thread_id, turn_id),
        };
        let mut bytes = vec![kind];
        bytes.extend(thread_id.as_bytes());
        bytes.push(u8::from(turn_id.is_some()));
        bytes.extend(turn_id.unwrap_or_default().as_bytes());
        digest(&bytes)
    }
}
