mod corpus;

use std::collections::BTreeMap;
use std::fs;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{Connection as _, SqliteConnection};
use tempfile::TempDir;

use super::*;

const A: &str = "aaaaaaaa-0000-7000-8000-000000000001";
const B: &str = "bbbbbbbb-0000-7000-8000-000000000002";

fn id(text: &str) -> ThreadId {
    ThreadId::parse(text).unwrap()
}

/// A connection as Codex has one, to a new database.
async fn codex(home: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new()
        .filename(home.join(FILE))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal);
    SqliteConnection::connect_with(&options).await.unwrap()
}

async fn run(codex: &mut SqliteConnection, statement: impl Into<String>) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement.into())).execute(codex).await.unwrap();
}

/// A home whose database has been written by these statements and closed.
async fn home(statements: &[&str]) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let mut codex = codex(home.path()).await;
    for statement in statements {
        run(&mut codex, *statement).await;
    }
    codex.close().await.unwrap();
    home
}

/// All files of a folder: name, contents, time of the last change.
fn files(home: &Path) -> BTreeMap<PathBuf, (Vec<u8>, std::time::SystemTime)> {
    let entries = fs::read_dir(home).unwrap().map(|entry| entry.unwrap().path());
    let state =
        |path: &PathBuf| (fs::read(path).unwrap(), path.metadata().unwrap().modified().unwrap());
    entries.map(|path| (path.clone(), state(&path))).collect()
}

const TABLE: &str = "CREATE TABLE threads (id TEXT PRIMARY KEY, name TEXT, git_sha TEXT,
    git_branch TEXT, git_origin_url TEXT, memory_mode TEXT NOT NULL DEFAULT 'enabled',
    archived INTEGER NOT NULL DEFAULT 0, archived_at INTEGER,
    history_mode TEXT NOT NULL DEFAULT 'legacy')";

#[tokio::test]
async fn what_the_database_says_is_read_in_place_and_nothing_changes() {
    let row = format!(
        "INSERT INTO threads VALUES
            ('{A}', 'A name', 'abc', 'main', 'https://example.com/x.git', 'disabled',
             1, 1795192420, 'paginated'),
            ('{B}', ' ', '', NULL, NULL, 'enabled', 0, 1795192420, 'legacy')"
    );
    let home = home(&[TABLE, &row]).await;
    let before = files(home.path());
    let found = read_state(home.path()).await.unwrap();
    assert_eq!(files(home.path()), before);
    assert_eq!(before.len(), 1);

    let a = CodexFacts {
        name: Some("A name".into()),
        git_sha: Some("abc".into()),
        git_branch: Some("main".into()),
        git_origin_url: Some("https://example.com/x.git".into()),
        memory_mode: Some("disabled".into()),
        archived_at: Some(Timestamp::from_millis(1_795_192_420_000)),
        paginated: true,
    };
    let b = CodexFacts { memory_mode: Some("enabled".into()), ..CodexFacts::default() };
    assert_eq!(found, Found::from([(id(A), a.clone()), (id(B), b)]));
    let json = serde_json::to_string(&a).unwrap();
    assert_eq!(serde_json::from_str::<CodexFacts>(&json).unwrap(), a);
}

#[tokio::test]
async fn a_log_that_is_in_use_is_read_from_a_copy_and_nothing_changes() {
    let home =
        home(&[TABLE, &format!("INSERT INTO threads (id, name) VALUES ('{A}', 'old')")]).await;
    let mut codex = codex(home.path()).await;
    run(&mut codex, format!("UPDATE threads SET name = 'new' WHERE id = '{A}'")).await;
    run(&mut codex, format!("INSERT INTO threads (id, name) VALUES ('{B}', 'b')")).await;
    // Not stored yet, so nobody may see it.
    run(&mut codex, "BEGIN IMMEDIATE").await;
    run(&mut codex, "UPDATE threads SET name = 'never'").await;

    let before = files(home.path());
    let found = read_state(home.path()).await.unwrap();
    assert_eq!(files(home.path()), before);
    assert_eq!(before.len(), 3, "database, log, shared memory");
    let name = |id| found[&id].name.as_deref();
    assert_eq!((name(id(A)), name(id(B))), (Some("new"), Some("b")));

    run(&mut codex, "ROLLBACK").await;
    run(&mut codex, "UPDATE threads SET name = 'newest'").await;
    let found = read_state(home.path()).await.unwrap();
    assert!(found.values().all(|facts| facts.name.as_deref() == Some("newest")));
}

