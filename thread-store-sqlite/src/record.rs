//! Records: rows and back.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use thread_store::{
    Epoch, Error, Identity, LeaseState, ListRow, Ordinal, StoredThread, ThreadId, ThreadMetadata,
    Timestamp,
};

use crate::error::{Result, SqliteError};
use crate::history::{number, ordinal};

/// A thread with all that its row and its head know.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) key: i64,
    pub(crate) thread: StoredThread,
    pub(crate) lease: LeaseState,
    pub(crate) create_request: Option<String>,
    pub(crate) update_request: Option<String>,
}

/// The columns that [`Stored::read`] needs, of `threads t` and `heads h`.
pub(crate) const COLUMNS: &str = "t.key, t.thread_id, t.identity, t.metadata, t.metadata_version, t.archived_at, \
     t.create_request, t.update_request, h.next_ordinal, h.epoch, h.released, h.holder";

impl Stored {
    pub(crate) fn read(row: &SqliteRow) -> Result<Self> {
        let key: i64 = row.try_get("key")?;
        let bytes: &[u8] = row.try_get("thread_id")?;
        let thread_id =
            ThreadId::from_bytes(bytes.try_into().map_err(|_| damaged(key, "thread_id"))?);
        let identity: Identity =
            json(row.try_get("identity")?).ok_or_else(|| damaged(key, "identity"))?;
        let metadata: ThreadMetadata =
            json(row.try_get("metadata")?).ok_or_else(|| damaged(key, "metadata"))?;
        let mut thread = StoredThread::new(thread_id, identity, metadata);
        thread.metadata_version = ordinal(row.try_get("metadata_version")?)?;
        thread.archived_at = row
            .try_get::<Option<i64>, _>("archived_at")?
            .map(Timestamp::from_millis);
        thread.next_ordinal = Ordinal::new(ordinal(row.try_get("next_ordinal")?)?);
        let holder: Option<&str> = row.try_get("holder")?;
        let lease = LeaseState {
            epoch: Epoch::new(ordinal(row.try_get("epoch")?)?),
            holder: holder
                .map(|text| json(text).ok_or_else(|| damaged(key, "holder")))
                .transpose()?,
            released: row.try_get("released")?,
        };
        let create_request = row.try_get("create_request")?;
        let update_request = row.try_get("update_request")?;
        Ok(Self {
            key,
            thread,
            lease,
            create_request,
            update_request,
        })
    }

    /// Refuses an archived thread, unless they are included.
    pub(crate) fn checked(self, include_archived: bool) -> Result<Self> {
        if self.thread.is_archived() && !include_archived {
            return Err(Error::archived(self.thread.thread_id).into());
        }
        Ok(self)
    }
}

fn json<'a, T: serde::Deserialize<'a>>(text: &'a str) -> Option<T> {
    serde_json::from_str(text).ok()
}

fn damaged(key: i64, column: &str) -> SqliteError {
    SqliteError::Damaged(format!("{column} of thread row {key}"))
}

/// The thread with this id, if there is one.
pub(crate) async fn find(
    connection: &mut SqliteConnection,
    thread_id: ThreadId,
) -> Result<Option<Stored>> {
    let row = sqlx::query(
        "SELECT t.key, t.thread_id, t.identity, t.metadata, t.metadata_version, t.archived_at,
            t.create_request, t.update_request, h.next_ordinal, h.epoch, h.released, h.holder
         FROM threads t JOIN heads h USING (key) WHERE t.thread_id = ?",
    )
    .bind(&thread_id.as_bytes()[..])
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(Stored::read).transpose()
}

/// The thread with this id, active or archived.
pub(crate) async fn get(connection: &mut SqliteConnection, thread_id: ThreadId) -> Result<Stored> {
    find(connection, thread_id)
        .await?
        .ok_or_else(|| Error::not_found(thread_id).into())
}

