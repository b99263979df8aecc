//! The schema, version by version.
//!
//! A migration is a list of single statements; the version is SQLite's `user_version`, which moves
//! in the same transaction. So a migration is done or not, and nothing depends on how a line ends.

use sqlx::{Connection as _, Row as _, SqliteConnection};

use crate::error::{Result, SqliteError};

/// What SQLite's `application_id` is in our files: "thst".
const APPLICATION_ID: i64 = 0x7468_7374;

const TEXT_GRAMS: &str = "CREATE VIRTUAL TABLE text_grams USING fts5 (
        folded, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram case_sensitive 1')";
const MESSAGE_GRAMS: &str = "CREATE VIRTUAL TABLE message_grams USING fts5 (
        folded, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram case_sensitive 1')";

/// What empties the index of what can be searched, in whatever state it is.
pub(crate) const INDEX_ANEW: &[&str] =
    &["DROP TABLE text_grams", "DROP TABLE message_grams", TEXT_GRAMS, MESSAGE_GRAMS];

/// The statements that lead from each version to the next.
const MIGRATIONS: &[&[&str]] = &[&[
    "CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT",
    "INSERT INTO counters VALUES ('epoch', 0)",
    // No number comes twice: what the background found out of a thread is of that one.
    "CREATE TABLE threads (
        key INTEGER PRIMARY KEY AUTOINCREMENT,
        thread_id BLOB NOT NULL UNIQUE,
        identity TEXT NOT NULL,
        metadata TEXT NOT NULL,
        metadata_version INTEGER NOT NULL,
        archived_at INTEGER,
        create_request TEXT,
        update_request TEXT
    ) STRICT",
    // The one row that every append updates: nothing is in it that need not be.
    "CREATE TABLE heads (
        key INTEGER PRIMARY KEY,
        next_ordinal INTEGER NOT NULL,
        epoch INTEGER NOT NULL,
        released INTEGER NOT NULL,
        pending INTEGER NOT NULL,
        chunked_to INTEGER NOT NULL,
        indexed_to INTEGER NOT NULL
    ) STRICT",
    "CREATE INDEX heads_pending ON heads (pending) WHERE pending <> 0",
    "CREATE TABLE holders (key INTEGER PRIMARY KEY, holder TEXT NOT NULL) STRICT",
    "CREATE TABLE tail (
        id INTEGER PRIMARY KEY,
        key INTEGER NOT NULL,
        first INTEGER NOT NULL,
        checksum INTEGER NOT NULL,
        entries BLOB NOT NULL,
        data BLOB NOT NULL
    ) STRICT",
    "CREATE UNIQUE INDEX tail_by_ordinal ON tail (key, first)",
    "CREATE TABLE chunks (
        id INTEGER PRIMARY KEY,
        form INTEGER NOT NULL,
        checksum INTEGER NOT NULL,
        entries BLOB NOT NULL,
        data BLOB NOT NULL
    ) STRICT",
    // An append to a thread that must be as its writer knows it. If it is not, all is taken back.
    "CREATE VIEW appends AS SELECT 0 AS key, 0 AS first, 0 AS next, 0 AS epoch,
        0 AS checksum, x'' AS entries, x'' AS data",
    "CREATE TRIGGER append INSTEAD OF INSERT ON appends WHEN NEW.key IS NOT NULL BEGIN
        UPDATE heads SET next_ordinal = NEW.next
            WHERE key = NEW.key AND next_ordinal = NEW.first AND epoch = NEW.epoch
            AND released = 0 AND pending & 1;
        SELECT RAISE(ROLLBACK, 'stale') WHERE changes() = 0;
        INSERT INTO tail (key, first, checksum, entries, data)
            VALUES (NEW.key, NEW.first, NEW.checksum, NEW.entries, NEW.data);
     END",
    // The same of many at once: how many heads moved is compared with how many should have.
    "CREATE VIEW stale AS SELECT 0 AS moved",
    "CREATE TRIGGER stale_threads INSTEAD OF INSERT ON stale
     BEGIN SELECT RAISE(ROLLBACK, 'stale'); END",
    "CREATE TABLE listing (
        key INTEGER PRIMARY KEY,
        thread_id BLOB NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        recency_at INTEGER NOT NULL,
        archived INTEGER NOT NULL,
        source TEXT NOT NULL,
        provider TEXT,
        cwd TEXT,
        spawn_parent BLOB,
        has_preview INTEGER NOT NULL
    ) STRICT",
    "CREATE TABLE listing_texts (key INTEGER PRIMARY KEY, text_1 TEXT, text_2 TEXT, text_3 TEXT) STRICT",
    "CREATE TABLE labels (
        key INTEGER NOT NULL,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (key, name)
    ) STRICT, WITHOUT ROWID",
    "CREATE INDEX labels_by_value ON labels (name, value)",
    // Most lists want threads with a preview: that is told without a look at the row.
    "CREATE INDEX all_by_created ON listing (archived, created_at, thread_id, has_preview)",
    "CREATE INDEX all_by_updated ON listing (archived, updated_at, thread_id, has_preview)",
    "CREATE INDEX all_by_recency ON listing (archived, recency_at, thread_id, has_preview)",
    "CREATE INDEX source_by_created ON listing (archived, source, created_at, thread_id, has_preview)",
    "CREATE INDEX source_by_updated ON listing (archived, source, updated_at, thread_id, has_preview)",
    "CREATE INDEX source_by_recency ON listing (archived, source, recency_at, thread_id, has_preview)",
    "CREATE INDEX provider_by_created ON listing (archived, provider, created_at, thread_id, has_preview)
        WHERE provider IS NOT NULL",
    "CREATE INDEX provider_by_updated ON listing (archived, provider, updated_at, thread_id, has_preview)
        WHERE provider IS NOT NULL",
    "CREATE INDEX provider_by_recency ON listing (archived, provider, recency_at, thread_id, has_preview)
        WHERE provider IS NOT NULL",
    "CREATE INDEX cwd_by_created ON listing (archived, cwd, created_at, thread_id, has_preview)
        WHERE cwd IS NOT NULL",
    "CREATE INDEX cwd_by_updated ON listing (archived, cwd, updated_at, thread_id, has_preview)
        WHERE cwd IS NOT NULL",
    "CREATE INDEX cwd_by_recency ON listing (archived, cwd, recency_at, thread_id, has_preview)
        WHERE cwd IS NOT NULL",
    "CREATE INDEX spawn_parent_by_created ON listing (archived, spawn_parent, created_at, thread_id, has_preview)
        WHERE spawn_parent IS NOT NULL",
    "CREATE INDEX spawn_parent_by_updated ON listing (archived, spawn_parent, updated_at, thread_id, has_preview)
        WHERE spawn_parent IS NOT NULL",
    "CREATE INDEX spawn_parent_by_recency ON listing (archived, spawn_parent, recency_at, thread_id, has_preview)
        WHERE spawn_parent IS NOT NULL",
    // Of which three characters the texts are made that people search: no positions, no copies.
    TEXT_GRAMS,
    MESSAGE_GRAMS,
    // The same, read by what grams begin with: these store nothing.
    "CREATE VIRTUAL TABLE text_grams_instances USING fts5vocab (text_grams, instance)",
    "CREATE VIRTUAL TABLE message_grams_instances USING fts5vocab (message_grams, instance)",
]];

