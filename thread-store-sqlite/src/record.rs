//! Records: rows and back.

use sqlx::sqlite::SqliteRow;
use sqlx::{Connection as _, Row as _, SqliteConnection};
use thread_store::{
    Epoch, Error, Identity, LeaseState, ListRow, Ordinal, StoredThread, ThreadId, ThreadMetadata,
    Timestamp,
};

use crate::error::{Result, SqliteError};
use crate::history::{number, ordinal};

/// A thread with all that its rows know.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) head: Head,
    pub(crate) thread: StoredThread,
    pub(crate) create_request: Option<String>,
    pub(crate) update_request: Option<String>,
    /// What of the record could not be read. The thread then is as bare as a new one.
    pub(crate) damaged: Option<&'static str>,
}

/// What there is to know of a thread without its record.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) key: i64,
    pub(crate) thread_id: ThreadId,
    pub(crate) archived: bool,
    pub(crate) next_ordinal: Ordinal,
    pub(crate) lease: LeaseState,
}

/// The columns that [`Stored::read`] needs, of `threads t`, `heads h` and `listing narrow`.
macro_rules! columns {
    () => {
        "t.key, t.thread_id, t.identity, t.metadata, t.metadata_version, t.archived_at, \
         t.create_request, t.update_request, h.next_ordinal, h.epoch, h.released, h.holder, \
         narrow.created_at, narrow.updated_at, narrow.recency_at"
    };
}
pub(crate) use columns;

impl Stored {
    /// Reads a row. A record that cannot be read costs itself only: what lists need of the thread
    /// stands beside it.
    pub(crate) fn read(row: &SqliteRow) -> Result<Self> {
        let head = Head::read(row)?;
        // A row that lists have lost has no times there.
        let time = |name| {
            row.try_get::<Option<i64>, _>(name).map(|it| Timestamp::from_millis(it.unwrap_or(0)))
        };
        let identity = json(bytes(row, "identity")?);
        let metadata = json(bytes(row, "metadata")?);
        let damaged = match (&identity, &metadata) {
            (None, _) => Some("identity"),
            (_, None) => Some("metadata"),
            _ => None,
        };
        let (created_at, updated_at, recency_at) =
            (time("created_at")?, time("updated_at")?, time("recency_at")?);
        let bare = || {
            let mut metadata = ThreadMetadata::new(created_at);
            (metadata.updated_at, metadata.recency_at) = (updated_at, recency_at);
            metadata
        };
        let identity = identity.unwrap_or_else(|| Identity::new(created_at));
        let mut thread = StoredThread::new(head.thread_id, identity, metadata.unwrap_or_else(bare));
        thread.metadata_version = ordinal(row.try_get("metadata_version")?)?;
        thread.archived_at =
            row.try_get::<Option<i64>, _>("archived_at")?.map(Timestamp::from_millis);
        thread.next_ordinal = head.next_ordinal;
        let create_request = request(row, "create_request")?;
        let update_request = request(row, "update_request")?;
        Ok(Self { head, thread, create_request, update_request, damaged })
    }

    /// The whole record, or that it is damaged.
    pub(crate) fn intact(self) -> Result<Self> {
        match self.damaged {
            Some(column) => Err(damaged(self.head.key, column)),
            None => Ok(self),
        }
    }
}

impl Head {
    fn read(row: &SqliteRow) -> Result<Self> {
        let key: i64 = row.try_get("key")?;
        let id: &[u8] = row.try_get("thread_id")?;
        let thread_id = ThreadId::from_bytes(id.try_into().map_err(|_| damaged(key, "thread_id"))?);
        let lease = LeaseState {
            epoch: Epoch::new(ordinal(row.try_get("epoch")?)?),
            // Without its holder a lease is as good: nobody is named then.
            holder: json(bytes(row, "holder")?),
            released: row.try_get("released")?,
        };
        Ok(Self {
            key,
            thread_id,
            archived: row.try_get::<Option<i64>, _>("archived_at")?.is_some(),
            next_ordinal: Ordinal::new(ordinal(row.try_get("next_ordinal")?)?),
            lease,
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

/// The bytes of a text, which may be damaged; none for `NULL`.
fn bytes<'a>(row: &'a SqliteRow, column: &str) -> Result<&'a [u8]> {
    Ok(row.try_get_unchecked::<Option<&[u8]>, _>(column)?.unwrap_or_default())
}

fn json<'a, T: serde::Deserialize<'a>>(text: &'a [u8]) -> Option<T> {
    serde_json::from_slice(text).ok()
}

/// A request id that cannot be read is one that nobody can repeat.
fn request(row: &SqliteRow, column: &str) -> Result<Option<String>> {
    let text = row.try_get_unchecked::<Option<&[u8]>, _>(column)?;
    Ok(text.and_then(|text| std::str::from_utf8(text).ok()).map(str::to_owned))
}

fn damaged(key: i64, column: &str) -> SqliteError {
    SqliteError::Damaged(format!("{column} of thread row {key}"))
}

/// The thread with this id, if there is one.
pub(crate) async fn find(
    connection: &mut SqliteConnection,
    thread_id: ThreadId,
) -> Result<Option<Stored>> {
    let row = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM threads t JOIN heads h USING (key) LEFT JOIN listing narrow USING (key) WHERE t.thread_id = ?"
    ))
        .bind(&thread_id.as_bytes()[..])
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(Stored::read).transpose()
}