#[tokio::test]
async fn a_log_that_was_left_behind_is_read_and_stays() {
    let live = home(&[TABLE]).await;
    let mut codex = codex(live.path()).await;
    run(&mut codex, format!("INSERT INTO threads (id, name) VALUES ('{A}', 'kept')")).await;
    let left = tempfile::tempdir().unwrap();
    for name in ["state_5.sqlite", "state_5.sqlite-wal"] {
        fs::copy(live.path().join(name), left.path().join(name)).unwrap();
    }
    let before = files(left.path());
    assert_eq!(read_state(left.path()).await.unwrap()[&id(A)].name.as_deref(), Some("kept"));
    assert_eq!(files(left.path()), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_read_while_codex_writes_is_a_state_that_there_was() {
    let home = home(&[TABLE, &format!("INSERT INTO threads (id) VALUES ('{A}'), ('{B}')")]).await;
    let mut codex = codex(home.path()).await;
    // The log is begun anew often.
    run(&mut codex, "PRAGMA wal_autocheckpoint = 40").await;
    run(&mut codex, "CREATE TABLE other (a)").await;
    run(&mut codex, "INSERT INTO other VALUES (0)").await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let writing = tokio::spawn(async move {
        for number in 0.. {
            if stop.is_closed() {
                break;
            }
            let both = format!("UPDATE threads SET name = {number}");
            let filling = "UPDATE other SET a = randomblob(9000)";
            run(&mut codex, format!("BEGIN; {both}; {filling}; COMMIT")).await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        codex.close().await.unwrap();
    });
    let mut seen = std::collections::HashSet::new();
    for _ in 0..60 {
        match read_state(home.path()).await {
            Ok(found) => {
                assert_eq!(found[&id(A)], found[&id(B)]);
                seen.insert(found[&id(A)].name.clone());
            }
            Err(error) => assert!(matches!(error, StateError::Changing), "{error:?}"),
        }
    }
    drop(stopped);
    writing.await.unwrap();
    assert!(seen.len() > 3, "{}", seen.len());
    assert_eq!(read_state(home.path()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_copy_counts_unless_the_log_was_begun_anew_or_went_away() {
    let home = home(&[TABLE]).await;
    let look = || Files::of(home.path()).look().unwrap().unwrap();
    let closed = look();
    assert!(closed.can_be_read_in_place() && closed.holds_in(&look()));

    let mut codex = codex(home.path()).await;
    run(&mut codex, format!("INSERT INTO threads (id) VALUES ('{A}')")).await;
    let first = look();
    assert!(!first.can_be_read_in_place() && !closed.holds_in(&first));
    run(&mut codex, format!("INSERT INTO threads (id) VALUES ('{B}')")).await;
    run(&mut codex, "PRAGMA wal_checkpoint(PASSIVE)").await;
    assert!(first.holds_in(&look()), "it only grew, and the database got what is in it");
    run(&mut codex, "UPDATE threads SET name = 'new'").await;
    assert!(!first.holds_in(&look()), "begun anew");

    let second = look();
    codex.close().await.unwrap();
    assert!(!second.holds_in(&look()), "gone");
    fs::copy(home.path().join(FILE), home.path().join("other")).unwrap();
    let last = look();
    fs::rename(home.path().join("other"), home.path().join(FILE)).unwrap();
    assert!(!last.holds_in(&look()), "another file");
}

#[tokio::test]
async fn columns_that_are_not_there_are_not_known() {
    let insert = format!("INSERT INTO threads VALUES ('{A}', 'main')");
    let home = home(&["CREATE TABLE threads (id TEXT, git_branch TEXT)", &insert]).await;
    let found = read_state(home.path()).await.unwrap();
    let facts = CodexFacts { git_branch: Some("main".into()), ..CodexFacts::default() };
    assert_eq!(found, Found::from([(id(A), facts)]));
}

#[tokio::test]
async fn values_of_another_type_and_rows_without_an_id_cost_themselves_only() {
    let insert = format!(
        "INSERT INTO threads VALUES
            ('{A}', x'ff00', 5, CAST(x'c328' AS TEXT), 'kept', 'enabled', 1, 'long ago', 'paginated'),
            ('no id', 'n', NULL, NULL, NULL, '', 0, 0, ''), (NULL, 'n', 0, 0, 0, '', 0, 0, '')"
    );
    let home = home(&[TABLE, &insert]).await;
    let found = read_state(home.path()).await.unwrap();
    assert_eq!(found.len(), 1);
    let facts = &found[&id(A)];
    assert_eq!((facts.name.as_ref(), facts.git_branch.as_ref()), (None, None));
    assert_eq!((facts.git_origin_url.as_deref(), facts.archived_at), (Some("kept"), None));
    assert!(facts.paginated);
}

#[tokio::test]
async fn times_are_seconds_or_milliseconds() {
    let insert = format!(
        "INSERT INTO threads (id, archived, archived_at)
            VALUES ('{A}', 1, 1795192420), ('{B}', 1, 1795192420123)"
    );
    let home = home(&[TABLE, &insert]).await;
    let found = read_state(home.path()).await.unwrap();
    assert_eq!(found[&id(A)].archived_at, Some(Timestamp::from_millis(1_795_192_420_000)));
    assert_eq!(found[&id(B)].archived_at, Some(Timestamp::from_millis(1_795_192_420_123)));
}

#[tokio::test]
async fn no_database_and_one_without_the_table_say_nothing() {
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(state_stamp(empty.path()), None);
    assert!(read_state(empty.path()).await.unwrap().is_empty());
    assert!(files(empty.path()).is_empty());

    fs::write(empty.path().join(FILE), "").unwrap();
    assert!(read_state(empty.path()).await.unwrap().is_empty());
    let stub = home(&["CREATE TABLE other (a)"]).await;
    assert!(read_state(stub.path()).await.unwrap().is_empty());

    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(FILE)).unwrap();
    assert_eq!(state_stamp(folder.path()), None);
    assert!(read_state(folder.path()).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_no_database_is_an_error_and_stays() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join(FILE), "no database ".repeat(1000)).unwrap();
    let before = files(home.path());
    assert!(matches!(read_state(home.path()).await, Err(StateError::Statement(_))));
    assert_eq!(files(home.path()), before);
}

#[tokio::test]
async fn the_stamp_tells_whether_the_database_or_its_log_changed() {
    let home = home(&[TABLE]).await;
    let closed = state_stamp(home.path()).unwrap();
    read_state(home.path()).await.unwrap();
    assert_eq!(state_stamp(home.path()), Some(closed));

    let mut codex = codex(home.path()).await;
    run(&mut codex, format!("INSERT INTO threads (id) VALUES ('{A}')")).await;
    let one = state_stamp(home.path()).unwrap();
    assert_ne!(one, closed);
    run(&mut codex, format!("INSERT INTO threads (id) VALUES ('{B}')")).await;
    assert_ne!(state_stamp(home.path()), Some(one));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn homes_with_odd_names_are_read() {
    use std::os::unix::ffi::OsStrExt as _;
    let first = home(&[TABLE, &format!("INSERT INTO threads (id) VALUES ('{A}')")]).await;
    for name in [&b"100% ? # & ;"[..], "größe-проект".as_bytes(), b"no text \xff"] {
        let home = first.path().join(std::ffi::OsStr::from_bytes(name));
        fs::create_dir(&home).unwrap();
        fs::copy(first.path().join(FILE), home.join(FILE)).unwrap();
        assert_eq!(read_state(&home).await.unwrap().len(), 1);
    }
}
