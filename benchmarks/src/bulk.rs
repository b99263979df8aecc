//! Very many threads at once, into the file of a store that is closed.
//!
//! A million threads made one by one are minutes of waiting for the disk. What is written here is what
//! `create_thread` writes, row for row (a test compares), in few transactions; the background of the
//! store indexes the titles when it is opened again, as it does with threads that were just made.

use std::path::Path;

use rusqlite::{Connection, Transaction, params};
use thread_store::{StoredThread, Timestamp};

use crate::Failure;

/// What is left to the background for a new thread: to index its texts.
const TEXTS_PENDING: i64 = 2;

/// Adds threads without items to a file that nobody has open.
pub(crate) fn insert(path: &Path, threads: &[StoredThread]) -> Result<(), Failure> {
    let mut connection = Connection::open(path)?;
    let transaction = connection.transaction()?;
    for thread in threads {
        insert_one(&transaction, thread)?;
    }
    transaction.commit()?;
    Ok(())
}

fn insert_one(transaction: &Transaction<'_>, thread: &StoredThread) -> Result<(), Failure> {
    let (id, archived_at) =
        (&thread.thread_id.as_bytes()[..], thread.archived_at.map(Timestamp::as_millis));
    let identity = serde_json::to_string(&thread.identity)?;
    let metadata = serde_json::to_string(&thread.metadata)?;
    let row = thread.list_row();
    let pending = if row.texts.iter().any(Option::is_some) { TEXTS_PENDING } else { 0 };
    transaction
        .prepare_cached(
            "INSERT INTO threads (thread_id, identity, metadata, metadata_version, archived_at)
             VALUES (?, ?, ?, ?, ?)",
        )?
        .execute(params![id, identity, metadata, thread.metadata_version, archived_at])?;
    let key = transaction.last_insert_rowid();
    transaction
        .prepare_cached(
            "INSERT INTO heads (key, next_ordinal, epoch, released, pending, chunked_to, indexed_to)
             VALUES (?, 0, 0, 1, ?, 0, 0)",
        )?
        .execute(params![key, pending])?;
    transaction
        .prepare_cached("INSERT INTO listing VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?
        .execute(params![
            key,
            id,
            row.created_at.as_millis(),
            row.updated_at.as_millis(),
            row.recency_at.as_millis(),
            row.archived,
            row.source_kind.as_str(),
            row.model_provider,
            row.cwd,
            row.spawn_parent.map(|parent| *parent.as_bytes()),
            row.has_preview
        ])?;
    transaction
        .prepare_cached("INSERT INTO listing_texts VALUES (?, ?, ?, ?)")?
        .execute(params![key, row.texts[0], row.texts[1], row.texts[2]])?;
    let mut label = transaction.prepare_cached("INSERT INTO labels VALUES (?, ?, ?)")?;
    for (name, value) in row.labels {
        label.execute(params![key, name, value])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rusqlite::types::Value;

    use super::*;
    use crate::generate::Generator;
    use crate::stores::Kind;

    /// Everything in a table.
    fn rows(path: &Path, table: &str) -> Vec<Vec<Value>> {
        let connection = Connection::open(path).unwrap();
        let mut select =
            connection.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2")).unwrap();
        let columns = select.column_count();
        let rows = select.query_map([], |row| (0..columns).map(|at| row.get(at)).collect());
        rows.unwrap().collect::<Result<_, _>>().unwrap()
    }

    #[tokio::test]
    async fn the_rows_are_those_that_the_store_writes() {
        let threads: Vec<_> = {
            let mut generator = Generator::new(5);
            (0..60).map(|_| generator.thread()).collect()
        };
        let (made, bulk) = (Kind::Sqlite.open().await.unwrap(), Kind::Sqlite.open().await.unwrap());
        for thread in &threads {
            made.store.create_thread(thread.clone()).await.unwrap();
        }
        made.close().await;
        bulk.close().await;
        let threads: Vec<_> = threads.iter().map(|it| it.to_thread(Timestamp::MIN)).collect();
        insert(&bulk.path(), &threads).unwrap();
        for table in ["threads", "listing", "listing_texts", "labels"] {
            assert_eq!(rows(&made.path(), table), rows(&bulk.path(), table), "{table}");
        }
        // The background may have been at work where the store was open.
        let heads = |path| rows(path, "heads").into_iter().map(|row| row[..4].to_vec());
        assert!(heads(&made.path()).eq(heads(&bulk.path())));
    }
}
