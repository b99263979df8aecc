//! Rows of runs, as they are read.

use std::borrow::Cow;

use bytes::Bytes;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::run::Table;
use crate::error::Result;
use crate::head::unsigned;

/// Rows with less are copied: what a row is kept in takes more than they do.
const KEPT_BYTES: usize = 8 << 10;

/// How the items of a row are written.
pub(super) mod form {
    /// As they are.
    pub(crate) const RAW: i64 = 0;
    /// Compressed together by zstd.
    pub(crate) const ZSTD: i64 = 1;
    /// As they are, for good: damaged, or nothing gets smaller.
    pub(crate) const KEPT: i64 = 2;
}

/// The columns of a row that is read, in this order: where it is from (of people's interest only), and
/// the rest of it.
pub(super) mod column {
    pub(crate) const TABLE: usize = 0;
    pub(crate) const KEY: usize = 1;
    pub(crate) const FIRST: usize = 2;
    pub(crate) const FORM: usize = 3;
    pub(crate) const CHECKSUM: usize = 4;
    pub(crate) const ENTRIES: usize = 5;
    pub(crate) const DATA: usize = 6;
}

/// One row.
#[derive(Debug)]
pub(super) struct Run {
    table: String,
    pub(super) key: i64,
    pub(super) first: u64,
    pub(super) form: i64,
    pub(super) checksum: i64,
    pub(super) entries: Vec<u8>,
    /// As it is stored.
    pub(super) data: Bytes,
}

impl Run {
    /// Takes a row of the columns of [`column`].
    pub(super) fn read(row: SqliteRow) -> Result<Self> {
        Ok(Self {
            table: row.try_get(column::TABLE)?,
            key: row.try_get(column::KEY)?,
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
    pub(super) fn place(&self) -> Cow<'static, str> {
        format!("table {}, thread row {}, ordinal {}", self.table, self.key, self.first).into()
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
