//! Heads: where histories end, and who may append to them.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use thread_store::{Epoch, Error, LeaseState, Ordinal, ThreadId};

use crate::error::{Result, SqliteError};
use crate::record::{bytes, damaged, json, text};

/// What of a thread the background has yet to do, as bits of `heads.pending`.
pub(crate) mod pending {
    /// Its history has items that no chunk has, or that no search finds by the index.
    pub(crate) const ITEMS: i64 = 1;
    /// Its name, title or preview are not in the index of texts.
    pub(crate) const TEXTS: i64 = 2;
}

/// What there is to know of a thread without its record.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) key: i64,
    pub(crate) thread_id: ThreadId,
    pub(crate) archived: bool,
    pub(crate) next_ordinal: Ordinal,
    pub(crate) lease: LeaseState,
    /// Bits of [`pending`].
    pub(crate) pending: i64,
}

impl Head {
    /// Reads a row of the columns of [`head`].
    pub(crate) fn read(row: &SqliteRow) -> Result<Self> {
        let key: i64 = row.try_get("key")?;
        let id: &[u8] = row.try_get("thread_id")?;
        let thread_id = ThreadId::from_bytes(id.try_into().map_err(|_| damaged(key, "thread_id"))?);
        let lease = LeaseState {
            epoch: Epoch::new(unsigned(row.try_get("epoch")?)?),
            // Without its holder a lease is as good: nobody is named then.
            holder: json(bytes(row, "holder")?),
            released: row.try_get("released")?,
        };
        Ok(Self {
            key,
            thread_id,
            archived: row.try_get::<Option<i64>, _>("archived_at")?.is_some(),
            next_ordinal: Ordinal::new(unsigned(row.try_get("next_ordinal")?)?),
            lease,
            pending: row.try_get("pending")?,
        })
    }

    /// Refuses an archived thread, unless they are included.
    pub(crate) fn checked(&self, include_archived: bool) -> Result<()> {
        if self.archived && !include_archived {
            return Err(Error::archived(self.thread_id).into());
        }
        Ok(())
    }
}

/// The head of the thread with this id, active or archived.
pub(crate) async fn head(connection: &mut SqliteConnection, thread_id: ThreadId) -> Result<Head> {
    let row = sqlx::query(
        "SELECT t.key, t.thread_id, t.archived_at, h.next_ordinal, h.epoch, h.released, h.pending, o.holder
         FROM threads t JOIN heads h USING (key) LEFT JOIN holders o USING (key) WHERE t.thread_id = ?",
    )
    .bind(&thread_id.as_bytes()[..])
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(Head::read).transpose()?.ok_or_else(|| Error::not_found(thread_id).into())
}

/// Adds the head of a new thread, which nobody holds and whose items are all in chunks.
pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    key: i64,
    next_ordinal: Ordinal,
    pending: i64,
) -> Result<()> {
    sqlx::query("INSERT INTO heads VALUES (?1, ?2, 0, 1, ?3, ?2, 0)")
        .bind(key)
        .bind(signed(next_ordinal.get())?)
        .bind(pending)
        .execute(connection)
        .await?;
    Ok(())
}

/// Moves the end of a history that got items.
pub(crate) async fn set_end(
    connection: &mut SqliteConnection,
    key: i64,
    end: Ordinal,
) -> Result<()> {
    sqlx::query("UPDATE heads SET next_ordinal = ?, pending = pending | ? WHERE key = ?")
        .bind(signed(end.get())?)
        .bind(pending::ITEMS)
        .bind(key)
        .execute(connection)
        .await?;
    Ok(())
}

/// Leaves something of a thread to the background.
pub(crate) async fn set_pending(
    connection: &mut SqliteConnection,
    key: i64,
    bits: i64,
) -> Result<()> {
    sqlx::query("UPDATE heads SET pending = pending | ? WHERE key = ?")
        .bind(bits)
        .bind(key)
        .execute(connection)
        .await?;
    Ok(())
}

/// What is left to the background; nothing if the thread is gone.
pub(crate) async fn pending_of(connection: &mut SqliteConnection, key: i64) -> Result<i64> {
    let bits = sqlx::query_scalar("SELECT pending FROM heads WHERE key = ?").bind(key);
    Ok(bits.fetch_optional(connection).await?.unwrap_or(0))
}

/// The end of the history, unless the thread is gone.
pub(crate) async fn end_of(connection: &mut SqliteConnection, key: i64) -> Result<Option<Ordinal>> {
    let end = sqlx::query_scalar("SELECT next_ordinal FROM heads WHERE key = ?").bind(key);
    let end: Option<i64> = end.fetch_optional(connection).await?;
    end.map(|end| Ok(Ordinal::new(unsigned(end)?))).transpose()
}

/// Takes the mark from a thread whose items are all in chunks and in the index.
pub(crate) async fn settled(connection: &mut SqliteConnection, key: i64) -> Result<()> {
    sqlx::query(
        "UPDATE heads SET pending = pending & ~?2
         WHERE key = ?1 AND chunked_to >= next_ordinal AND indexed_to >= next_ordinal",
    )
    .bind(key)
    .bind(pending::ITEMS)
    .execute(connection)
    .await?;
    Ok(())
}

pub(crate) async fn set_lease(
    connection: &mut SqliteConnection,
    key: i64,
    lease: &LeaseState,
) -> Result<()> {
    sqlx::query("UPDATE heads SET epoch = ?, released = ? WHERE key = ?")
        .bind(signed(lease.epoch.get())?)
        .bind(lease.released)
        .bind(key)
        .execute(&mut *connection)
        .await?;
    let statement = match &lease.holder {
        Some(holder) => sqlx::query("INSERT OR REPLACE INTO holders VALUES (?, ?)")
            .bind(key)
            .bind(text(holder)?),
        None => sqlx::query("DELETE FROM holders WHERE key = ?").bind(key),
    };
    statement.execute(connection).await?;
    Ok(())
}

/// The next epoch of the whole store.
pub(crate) async fn next_epoch(connection: &mut SqliteConnection) -> Result<Epoch> {
    sqlx::query("UPDATE counters SET value = value + 1 WHERE name = 'epoch'")
        .execute(&mut *connection)
        .await?;
    let row = sqlx::query("SELECT value FROM counters WHERE name = 'epoch'")
        .fetch_one(connection)
        .await?;
    Ok(Epoch::new(unsigned(row.try_get(0)?)?))
}

/// SQLite's integers have a sign.
pub(crate) fn signed(value: u64) -> Result<i64> {
    i64::try_from(value).map_err(|_| SqliteError::Damaged(format!("the number {value}")))
}

pub(crate) fn unsigned(value: i64) -> Result<u64> {
    u64::try_from(value).map_err(|_| SqliteError::Damaged(format!("the number {value}")))
}
