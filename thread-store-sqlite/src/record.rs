//! Records: rows and back.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use thread_store::{Error, Identity, Ordinal, StoredThread, ThreadId, ThreadMetadata, Timestamp};

use crate::error::{Result, SqliteError};
use crate::head::{self, Head, pending, signed, unsigned};
use crate::{projection, search};

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

/// The columns that [`Stored::read`] needs, of [`tables`].
macro_rules! columns {
    () => {
        "t.key, t.thread_id, t.identity, t.metadata, t.metadata_version, t.archived_at, \
         t.create_request, t.update_request, h.next_ordinal, h.epoch, h.released, h.pending, o.holder, \
         narrow.created_at, narrow.updated_at, narrow.recency_at"
    };
}
pub(crate) use columns;

/// Where [`columns`] come from.
macro_rules! tables {
    () => {
        "threads t JOIN heads h USING (key) LEFT JOIN holders o USING (key) \
         LEFT JOIN listing narrow USING (key)"
    };
}
pub(crate) use tables;

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
        thread.metadata_version = unsigned(row.try_get("metadata_version")?)?;
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

/// The bytes of a text, which may be damaged; none for `NULL`.
pub(crate) fn bytes<'a>(row: &'a SqliteRow, column: &str) -> Result<&'a [u8]> {
    Ok(row.try_get_unchecked::<Option<&[u8]>, _>(column)?.unwrap_or_default())
}

pub(crate) fn json<'a, T: serde::Deserialize<'a>>(text: &'a [u8]) -> Option<T> {
    serde_json::from_slice(text).ok()
}

/// A request id that cannot be read is one that nobody can repeat.
fn request(row: &SqliteRow, column: &str) -> Result<Option<String>> {
    let text = row.try_get_unchecked::<Option<&[u8]>, _>(column)?;
    Ok(text.and_then(|text| std::str::from_utf8(text).ok()).map(str::to_owned))
}

pub(crate) fn damaged(key: i64, column: &str) -> SqliteError {
    SqliteError::Damaged(format!("{column} of thread row {key}"))
}

/// The thread with this id, if there is one.
pub(crate) async fn find(
    connection: &mut SqliteConnection,
    thread_id: ThreadId,
) -> Result<Option<Stored>> {
    let row =
        sqlx::query(concat!("SELECT ", columns!(), " FROM ", tables!(), " WHERE t.thread_id = ?"))
            .bind(&thread_id.as_bytes()[..])
            .fetch_optional(connection)
            .await?;
    row.as_ref().map(Stored::read).transpose()
}

/// Those of the threads that there are, in no order.
pub(crate) async fn find_all(
    connection: &mut SqliteConnection,
    thread_ids: impl Iterator<Item = ThreadId>,
) -> Result<Vec<Stored>> {
    let ids = thread_ids.map(|id| id.to_string().replace('-', ""));
    let rows = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM ",
        tables!(),
        " WHERE t.thread_id IN (SELECT unhex(value) FROM json_each(?))"
    ))
    .bind(serde_json::Value::from_iter(ids).to_string())
    .fetch_all(connection)
    .await?;
    rows.iter().map(Stored::read).collect()
}

/// The thread with this id, active or archived.
pub(crate) async fn get(connection: &mut SqliteConnection, thread_id: ThreadId) -> Result<Stored> {
    find(connection, thread_id).await?.ok_or_else(|| Error::not_found(thread_id).into())
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
    .bind(signed(thread.metadata_version)?)
    .bind(thread.archived_at.map(Timestamp::as_millis))
    .bind(create_request)
    .execute(&mut *connection)
    .await?;
    let key = inserted.last_insert_rowid();
    let row = thread.list_row();
    let items = if thread.next_ordinal == Ordinal::ZERO { 0 } else { pending::ITEMS };
    let texts = if row.texts.iter().any(Option::is_some) { pending::TEXTS } else { 0 };
    head::insert(connection, key, thread.next_ordinal, items | texts).await?;
    projection::insert(connection, key, &row).await?;
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
    .bind(signed(thread.metadata_version)?)
    .bind(stored.update_request.as_deref())
    .bind(key)
    .execute(&mut *connection)
    .await?;
    let row = thread.list_row();
    if touch {
        return projection::update_times(connection, key, &row).await;
    }
    if projection::replace(connection, key, &row).await? {
        head::set_pending(connection, key, pending::TEXTS).await?;
    }
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

/// Removes a thread and everything that belongs to it.
pub(crate) async fn delete(connection: &mut SqliteConnection, key: i64) -> Result<()> {
    for statement in [
        "DELETE FROM tail WHERE key = ?",
        "DELETE FROM chunks WHERE id >= ?1 << 32 AND id < (?1 + 1) << 32",
        "DELETE FROM labels WHERE key = ?",
        "DELETE FROM listing_texts WHERE key = ?",
        "DELETE FROM listing WHERE key = ?",
        "DELETE FROM holders WHERE key = ?",
        "DELETE FROM heads WHERE key = ?",
        "DELETE FROM threads WHERE key = ?",
    ] {
        sqlx::query(statement).bind(key).execute(&mut *connection).await?;
    }
    search::forget(connection, key).await
}

pub(crate) fn text(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::internal(error).into())
}
