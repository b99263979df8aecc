//! Reading histories for a search: as far as they can be read.

use std::ops::Range;

use sqlx::SqliteConnection;
use thread_store::{
    DamageReport, DamagedRecord, Error, ErrorKind, LoadHistory, Ordinal, OrdinalRange, StoredItem,
    ThreadId,
};

use crate::error::Result;
use crate::history;

/// So many records are read at once where not all are needed at once.
pub(super) const STEP: u64 = 256;
/// A whole history.
pub(super) const ALL: Range<u64> = 0..u64::MAX;

/// The items with these ordinals, oldest first, and what of them is damaged. What cannot be read at
/// all is damage, and hides no other; a thread that is gone has none.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    thread_id: ThreadId,
    ordinals: Range<u64>,
) -> Result<(Vec<StoredItem>, DamageReport)> {
    let range = OrdinalRange::between(Ordinal::new(ordinals.start), Ordinal::new(ordinals.end));
    let load = LoadHistory::new(thread_id).with_include_archived(true).with_range(range);
    let error = match history::read(connection, &load).await {
        Ok(page) => return Ok((page.items.into_ascending(), page.damage)),
        Err(error) => Error::from(error),
    };
    let mut damage = DamageReport::default();
    match error.kind() {
        ErrorKind::NotFound => {}
        ErrorKind::Corrupt { location } => {
            damage.push(DamagedRecord::new(location.clone(), None, "the history cannot be read"));
        }
        _ => return Err(error.into()),
    }
    Ok((Vec::new(), damage))
}
