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
}

/// What a cursor is bound to: nothing but the same list can read it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rows<'a> {
    /// The turns of a thread.
    Turns(ThreadId),
    /// Its items, all or those of one turn.
    Items(ThreadId, Option<&'a str>),
}

/// side, ordinal.
const LENGTH: usize = 1 + 8;

impl Place {
    /// The end at which a direction begins.
    pub(crate) const fn first(direction: Direction) -> Self {
        Self { ordinal: None, direction }
    }

    /// The place after a row.
    pub(crate) fn after(row: Ordinal, direction: Direction) -> Self {
        let ordinal = match direction {
            Direction::Ascending => row.plus(1),
            Direction::Descending => row,
        };
        Self { ordinal: Some(ordinal), direction }
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
        seal(&body, rows.binding())
    }

    fn decode(cursor: &Cursor, rows: Rows<'_>) -> Result<Self, Error> {
        let body: [u8; LENGTH] = unseal(cursor, rows.binding())?;
        let direction = if body[0] == 1 { Direction::Descending } else { Direction::Ascending };
        let mut number = [0; 8];
        number.copy_from_slice(&body[1..]);
        Ok(Self { ordinal: Some(Ordinal::new(u64::from_be_bytes(number))), direction })
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
