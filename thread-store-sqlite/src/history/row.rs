//! Rows of runs, as they are read.

use bytes::Bytes;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::run::Table;
use crate::error::Result;
use crate::head::unsigned;

/// Rows with less are copied: what a row is kept in takes more than they do.
const KEPT_BYTES: usize = 8 << 10;

/// What a row is: a chunk, by how its items are written, or what else there is in an answer.
pub(super) mod form {
    /// A chunk as it is.
    pub(crate) const RAW: i64 = 0;
    /// A chunk that zstd compressed.
    pub(crate) const ZSTD: i64 = 1;
    /// A chunk as it is, for good: damaged, or nothing makes it smaller.
    pub(crate) const KEPT: i64 = 2;
    /// A row of the tail. Not stored.
    pub(crate) const TAIL: i64 = 3;
    /// The head of the thread. Not stored.
    pub(crate) const HEAD: i64 = 4;
    /// The head of a thread that is archived. Not stored.
    pub(crate) const ARCHIVED: i64 = 5;
}

/// The columns that rows are read with, in this order. They are few: each is copied by itself.
pub(super) mod column {
    pub(crate) const FORM: usize = 0;
    pub(crate) const FIRST: usize = 1;
    pub(crate) const CHECKSUM: usize = 2;
    pub(crate) const ENTRIES: usize = 3;
    pub(crate) const DATA: usize = 4;
}

/// One row of the tail, or one chunk.
#[derive(Debug)]
pub(super) struct Run {
    key: i64,
    pub(super) first: u64,
    pub(super) form: i64,
    pub(super) checksum: i64,
    pub(super) entries: Vec<u8>,
    /// As it is stored.
    pub(super) data: Bytes,
}

impl Run {
    /// Takes a row of the columns of [`column`], of the thread with this key.
    pub(super) fn read(row: SqliteRow, key: i64) -> Result<Self> {
        Ok(Self {
            key,
            first: unsigned(row.try_get(column::FIRST)?)?,
            form: row.try_get(column::FORM)?,
            checksum: row.try_get(column::CHECKSUM)?,
            entries: row.try_get(column::ENTRIES)?,
            data: data(row)?,
        })
    }

    /// Its table, unless that is damaged.
    pub(super) fn table(&self) -> Option<Table<'_>> {
        Table::checked(self.key, self.first, &self.entries, self.checksum)
    }

    /// Its table, if the items are as they are and fill the row.
    pub(super) fn intact(&self) -> Option<Table<'_>> {
        self.table().filter(|table| self.form != form::ZSTD && table.data_len() == self.data.len())
    }

    /// Where it stands in the file, for people.
    pub(super) fn place(&self) -> String {
        let table = if self.form == form::TAIL { "tail" } else { "chunks" };
        format!("{table}, thread row {}, from ordinal {}", self.key, self.first)
    }
}

/// The bytes of a row, which stays with them.
fn data(row: SqliteRow) -> Result<Bytes> {
    let data: &[u8] = row.try_get(column::DATA)?;
    if data.len() < KEPT_BYTES {
        return Ok(Bytes::copy_from_slice(data));
    }
    Ok(Bytes::from_owner(Kept(row)))
}

struct Kept(SqliteRow);

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        // It was read before.
        self.0.try_get(column::DATA).unwrap_or_default()
    }
}
