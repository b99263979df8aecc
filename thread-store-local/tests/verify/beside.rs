//! What is found beside rollouts: names, the journal, leftovers, locks, the index.

use std::fs;
use std::io::{Seek as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::sync::Arc;

use serde_json::{Value, json};
use thread_store::{
    CreateThread, ManualClock, ThreadId, ThreadMetadataPatch, ThreadStore as _, Timestamp,
    UpdateThreadMetadata,
};
use thread_store_local::LocalOptions;

use crate::common::{A, B, DAY, TestHome, event, header, text, usual};
use crate::support::{codes, found, json as findings, open, open_with, repair};

const JOURNAL: &str = "thread-store/journal.jsonl";
const LOCKS: &str = "thread-writer-locks";

fn home() -> TestHome {
    let home = TestHome::new();
    home.rollout(A, &[header(A, 1, json!({})), event("hello")]);
    home
}

fn name(id: &str, name: &str) -> String {
    json!({ "id": id, "thread_name": name, "updated_at": "2026-11-20T16:33:14Z" }).to_string()
}

fn quarantine(home: &TestHome) -> Vec<Value> {
    let text = fs::read_to_string(home.path("thread-store/quarantine.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn names_of_threads_that_no_file_has_are_found_and_kept_elsewhere() {
    let home = home();
    let [mine, gone] = [name(A, "mine"), name(B, "gone")];
    home.write("session_index.jsonl", format!("{gone}\n{mine}\n# odd\n{gone}\n"));
    assert_eq!(
        found(&home.path("")).await,
        [json!({ "code": "orphaned_name", "thread_id": B, "lines": 2 })]
    );
    repair(&home.path("")).await;
    let left = fs::read_to_string(home.path("session_index.jsonl")).unwrap();
    assert_eq!(left, format!("{mine}\n# odd\n"));
    let kept = quarantine(&home);
    assert_eq!(kept[1]["offset"], (gone.len() + mine.len() + 2 + 6) as u64);
    assert!(kept.iter().all(|kept| kept["text"] == format!("{gone}\n")));
    assert!(codes(&home.path("")).await.is_empty());
}

#[tokio::test]
async fn a_file_that_cannot_be_read_still_has_its_thread() {
    let home = home();
    home.write(&usual(DAY, B), "garbage\n");
    home.write("session_index.jsonl", format!("{}\n", name(B, "b")));
    assert_eq!(codes(&home.path("")).await, ["no_rollout"]);
}

#[tokio::test]
async fn nothing_is_an_orphan_where_no_rollout_is_found() {
    let home = TestHome::new();
    home.write("session_index.jsonl", format!("{}\n", name(B, "b")));
    assert!(codes(&home.path("")).await.is_empty());
}

#[tokio::test]
async fn the_journal_is_cleaned_of_damage_and_of_threads_that_no_file_has() {
    let home = home();
    let store = open(&home.path("")).await;
    let [id, gone] = [A, B].map(|id| ThreadId::parse(id).unwrap());
    let patch = ThreadMetadataPatch::default().name("mine".to_owned());
    store.update_thread_metadata(UpdateThreadMetadata::new(id, patch.clone())).await.unwrap();
    let made = store.create_thread(CreateThread::new(gone)).await.unwrap().thread;
    fs::remove_file(made.location.unwrap()).unwrap();
    let mut journal = fs::read_to_string(home.path(JOURNAL)).unwrap();
    journal.insert_str(journal.find('\n').unwrap() + 1, "garbage\n");
    home.write(JOURNAL, journal);

    assert_eq!(codes(&home.path("")).await, ["damaged_journal", "orphaned_entries"]);
    repair(&home.path("")).await;
    assert!(codes(&home.path("")).await.is_empty());
    assert!(!fs::read_to_string(home.path(JOURNAL)).unwrap().contains(B));
    assert_eq!(quarantine(&home)[0]["text"], "garbage\n");
    let thread = open(&home.path("")).await.read_thread(id.into()).await.unwrap();
    assert_eq!(thread.metadata.name.as_deref(), Some("mine"));
}

#[tokio::test]
async fn what_is_said_of_a_thread_whose_file_cannot_be_read_survives_a_new_journal() {
    let home = home();
    let store = open(&home.path("")).await;
    let [a, b] = [A, B].map(|id| ThreadId::parse(id).unwrap());
    let made = store.create_thread(CreateThread::new(b)).await.unwrap().thread;
    let patch = ThreadMetadataPatch::default().title("kept".to_owned());
    store.update_thread_metadata(UpdateThreadMetadata::new(b, patch)).await.unwrap();
    let path = made.location.unwrap();
    let text = fs::read(&path).unwrap();
    fs::write(&path, "garbage\n").unwrap();
    store.refresh().await.unwrap();
    store.delete_thread(a.into()).await.unwrap();
    fs::write(&path, text).unwrap();
    store.refresh().await.unwrap();
    let thread = open(&home.path("")).await.read_thread(b.into()).await.unwrap();
    assert_eq!(thread.metadata.title.as_deref(), Some("kept"));
}

/// What a process leaves that is killed before it archives a file; answers where that was to go.
fn intend_to_archive(home: &TestHome) -> String {
    let to = usual("archived_sessions", A);
    let intent = json!({
        "op": "move", "archived_at": "2026-11-20T16:33:14Z",
        "moves": [{ "thread_id": A, "files": [[usual(DAY, A), to]] }],
    });
    let mut journal = fs::OpenOptions::new().append(true).open(home.path(JOURNAL)).unwrap();
    writeln!(journal, "{intent}").unwrap();
    to
}

#[tokio::test]
async fn who_opens_a_home_finishes_what_was_begun_and_knows_where_the_threads_are() {
    let home = home();
    let [a, b] = [A, B].map(|id| ThreadId::parse(id).unwrap());
    open(&home.path("")).await.create_thread(CreateThread::new(b)).await.unwrap();
    let to = intend_to_archive(&home);
    let store = open(&home.path("")).await;
    assert!(home.path(&to).exists());
    assert_eq!(store.read_thread(a.into()).await.unwrap_err().code(), "archived");
}

#[tokio::test]
async fn a_change_of_files_that_was_not_finished_is_found_and_finished() {
    let home = home();
    let id = ThreadId::parse(A).unwrap();
    let store = open(&home.path("")).await;
    store.create_thread(CreateThread::new(ThreadId::parse(B).unwrap())).await.unwrap();
    let to = intend_to_archive(&home);

    let found = findings(&store).await;
    assert_eq!(found, [json!({ "code": "unfinished_change", "thread_ids": [A] })]);
    let repairs = store.repair(true).await.unwrap();
    assert_eq!(repairs.repairs.len(), 1);
    assert!(!home.path(&to).exists());
    store.repair(false).await.unwrap();
    assert!(home.path(&to).exists());
    assert!(findings(&store).await.is_empty());
    assert_eq!(store.read_thread(id.into()).await.unwrap_err().code(), "archived");
}

#[tokio::test]
async fn leftovers_are_set_aside_when_they_are_old() {
    let home = home();
    let clock = ManualClock::new(Timestamp::parse("2030-01-01T00:00:00Z").unwrap());
    let made = |minutes: i64| {
        let time = Timestamp::from_millis(1_893_456_000_000 - minutes * 60_000);
        let name = format!("{A}.{}", ThreadId::from_parts(time, 7));
        home.write(&format!("thread-store/unfinished/{name}"), "{\"half");
        name
    };
    let [old, _] = [made(70), made(10)];
    let options = LocalOptions::new().without_sqlite().with_clock(Arc::new(clock));
    let store = open_with(&home.path(""), options).await;
    let path = format!("thread-store/unfinished/{old}");
    assert_eq!(findings(&store).await, [json!({ "code": "leftover", "path": path, "bytes": 6 })]);
    store.repair(false).await.unwrap();
    assert!(findings(&store).await.is_empty());
    assert_eq!(fs::read(home.path(&format!("thread-store/quarantine/{old}"))).unwrap(), b"{\"half");
    assert_eq!(fs::read_dir(home.path("thread-store/unfinished")).unwrap().count(), 1);
}

#[tokio::test]
async fn a_lock_file_is_stale_when_nobody_holds_it() {
    let home = home();
    home.write(&format!("{LOCKS}/.coordination.lock"), "");
    home.write(&format!("{LOCKS}/{A}.lock"), "");
    let held = fs::File::open(home.write(&format!("{LOCKS}/{B}.lock"), "")).unwrap();
    held.lock().unwrap();
    let path = format!("{LOCKS}/{A}.lock");
    let expected = json!({ "code": "stale_lock", "path": path, "thread_id": A });
    assert_eq!(found(&home.path("")).await, [expected]);
    repair(&home.path("")).await;
    assert!(!home.path(&path).exists());
    assert!(home.path(&format!("{LOCKS}/{B}.lock")).exists());
    assert!(codes(&home.path("")).await.is_empty());
}

#[tokio::test]
async fn an_index_that_says_something_else_than_the_file_is_found_and_made_right() {
    let home = home();
    let path = home.path(&usual(DAY, A));
    let past = std::time::SystemTime::now() - std::time::Duration::from_secs(100);
    let rewind = || fs::File::open(&path).unwrap().set_modified(past).unwrap();
    rewind();
    let options = LocalOptions::new();
    open_with(&home.path(""), options.clone()).await.close().await;

    // The same size, file and time, and another record fewer.
    let inode = path.metadata().unwrap().ino();
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    bytes[at] = b'#';
    let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.rewind().unwrap();
    file.write_all(&bytes).unwrap();
    rewind();
    assert_eq!(path.metadata().unwrap().ino(), inode);

    let store = open_with(&home.path(""), options.clone()).await;
    let found = findings(&store).await;
    let codes: Vec<_> = found.iter().map(|found| found["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["unreadable_lines", "index_drift"]);
    let repairs = store.repair(false).await.unwrap();
    assert!(repairs.left.is_empty());
    assert!(findings(&store).await.is_empty());
    store.close().await;
    let store = open_with(&home.path(""), options).await;
    assert!(findings(&store).await.is_empty());
    let thread = store.read_thread(ThreadId::parse(A).unwrap().into()).await.unwrap();
    assert_eq!(thread.next_ordinal.get(), 1);
}

#[tokio::test]
async fn an_index_that_followed_appends_agrees_with_the_files() {
    let home = home();
    let options = LocalOptions::new();
    let store = open_with(&home.path(""), options.clone()).await;
    let path = home.path(&usual(DAY, A));
    for n in 0..2000 {
        let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
        let garbage = if n % 100 == 7 { "garbage\n" } else { "" };
        write!(file, "{}{garbage}", text(&[event(&"x".repeat(n % 300))])).unwrap();
        if n % 250 == 3 {
            store.refresh().await.unwrap();
        }
    }
    store.refresh().await.unwrap();
    let found = findings(&store).await;
    assert!(found.iter().all(|found| found["code"] == "unreadable_lines"), "{found:?}");
    assert_eq!(found[0]["count"], 20);
}
