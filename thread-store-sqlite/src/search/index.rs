//! Writing the index, apart from the writes that it is about.
//!
//! `heads.indexed_to` says of each thread how far its history is indexed; what is beyond is searched
//! by reading. So the index may lag behind, and a step of it may be lost: nothing is found or missed
//! for that. What is indexed stays so when it is taken back: the index names more than there is.

use sqlx::{Connection as _, QueryBuilder, Row as _, SqliteConnection};
use thread_store::{Ordinal, Speaker, StoredItem, ThreadId, searchable_message};

use super::records;
use crate::error::{Result, is_damaged_index};
use crate::grams;
use crate::head::{pending, signed, unsigned};
use crate::schema;

/// Records beyond this one have no rows, and are searched by reading.
const MOST: u64 = 1 << 31;
/// Rows of a statement: a few sizes, so that the statements are prepared once.
const SIZES: [usize; 3] = [64, 8, 1];

/// Messages of a stretch of a history, ready for the index.
#[derive(Debug)]
pub(crate) struct Batch {
    key: i64,
    from: i64,
    to: i64,
    /// Rows of `message_grams`, in their order.
    documents: Vec<(i64, String)>,
    /// Bytes of the records.
    pub(crate) bytes: usize,
    /// Whether the history goes on.
    more: bool,
}

/// Reads the records that come next before `upto`, of about so many bytes, and makes their messages
/// ready; `None` if all are indexed, or the thread is gone. Needs no transaction: what it read does not change.
///
/// Damaged records are stepped over: what cannot be read has no text.
pub(crate) async fn prepare(
    connection: &mut SqliteConnection,
    key: i64,
    upto: Ordinal,
    budget_bytes: usize,
) -> Result<Option<Batch>> {
    let Some((thread_id, from, end)) = unindexed(connection, key).await? else { return Ok(None) };
    let end = end.min(upto.get());
    let (mut to, mut bytes, mut documents) = (from, 0, Vec::new());
    while to < end && bytes < budget_bytes {
        let take = to..end.min(to + records::STEP);
        to = take.end;
        let (items, _) = records::read(connection, thread_id, take).await?;
        for stored in items {
            bytes += stored.item.len();
            documents.extend(document(key, &stored)?);
        }
    }
    let (from, to, more) = (signed(from)?, signed(to)?, to < end);
    Ok((from < to).then_some(Batch { key, from, to, documents, bytes, more }))
}

/// Where the index of a thread ends, and where its history does.
async fn unindexed(
    connection: &mut SqliteConnection,
    key: i64,
) -> Result<Option<(ThreadId, u64, u64)>> {
    let row = sqlx::query(
        "SELECT thread_id, indexed_to, next_ordinal FROM heads JOIN threads USING (key) WHERE key = ?",
    );
    let Some(row) = row.bind(key).fetch_optional(connection).await? else { return Ok(None) };
    // A thread without an id can be read by nobody.
    let id = <[u8; 16]>::try_from(row.try_get::<&[u8], _>(0)?).map(ThreadId::from_bytes);
    let (from, end) = (unsigned(row.try_get(1)?)?, unsigned(row.try_get(2)?)?.min(MOST));
    Ok(id.ok().map(|id| (id, from, end)))
}

/// The row of a record that may be a message.
fn document(key: i64, stored: &StoredItem) -> Result<Option<(i64, String)>> {
    let Some((speaker, text)) = searchable_message(&stored.item) else { return Ok(None) };
    let speaker = match speaker {
        Speaker::Person => 0,
        Speaker::Agent => 1,
    };
    let row = key << 32 | signed(stored.ordinal.get())? << 1 | speaker;
    Ok(Some((row, grams::document(std::iter::once(text.as_str())))))
}

