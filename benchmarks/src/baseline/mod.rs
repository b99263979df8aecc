//! What one would write by hand instead: the yardsticks.

pub(crate) mod codex;
pub(crate) mod file;
pub(crate) mod group;
pub(crate) mod like;
pub(crate) mod listing;
pub(crate) mod log;
pub(crate) mod naive;
pub(crate) mod plain;

use rusqlite::Connection;

use crate::Failure;

/// A write-ahead log, and each commit on the disk.
fn durable(connection: &Connection) -> Result<(), Failure> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(())
}