/// The version that this program writes.
pub(crate) const CURRENT: i64 = MIGRATIONS.len() as i64;

/// Refuses a database that is not ours, or newer than we are. Changes nothing.
pub(crate) async fn check(connection: &mut SqliteConnection) -> Result<()> {
    // One view for all questions: another process may be creating the schema at this moment.
    let mut view = connection.begin().await?;
    let answer = check_view(&mut view).await;
    view.rollback().await?;
    answer
}

async fn check_view(connection: &mut SqliteConnection) -> Result<()> {
    let (application, version) = marks(connection).await?;
    if application != APPLICATION_ID && !(application == 0 && is_empty(connection).await?) {
        return Err(SqliteError::Store(thread_store::Error::invalid(
            "path",
            "the SQLite database belongs to another program",
        )));
    }
    if version < 0
        || (application == APPLICATION_ID && version > 0 && !has_threads(connection).await?)
    {
        return Err(SqliteError::Damaged("the schema of the database file".to_owned()));
    }
    if version > CURRENT {
        return Err(SqliteError::NewerSchema { found: version, known: CURRENT });
    }
    Ok(())
}

/// Brings the schema up to date, one version in one transaction. Another process may do the same at
/// the same time.
pub(crate) async fn migrate(connection: &mut SqliteConnection) -> Result<()> {
    migrate_with(connection, MIGRATIONS).await
}