/// The thread with this id, active or archived.
pub(crate) async fn get(connection: &mut SqliteConnection, thread_id: ThreadId) -> Result<Stored> {
    find(connection, thread_id).await?.ok_or_else(|| Error::not_found(thread_id).into())
}

/// The head of the thread with this id, active or archived.
pub(crate) async fn head(connection: &mut SqliteConnection, thread_id: ThreadId) -> Result<Head> {
    let row = sqlx::query(
        "SELECT t.key, t.thread_id, t.archived_at, h.next_ordinal, h.epoch, h.released, h.holder
         FROM threads t JOIN heads h USING (key) WHERE t.thread_id = ?",
    )
    .bind(&thread_id.as_bytes()[..])
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(Head::read).transpose()?.ok_or_else(|| Error::not_found(thread_id).into())
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

/// Writes edited metadata over the old ones. A touch moves times alone.
pub(crate) async fn update(
    connection: &mut SqliteConnection,
    stored: &Stored,
    touch: bool,
) -> Result<()> {
    let (thread, key) = (&stored.thread, stored.head.key);
    sqlx::query(
        "UPDATE threads SET metadata = ?, metadata_version = ?, update_request = ? WHERE key = ?",
    )
    .bind(text(&thread.metadata)?)
    .bind(number(thread.metadata_version)?)
    .bind(stored.update_request.as_deref())
    .bind(key)
    .execute(&mut *connection)
    .await?;
    let row = thread.list_row();
    if touch {
        return project_times(connection, key, &row).await;
    }
    project(connection, key, &row).await
}

/// Moves the times of what lists sort by.
async fn project_times(
    connection: &mut SqliteConnection,
    key: i64,
    row: &ListRow<'_>,
) -> Result<()> {
    sqlx::query("UPDATE listing SET updated_at = ?, recency_at = ? WHERE key = ?")
        .bind(row.updated_at.as_millis())
        .bind(row.recency_at.as_millis())
        .bind(key)
        .execute(connection)
        .await?;
    Ok(())
}

/// Archives or unarchives. The record itself is not touched.
pub(crate) async fn set_archived(
    connection: &mut SqliteConnection,
    key: i64,
    at: Option<Timestamp>,
) -> Result<()> {
    sqlx::query("UPDATE threads SET archived_at = ? WHERE key = ?")
        .bind(at.map(Timestamp::as_millis))
        .bind(key)
        .execute(&mut *connection)
        .await?;
    sqlx::query("UPDATE listing SET archived = ? WHERE key = ?")
        .bind(at.is_some())
        .bind(key)
        .execute(connection)
        .await?;
    Ok(())
}

/// Makes what lists filter and sort by anew, for every thread, if it was made in another way than it
/// is now.
pub(crate) async fn reproject(connection: &mut SqliteConnection) -> Result<()> {
    let version = i64::from(ListRow::VERSION);
    if projection(connection).await? == Some(version) {
        return Ok(());
    }
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let keys: Vec<i64> =
        sqlx::query_scalar("SELECT key FROM threads").fetch_all(&mut *transaction).await?;
    for key in keys {
        let row = sqlx::query(concat!(
            "SELECT ",
            columns!(),
            " FROM threads t JOIN heads h USING (key) LEFT JOIN listing narrow USING (key) WHERE t.key = ?"
        ));
        let row = row.bind(key).fetch_optional(&mut *transaction).await?;
        // What cannot be read is left as it is: it costs itself only.
        match row.as_ref().map(Stored::read) {
            Some(Ok(stored)) if stored.damaged.is_none() => {
                project(&mut transaction, key, &stored.thread.list_row()).await?;
            }
            _ => tracing::warn!(key, "a thread cannot be projected: its row is damaged"),
        }
    }
    sqlx::query("INSERT OR REPLACE INTO counters VALUES ('projection', ?)")
        .bind(version)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await.map_err(SqliteError::Commit)
}

async fn projection(connection: &mut SqliteConnection) -> Result<Option<i64>> {
    let row = sqlx::query("SELECT value FROM counters WHERE name = 'projection'");
    Ok(row.fetch_optional(connection).await?.map(|row| row.try_get(0)).transpose()?)
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
    sqlx::query("DELETE FROM labels WHERE key = ?").bind(key).execute(&mut *connection).await?;
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
        sqlx::query(statement).bind(key).execute(&mut *connection).await?;
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
