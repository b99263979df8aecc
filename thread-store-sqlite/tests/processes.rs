//! Several processes on one file, and processes that die.
//!
//! The other processes are this test program again: it runs the one test `child`, which does what
//! the environment says.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic)] // Tests state what they expect by failing.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use thread_store::{
    AppendItems, CreateThread, IfHeld, ListThreads, ResumeThread, RolloutItem, ThreadId,
    ThreadStore as _, ThreadStoreExt as _, WriterLease,
};
use thread_store_sqlite::{SqliteStore, this_process};

fn id(n: u8) -> ThreadId {
    ThreadId::from_bytes([n; 16])
}

fn item(n: u64) -> RolloutItem {
    RolloutItem::try_from(format!(r#"{{"n":{n},"filler":"{}"}}"#, "x".repeat(500)).as_str())
        .unwrap()
}

async fn create(store: &SqliteStore, thread: ThreadId) -> WriterLease {
    let create = CreateThread::new(thread).with_lease(this_process("a test"));
    store.create_thread(create).await.unwrap().lease.unwrap()
}

async fn append(store: &SqliteStore, lease: &WriterLease, n: u64) -> thread_store::Result<()> {
    store.append_items(AppendItems::new(lease.clone(), vec![item(n)])).await.map(drop)
}

/// The history is items 0, 1, 2, … and at least as long as what was acknowledged.
async fn expect_history(path: &Path, thread: ThreadId, acknowledged: u64) {
    let store = SqliteStore::open(path).await.unwrap();
    let history = store.history(thread).await.unwrap();
    assert!(history.len() as u64 >= acknowledged, "{} of {acknowledged}", history.len());
    for (n, stored) in (0..).zip(&history) {
        assert_eq!((stored.ordinal.get(), &stored.item), (n, &item(n)));
    }
    store.close().await;
}

/// Another process, and the lines it says.
struct Other {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Other {
    fn start(role: &str, path: &Path, thread: u8) -> Self {
        Self::spawn(Command::new(std::env::current_exe().unwrap()), role, path, thread)
    }

    fn spawn(mut command: Command, role: &str, path: &Path, thread: u8) -> Self {
        let mut child = command
            .args(["--exact", "child", "--nocapture", "--quiet"])
            .env("THREAD_STORE_TEST_ROLE", role)
            .env("THREAD_STORE_TEST_PATH", path)
            .env("THREAD_STORE_TEST_THREAD", thread.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// What it says next; lines of the test runner are passed over.
    fn says(&mut self) -> Option<String> {
        self.lines
            .by_ref()
            .map(Result::unwrap)
            .find_map(|line| line.strip_prefix("> ").map(str::to_owned))
    }

    fn kill(mut self) -> u64 {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        // What it had said before it died counts.
        let said = std::iter::from_fn(|| self.says()).last();
        said.map_or(0, |line| line.parse().unwrap())
    }
}

fn say(line: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "> {line}").unwrap();
    out.flush().unwrap();
}

/// Not a test of its own: what the other processes run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Ok(role) = std::env::var("THREAD_STORE_TEST_ROLE") else {
        return;
    };
    let path = std::env::var("THREAD_STORE_TEST_PATH").unwrap();
    let thread = id(std::env::var("THREAD_STORE_TEST_THREAD").unwrap().parse().unwrap());
    let store = SqliteStore::open(path).await.unwrap();
    let lease = create(&store, thread).await;
    match role.as_str() {
        "append for ever" => append_until_fenced(&store, &lease, u64::MAX).await,
        "append 100" => append_until_fenced(&store, &lease, 100).await,
        "open" => say("opened"),
        "open and close" => store.close().await,
        "length of 9" => say(store.next_ordinal(id(9)).await.unwrap().get()),
        "append until full" => append_until_full(&store, &lease).await,
        _ => unreachable!("no such role"),
    }
}

/// Says the number of items after each append.
async fn append_until_fenced(store: &SqliteStore, lease: &WriterLease, count: u64) {
    for n in 0..count {
        match append(store, lease, n).await {
            Ok(()) => say(n + 1),
            Err(error) => return say(error.code()),
        }
    }
}

/// Says how many items there were when the disk was full, then the code, then goes on without limit.
async fn append_until_full(store: &SqliteStore, lease: &WriterLease) {
    let mut n = 0;
    let error = loop {
        match append(store, lease, n).await {
            Ok(()) => n += 1,
            Err(error) => break error,
        }
    };
    say(n);
    say(error.code());
    let hard = rustix::process::getrlimit(rustix::process::Resource::Fsize).maximum;
    let limit = rustix::process::Rlimit { current: hard, maximum: hard };
    rustix::process::setrlimit(rustix::process::Resource::Fsize, limit).unwrap();
    let end = store.next_ordinal(lease.thread_id).await.unwrap().get();
    append(store, lease, end).await.unwrap();
    say(end + 1);
}

#[tokio::test]
async fn killing_a_process_at_any_instant_loses_nothing_acknowledged() {
    for acknowledged in [1, 2, 7, 40, 90, 150] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("threads.db");
        let mut other = Other::start("append for ever", &path, 1);
        while other.says().unwrap().parse::<u64>().unwrap() < acknowledged {}
        let said = other.kill().max(acknowledged);
        expect_history(&path, id(1), said).await;
    }
}

#[tokio::test]
async fn many_processes_can_open_a_new_file_at_once() {
    for _ in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("threads.db");
        let mut others: Vec<_> = (1..=6).map(|n| Other::start("open", &path, n)).collect();
        assert!(others.iter_mut().all(|other| other.says().as_deref() == Some("opened")));
        assert!(others.iter_mut().all(|other| other.child.wait().unwrap().success()));
    }
}