async fn migrate_with(
    connection: &mut SqliteConnection,
    migrations: &[&[&'static str]],
) -> Result<()> {
    if marks(connection).await? == (APPLICATION_ID, migrations.len() as i64) {
        return Ok(());
    }
    loop {
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        let (_, version) = marks(&mut transaction).await?;
        let step = usize::try_from(version).ok().and_then(|version| migrations.get(version));
        let Some(statements) = step else {
            transaction.rollback().await?;
            return match version {
                // A newer program was faster.
                found if found > CURRENT => Err(SqliteError::NewerSchema { found, known: CURRENT }),
                _ => Ok(()),
            };
        };
        for statement in *statements {
            sqlx::raw_sql(*statement).execute(&mut *transaction).await?;
        }
        set_marks(&mut transaction, version + 1).await?;
        transaction.commit().await.map_err(SqliteError::Commit)?;
    }
}

async fn marks(connection: &mut SqliteConnection) -> Result<(i64, i64)> {
    let application = sqlx::query("PRAGMA application_id").fetch_one(&mut *connection).await?;
    let version = sqlx::query("PRAGMA user_version").fetch_one(connection).await?;
    Ok((application.try_get(0)?, version.try_get(0)?))
}

/// A pragma takes no bound parameters; these are numbers of our own.
async fn set_marks(connection: &mut SqliteConnection, version: i64) -> Result<()> {
    for pragma in [
        format!("PRAGMA application_id = {APPLICATION_ID}"),
        format!("PRAGMA user_version = {version}"),
    ] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(pragma)).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn has_threads(connection: &mut SqliteConnection) -> Result<bool> {
    let row =
        sqlx::query("SELECT count(*) FROM sqlite_schema WHERE name = 'threads' AND type = 'table'")
            .fetch_one(connection)
            .await?;
    Ok(row.try_get::<i64, _>(0)? == 1)
}

async fn is_empty(connection: &mut SqliteConnection) -> Result<bool> {
    let row = sqlx::query("SELECT count(*) FROM sqlite_schema").fetch_one(connection).await?;
    Ok(row.try_get::<i64, _>(0)? == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn memory() -> SqliteConnection {
        SqliteConnection::connect("sqlite::memory:").await.unwrap()
    }

    async fn objects(connection: &mut SqliteConnection) -> Vec<String> {
        let rows = sqlx::query("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
            .fetch_all(connection)
            .await
            .unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    #[tokio::test]
    async fn every_earlier_version_is_brought_to_the_present_one() {
        let mut fresh = memory().await;
        migrate(&mut fresh).await.unwrap();
        for earlier in 0..=MIGRATIONS.len() {
            let mut old = memory().await;
            migrate_with(&mut old, &MIGRATIONS[..earlier]).await.unwrap();
            migrate(&mut old).await.unwrap();
            assert_eq!(marks(&mut old).await.unwrap(), (APPLICATION_ID, CURRENT));
            assert_eq!(objects(&mut old).await, objects(&mut fresh).await);
        }
    }

    #[tokio::test]
    async fn a_migration_that_fails_half_way_leaves_no_trace() {
        let mut connection = memory().await;
        let broken: &[&[&'static str]] = &[&["CREATE TABLE half (a)", "CREATE NONSENSE"]];
        migrate_with(&mut connection, broken).await.unwrap_err();
        assert!(is_empty(&mut connection).await.unwrap());
        migrate(&mut connection).await.unwrap();
    }

    #[tokio::test]
    async fn newer_and_foreign_databases_are_refused() {
        let mut newer = memory().await;
        migrate(&mut newer).await.unwrap();
        set_marks(&mut newer, CURRENT + 1).await.unwrap();
        assert!(matches!(check(&mut newer).await, Err(SqliteError::NewerSchema { .. })));

        let mut foreign = memory().await;
        sqlx::raw_sql("CREATE TABLE theirs (a)").execute(&mut foreign).await.unwrap();
        assert!(check(&mut foreign).await.is_err());
        assert!(check(&mut memory().await).await.is_ok());
    }
}
