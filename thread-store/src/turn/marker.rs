//! Markers: records that take back what stands before them.

use memchr::memmem;
use serde::Serialize;

use crate::error::Result;
use crate::item::{Members, RolloutItem};
use crate::time::Timestamp;

/// What a marker takes back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TakenBack {
    /// The last so many turns that stand: those that begin with a record of their own, be it a start
    /// record, a message or what is said first after an end. Turns that others merely name go along.
    Turns(u64),
    /// The so many items right before the marker, whatever they are. What is damaged is one of
    /// them, with an ordinal or without ([`Reach`](super::Reach)).
    Items(u64),
}

/// The event that takes turns back, as Codex writes it. `num_items` is ours: it says exactly where
/// the view ends, also in the middle of a turn, and it counts from the marker, so it stays true in
/// a copy that begins with other records. Where it is present it alone counts.
#[derive(Serialize)]
struct ThreadRolledBack {
    r#type: &'static str,
    num_turns: u64,
    num_items: u64,
}

/// The name of the event.
const NAME: &str = "thread_rolled_back";

impl TakenBack {
    /// Whether a record can be a marker at all, without taking it apart: it has the name of the
    /// event in it, or escapes with which the name could be written.
    pub(crate) fn is_possible(item: &RolloutItem) -> bool {
        let has = |needle: &[u8]| memmem::find(item.as_bytes(), needle).is_some();
        has(NAME.as_bytes()) || has(br"\u")
    }

    pub(super) fn of(event: &Members<'_>) -> Option<Self> {
        match event.parse("num_items") {
            Some(items) => Some(Self::Items(items)),
            None => event.parse("num_turns").map(Self::Turns),
        }
    }

    /// The marker that takes back the `num_items` items before it, in which `num_turns` turns begin.
    pub(crate) fn marker(num_turns: u64, num_items: u64, at: Timestamp) -> Result<RolloutItem> {
        let event = ThreadRolledBack { r#type: NAME, num_turns, num_items };
        RolloutItem::new("event_msg", &event, at)
    }
}