#[tokio::test]
async fn a_torn_log_is_cut_where_it_is_torn() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("threads.db");
    let mut other = Other::start("append for ever", &path, 1);
    while other.says().unwrap() != "50" {}
    let said = other.kill().max(50);
    let log = path.with_file_name("threads.db-wal");
    let whole = std::fs::read(&log).unwrap();
    // Half a frame more, as if the power had failed in the middle of a write.
    std::fs::write(&log, [&whole[..], &whole[32..4000]].concat()).unwrap();
    expect_history(&path, id(1), said).await;
}

#[tokio::test]
async fn two_processes_at_one_file_lose_nothing_and_none_is_told_that_it_is_locked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("threads.db");
    let mut others = [1, 2, 3].map(|n| Other::start("append 100", &path, n));
    let store = SqliteStore::open(&path).await.unwrap();
    let mine = create(&store, id(9)).await;
    for n in 0..100 {
        append(&store, &mine, n).await.unwrap();
        store.list_threads(ListThreads::new()).await.unwrap();
    }
    for other in &mut others {
        assert_eq!(std::iter::from_fn(|| other.says()).last().unwrap(), "100");
        assert!(other.child.wait().unwrap().success());
    }
    for n in [1, 2, 3, 9] {
        expect_history(&path, id(n), 100).await;
    }
}

/// SQLite keeps its locks per process: whoever opens and closes the file beside it gives them all up,
/// and the next process that closes the file believes to be the last one and removes the log.
#[tokio::test]
async fn a_second_handle_of_a_process_costs_the_first_one_nothing_that_others_do_then() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("threads.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let mine = create(&store, id(9)).await;
    append(&store, &mine, 0).await.unwrap();
    for _ in 0..2 {
        SqliteStore::open(&path).await.unwrap().close().await;
    }
    let mut other = Other::start("open and close", &path, 1);
    assert!(other.child.wait().unwrap().success());
    append(&store, &mine, 1).await.unwrap();
    let mut other = Other::start("length of 9", &path, 2);
    assert_eq!(std::iter::from_fn(|| other.says()).last().unwrap(), "2");
    assert!(other.child.wait().unwrap().success());
    assert!(path.with_file_name("threads.db-wal").exists());
}

#[tokio::test]
async fn a_holder_is_in_the_way_while_it_lives_and_never_after() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("threads.db");
    let mut other = Other::start("append for ever", &path, 1);
    other.says().unwrap();
    let store = SqliteStore::open(&path).await.unwrap();
    let refuse = || ResumeThread::new(id(1), this_process("me")).with_if_held(IfHeld::Refuse);
    let error = store.resume_thread(refuse()).await.unwrap_err();
    assert_eq!(error.code(), "conflict.held");
    assert!(error.to_string().contains(&other.child.id().to_string()), "{error}");
    other.kill();
    store.resume_thread(refuse()).await.unwrap();
}

#[tokio::test]
async fn a_takeover_stops_the_other_process_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("threads.db");
    let mut other = Other::start("append for ever", &path, 1);
    while other.says().unwrap() != "20" {}
    let store = SqliteStore::open(&path).await.unwrap();
    let resumed = store.resume_thread(ResumeThread::new(id(1), this_process("me"))).await.unwrap();
    let end = resumed.lease.next_ordinal.get();
    append(&store, &resumed.lease, end).await.unwrap();
    assert_eq!(std::iter::from_fn(|| other.says()).last().unwrap(), "conflict.fenced");
    assert!(other.child.wait().unwrap().success());
    assert_eq!(store.next_ordinal(id(1)).await.unwrap().get(), end + 1);
    expect_history(&path, id(1), end + 1).await;
}

#[tokio::test]
async fn a_full_disk_is_told_and_loses_nothing_and_the_handle_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("threads.db");
    // Files of at most 4 MiB; the signal that goes with it is ignored, as it is for a full disk.
    let mut shell = Command::new("sh");
    let exe = std::env::current_exe().unwrap();
    shell.args(["-c", "trap '' XFSZ; ulimit -S -f 8192; exec \"$0\" \"$@\""]).arg(exe);
    let mut other = Other::spawn(shell, "append until full", &path, 1);
    let acknowledged: u64 = other.says().unwrap().parse().unwrap();
    assert!(acknowledged > 50);
    assert_eq!(other.says().unwrap(), "unavailable");
    let after: u64 = other.says().unwrap().parse().unwrap();
    assert!(after > acknowledged);
    assert!(other.child.wait().unwrap().success());
    expect_history(&path, id(1), after).await;
}
