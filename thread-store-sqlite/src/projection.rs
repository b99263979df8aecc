//! What lists filter and sort by: rows of `listing`, `listing_texts` and `labels`.

use sqlx::{Connection as _, Row as _, SqliteConnection};
use thread_store::ListRow;

use crate::error::{Result, SqliteError};
use crate::head::{self, pending};
use crate::record::{Stored, columns, tables};

/// Moves the times of what lists sort by.
pub(crate) async fn update_times(
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
        let row =
            sqlx::query(concat!("SELECT ", columns!(), " FROM ", tables!(), " WHERE t.key = ?"));
        let row = row.bind(key).fetch_optional(&mut *transaction).await?;
        // What cannot be read is left as it is: it costs itself only.
        match row.as_ref().map(Stored::read) {
            Some(Ok(stored)) if stored.damaged.is_none() => {
                if replace(&mut transaction, key, &stored.thread.list_row()).await? {
                    head::set_pending(&mut transaction, key, pending::TEXTS).await?;
                }
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

/// Writes the rows of a new thread.
pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    key: i64,
    row: &ListRow<'_>,
) -> Result<()> {
    replace(connection, key, row).await.map(drop)
}

/// Writes the rows anew; answers whether texts changed.
pub(crate) async fn replace(
    connection: &mut SqliteConnection,
    key: i64,
    row: &ListRow<'_>,
) -> Result<bool> {
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
    replace_labels(connection, key, row).await?;
    replace_texts(connection, key, row).await
}

async fn replace_texts(
    connection: &mut SqliteConnection,
    key: i64,
    row: &ListRow<'_>,
) -> Result<bool> {
    let [first, second, third] = row.texts;
    let written = sqlx::query(
        "INSERT INTO listing_texts VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET text_1 = ?2, text_2 = ?3, text_3 = ?4
         WHERE (text_1, text_2, text_3) IS NOT (?2, ?3, ?4)",
    )
    .bind(key)
    .bind(first)
    .bind(second)
    .bind(third)
    .execute(connection)
    .await?;
    Ok(written.rows_affected() > 0)
}

async fn replace_labels(
    connection: &mut SqliteConnection,
    key: i64,
    row: &ListRow<'_>,
) -> Result<()> {
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