/// Writes a batch, in a transaction, if nobody has meanwhile; answers whether more is left to index
/// then, as far as the batch knows.
pub(crate) async fn apply(connection: &mut SqliteConnection, batch: Batch) -> Result<bool> {
    let moved = sqlx::query(
        "UPDATE heads SET indexed_to = ?1 WHERE key = ?2 AND indexed_to = ?3 AND next_ordinal >= ?1",
    )
    .bind(batch.to)
    .bind(batch.key)
    .bind(batch.from)
    .execute(&mut *connection)
    .await?;
    if moved.rows_affected() == 0 {
        return Ok(true);
    }
    insert(connection, &batch.documents).await?;
    Ok(batch.more)
}

/// A row that is there already is written anew: an index that went wrong must not stay so.
async fn insert(connection: &mut SqliteConnection, documents: &[(i64, String)]) -> Result<()> {
    let mut rest = documents;
    for size in SIZES {
        while let Some((rows, later)) = rest.split_at_checked(size) {
            let mut query =
                QueryBuilder::new("INSERT OR REPLACE INTO message_grams (rowid, folded) ");
            query.push_values(rows, |mut row, (id, folded)| {
                row.push_bind(*id).push_bind(folded.as_str());
            });
            query.build().execute(&mut *connection).await?;
            rest = later;
        }
    }
    Ok(())
}

/// Indexes the name, the title and the preview of a thread anew, in a transaction.
pub(crate) async fn index_texts(connection: &mut SqliteConnection, key: i64) -> Result<()> {
    let row = sqlx::query("SELECT text_1, text_2, text_3 FROM listing_texts WHERE key = ?")
        .bind(key)
        .fetch_optional(&mut *connection)
        .await?;
    let mut texts = Vec::new();
    for column in row.iter().flat_map(|row| (0..3).map(move |column| (row, column))) {
        // A text may be damaged.
        let text = column.0.try_get_unchecked::<Option<&[u8]>, _>(column.1)?.unwrap_or_default();
        texts.push(String::from_utf8_lossy(text));
    }
    let statement = if texts.iter().all(|text| text.is_empty()) {
        sqlx::query("DELETE FROM text_grams WHERE rowid = ?").bind(key)
    } else {
        sqlx::query("INSERT OR REPLACE INTO text_grams (rowid, folded) VALUES (?, ?)")
            .bind(key)
            .bind(grams::document(texts.iter().map(AsRef::as_ref)))
    };
    statement.execute(&mut *connection).await?;
    sqlx::query("UPDATE heads SET pending = pending & ~? WHERE key = ?")
        .bind(pending::TEXTS)
        .bind(key)
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes what FTS5 keeps in memory until a transaction ends: here, a failure is known for its own.
pub(crate) async fn flush(connection: &mut SqliteConnection) -> Result<()> {
    Ok(connection.begin().await?.commit().await?)
}

/// Removes a thread from the index, in a transaction. An index that is damaged is begun anew.
pub(crate) async fn forget(connection: &mut SqliteConnection, key: i64) -> Result<()> {
    let removed = remove(connection, key).await;
    match removed {
        Err(error) if is_damaged_index(&error) => rebuild(connection).await,
        removed => removed,
    }
}

async fn remove(connection: &mut SqliteConnection, key: i64) -> Result<()> {
    for statement in [
        "DELETE FROM text_grams WHERE rowid = ?1",
        "DELETE FROM message_grams WHERE rowid >= ?1 << 32 AND rowid < (?1 + 1) << 32",
    ] {
        sqlx::query(statement).bind(key).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Empties the index, in a transaction: everything is to be indexed again.
pub(crate) async fn rebuild(connection: &mut SqliteConnection) -> Result<()> {
    tracing::warn!("the search index is damaged, and is made anew");
    for statement in schema::INDEX_ANEW {
        sqlx::raw_sql(*statement).execute(&mut *connection).await?;
    }
    sqlx::query("UPDATE heads SET indexed_to = 0, pending = pending | ?")
        .bind(pending::ITEMS | pending::TEXTS)
        .execute(connection)
        .await?;
    Ok(())
}
