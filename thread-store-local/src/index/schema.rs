//! The schema, version by version, as in our other databases: a migration is a list of single
//! statements, and SQLite's `user_version` moves in the same transaction.
//!
//! What is stored costs time only to find again. So a migration may empty the table where converting
//! it is not worth the code.

use sqlx::{Connection as _, Row as _, SqliteConnection};

use super::error::{IndexError, Result};

/// What SQLite's `application_id` is in an index: "thsi".
const APPLICATION_ID: i64 = 0x7468_7369;

/// The statements that lead from each version to the next.
const MIGRATIONS: &[&[&str]] =
    &[&["CREATE TABLE packs (bucket INTEGER PRIMARY KEY, entries BLOB NOT NULL) STRICT"]];

/// The version that this program writes.
pub(super) const CURRENT: i64 = MIGRATIONS.len() as i64;

/// Refuses what is not ours, damaged, or newer than we are. Changes nothing.
pub(super) async fn check(connection: &mut SqliteConnection) -> Result<()> {
    let mut view = connection.begin().await?;
    let (application, version) = marks(&mut view).await?;
    let empty = is_empty(&mut view).await?;
    view.rollback().await?;
    match (application, version) {
        (APPLICATION_ID, found) if found > CURRENT => {
            Err(IndexError::Newer { found, known: CURRENT })
        }
        (APPLICATION_ID, 1..) if !empty => Ok(()),
        (0, 0) if empty => Ok(()),
        _ => Err(IndexError::Damaged),
    }
}

/// Brings the schema up to date, one version in one transaction.
pub(super) async fn migrate(connection: &mut SqliteConnection) -> Result<()> {
    migrate_with(connection, MIGRATIONS).await
}

async fn migrate_with(
    connection: &mut SqliteConnection,
    migrations: &[&[&'static str]],
) -> Result<()> {
    loop {
        let (_, version) = marks(connection).await?;
        let step = usize::try_from(version).ok().and_then(|version| migrations.get(version));
        let Some(statements) = step else { return Ok(()) };
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        for statement in *statements {
            sqlx::raw_sql(*statement).execute(&mut *transaction).await?;
        }
        set_marks(&mut transaction, version + 1).await?;
        transaction.commit().await?;
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

async fn is_empty(connection: &mut SqliteConnection) -> Result<bool> {
    let row = sqlx::query("SELECT count(*) FROM sqlite_schema").fetch_one(connection).await?;
    Ok(row.try_get::<i64, _>(0)? == 0)
}

#[cfg(test)]
pub(super) mod tests {
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

    pub(in crate::index) async fn make_newer(connection: &mut SqliteConnection) {
        set_marks(connection, CURRENT + 1).await.unwrap();
    }

    #[tokio::test]
    async fn every_earlier_version_is_brought_to_the_present_one() {
        let mut fresh = memory().await;
        migrate(&mut fresh).await.unwrap();
        for earlier in 0..=MIGRATIONS.len() {
            let mut old = memory().await;
            migrate_with(&mut old, &MIGRATIONS[..earlier]).await.unwrap();
            check(&mut old).await.unwrap();
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
    async fn what_is_newer_is_told_from_what_is_damaged() {
        let mut newer = memory().await;
        migrate(&mut newer).await.unwrap();
        make_newer(&mut newer).await;
        assert!(matches!(check(&mut newer).await, Err(IndexError::Newer { .. })));

        let mut foreign = memory().await;
        sqlx::raw_sql("CREATE TABLE theirs (a)").execute(&mut foreign).await.unwrap();
        assert!(check(&mut foreign).await.unwrap_err().is_damage());

        let mut hollow = memory().await;
        set_marks(&mut hollow, CURRENT).await.unwrap();
        assert!(check(&mut hollow).await.unwrap_err().is_damage());
        check(&mut memory().await).await.unwrap();
    }
}