/// Adds a record; answers its key.
pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    thread: &StoredThread,
    create_request: Option<&str>,
) -> Result<i64> {
    let inserted = sqlx::query(
        "INSERT INTO threads (thread_id, identity, metadata, metadata_version, archived_at, create_request)
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(&thread.thread_id.as_bytes()[..])
    .bind(text(&thread.identity)?)
    .bind(text(&thread.metadata)?)
    .bind(number(thread.metadata_version)?)
    .bind(thread.archived_at.map(Timestamp::as_millis))
    .bind(create_request)
    .execute(&mut *connection)
    .await?;
    let key = inserted.last_insert_rowid();
    sqlx::query("INSERT INTO heads (key, next_ordinal, epoch, released) VALUES (?, ?, 0, 1)")
        .bind(key)
        .bind(number(thread.next_ordinal.get())?)
        .execute(&mut *connection)
        .await?;
    project(connection, key, &thread.list_row()).await?;
    Ok(key)
}

/// Writes an edited record over the old one.
pub(crate) async fn update(connection: &mut SqliteConnection, stored: &Stored) -> Result<()> {
    let thread = &stored.thread;
    sqlx::query(
        "UPDATE threads SET metadata = ?, metadata_version = ?, archived_at = ?, update_request = ?
         WHERE key = ?",
    )
    .bind(text(&thread.metadata)?)
    .bind(number(thread.metadata_version)?)
    .bind(thread.archived_at.map(Timestamp::as_millis))
    .bind(stored.update_request.as_deref())
    .bind(stored.key)
    .execute(&mut *connection)
    .await?;
    project(connection, stored.key, &thread.list_row()).await
}

/// Writes what lists filter and sort by.
async fn project(connection: &mut SqliteConnection, key: i64, row: &ListRow<'_>) -> Result<()> {
    sqlx::query("INSERT OR REPLACE INTO listing VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(key)
        .bind(&row.thread_id.as_bytes()[..])
        .bind(row.created_at.as_millis())
        .bind(row.updated_at.as_millis())
        .bind(row.recency_at.as_millis())
        .bind(row.archived)
        .bind(row.source_kind.as_str())
        .bind(row.model_provider)
        .bind(row.cwd.as_deref())
        .bind(row.spawn_parent.as_ref().map(|id| &id.as_bytes()[..]))
        .bind(row.has_preview)
        .execute(&mut *connection)
        .await?;
    let [first, second, third] = row.texts;
    sqlx::query("INSERT OR REPLACE INTO listing_texts VALUES (?, ?, ?, ?)")
        .bind(key)
        .bind(first)
        .bind(second)
        .bind(third)
        .execute(&mut *connection)
        .await?;
    sqlx::query("DELETE FROM labels WHERE key = ?")
        .bind(key)
        .execute(&mut *connection)
        .await?;
    for (name, value) in row.labels {
        sqlx::query("INSERT INTO labels VALUES (?, ?, ?)")
            .bind(key)
            .bind(name)
            .bind(value)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Removes a thread and everything that belongs to it.
pub(crate) async fn delete(connection: &mut SqliteConnection, key: i64) -> Result<()> {
    for statement in [
        "DELETE FROM runs WHERE key = ?",
        "DELETE FROM labels WHERE key = ?",
        "DELETE FROM listing_texts WHERE key = ?",
        "DELETE FROM listing WHERE key = ?",
        "DELETE FROM heads WHERE key = ?",
        "DELETE FROM threads WHERE key = ?",
    ] {
        sqlx::query(statement)
            .bind(key)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Moves the end of a history.
pub(crate) async fn set_end(
    connection: &mut SqliteConnection,
    key: i64,
    end: Ordinal,
) -> Result<()> {
    sqlx::query("UPDATE heads SET next_ordinal = ? WHERE key = ?")
        .bind(number(end.get())?)
        .bind(key)
        .execute(connection)
        .await?;
    Ok(())
}

pub(crate) async fn set_lease(
    connection: &mut SqliteConnection,
    key: i64,
    lease: &LeaseState,
) -> Result<()> {
    sqlx::query("UPDATE heads SET epoch = ?, released = ?, holder = ? WHERE key = ?")
        .bind(number(lease.epoch.get())?)
        .bind(lease.released)
        .bind(lease.holder.as_ref().map(text).transpose()?)
        .bind(key)
        .execute(connection)
        .await?;
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
    Ok(Epoch::new(ordinal(row.try_get(0)?)?))
}

fn text(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::internal(error).into())
}
