//! Cursors: places in a list.

use std::hash::Hasher;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;

use super::{ListFilter, Position, SortKey};
use crate::cwd::cwd_key;
use crate::error::Error;
use crate::history::Direction;
use crate::id::ThreadId;
use crate::time::Timestamp;

/// A place in a list, to continue from. Opaque text; it outlives the process and is bound to the
/// filter and sort key it was made for.
///
/// It names a row by its sort key and id, and the side of it on which to go on, so it stays good
/// whatever is created, changed or deleted meanwhile.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

impl Cursor {
    /// Takes a cursor as text. It is checked when it is used.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The first byte of every sealed text: the version of this layout.
const VERSION: u8 = 1;
/// Binding and check.
const SEAL: usize = 8 + 8;

/// What a sealed text is, for telling why one is refused.
pub(crate) struct SealKind {
    /// The parameter it is given as.
    pub(crate) field: &'static str,
    /// Said of a text that is none.
    pub(crate) malformed: &'static str,
    /// Said of one with another binding.
    pub(crate) foreign: &'static str,
}

const CURSOR: SealKind = SealKind {
    field: "cursor",
    malformed: "not a cursor of this kind of list",
    foreign: "made for another list",
};

/// Makes a cursor that says `body`, and is good only with the same binding.
pub(crate) fn seal(body: &[u8], binding: u64) -> Cursor {
    Cursor(seal_text(body, binding))
}

/// Reads what a cursor of this binding says.
pub(crate) fn unseal<const LENGTH: usize>(
    cursor: &Cursor,
    binding: u64,
) -> Result<[u8; LENGTH], Error> {
    unseal_text(&cursor.0, binding, &CURSOR)
}

/// Makes a text that says `body`, and is good only with the same binding.
pub(crate) fn seal_text(body: &[u8], binding: u64) -> String {
    let mut bytes = Vec::with_capacity(1 + body.len() + SEAL);
    bytes.push(VERSION);
    bytes.extend(body);
    bytes.extend(binding.to_be_bytes());
    bytes.extend(digest(&bytes).to_be_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads what a text of this kind and binding says.
pub(crate) fn unseal_text<const LENGTH: usize>(
    text: &str,
    binding: u64,
    kind: &SealKind,
) -> Result<[u8; LENGTH], Error> {
    let invalid = |reason: &str| Error::invalid(kind.field, reason);
    let bytes = URL_SAFE_NO_PAD
        .decode(text)
        .ok()
        .filter(|bytes| bytes.len() == 1 + LENGTH + SEAL)
        .ok_or_else(|| invalid(kind.malformed))?;
    let (sealed, check) = bytes.split_at(bytes.len() - 8);
    if digest(sealed).to_be_bytes() != check {
        return Err(invalid("damaged"));
    }
    if sealed[0] != VERSION {
        return Err(invalid("of another version"));
    }
    let (body, bound) = sealed[1..].split_at(LENGTH);
    if bound != binding.to_be_bytes() {
        return Err(invalid(kind.foreign));
    }
    body.try_into().map_err(|_| invalid(kind.malformed))
}

/// What a cursor says: go on from `position` in `direction`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Place {
    pub(super) position: Position,
    pub(super) direction: Direction,
}

/// side, time, id.
const LENGTH: usize = 1 + 8 + 16;

/// Makes the cursor for a place in the list of this filter and key.
pub(super) fn encode(place: Place, filter: &ListFilter, key: SortKey) -> Cursor {
    let mut body = Vec::with_capacity(LENGTH);
    body.push(u8::from(place.direction == Direction::Descending));
    body.extend(place.position.time.as_millis().to_be_bytes());
    body.extend(place.position.thread_id.as_bytes());
    seal(&body, binding(filter, key))
}

/// Reads a cursor that must belong to the list of this filter and key.
pub(super) fn decode(cursor: &Cursor, filter: &ListFilter, key: SortKey) -> Result<Place, Error> {
    let body: [u8; LENGTH] = unseal(cursor, binding(filter, key))?;
    let direction = if body[0] == 1 { Direction::Descending } else { Direction::Ascending };
    let mut millis = [0; 8];
    millis.copy_from_slice(&body[1..9]);
    let mut id = [0; 16];
    id.copy_from_slice(&body[9..]);
    let position = Position {
        time: Timestamp::from_millis(i64::from_be_bytes(millis)),
        thread_id: ThreadId::from_bytes(id),
    };
    Ok(Place { position, direction })
}

/// A number that stands for the filter and the key.
fn binding(filter: &ListFilter, key: SortKey) -> u64 {
    // Writing these types as JSON cannot fail: all map keys are strings.
    digest(&serde_json::to_vec(&(canonical(filter), key)).unwrap_or_default())
}

/// The filter as cursors are bound to it: the order of alternatives and the spelling of directories
/// do not count, and a filter that a later version adds leaves cursors without it good.
pub(crate) fn canonical(filter: &ListFilter) -> ListFilter {
    let mut filter = filter.clone();
    if let Some(kinds) = &mut filter.source_kinds {
        kinds.sort_unstable();
    }
    if let Some(cwds) = &mut filter.cwds {
        *cwds = cwds.iter().map(|cwd| cwd_key(cwd)).collect();
        cwds.sort_unstable();
    }
    if let Some(names) = &mut filter.model_providers {
        names.sort_unstable();
    }
    filter
}

/// A stable number for some bytes.
pub(crate) fn digest(bytes: &[u8]) -> u64 {
    let mut hasher = SipHasher13::new();
    hasher.write(bytes);
    hasher.finish()
}
