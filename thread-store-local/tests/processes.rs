//! Several processes on one home, and processes that die.
//!
//! The other processes are this test program again: it runs the one test `child`, which does what
//! the environment says.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic)] // Tests state what they expect by failing.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use thread_store::{
    AppendItems, CreateThread, Holder, IfHeld, ListFilter, ListThreads, ResumeThread, RolloutItem,
    SetArchived, ThreadId, ThreadMetadataPatch, ThreadStore as _, ThreadStoreExt as _,
    UpdateThreadMetadata, WriterLease,
};
use thread_store_local::{Flushing, LocalOptions, LocalStore};

fn id(n: u8) -> ThreadId {
    ThreadId::from_bytes([n; 16])
}

fn item(n: u64) -> RolloutItem {
    RolloutItem::try_from(format!(r#"{{"n":{n},"filler":"{}"}}"#, "x".repeat(500)).as_str())
        .unwrap()
}

async fn create(store: &LocalStore, thread: ThreadId) -> WriterLease {
    let create = CreateThread::new(thread).with_lease(Holder::new("a test"));
    store.create_thread(create).await.unwrap().lease.unwrap()
}

async fn append(store: &LocalStore, lease: &WriterLease, n: u64) -> thread_store::Result<()> {
    store.append_items(AppendItems::new(lease.clone(), vec![item(n)])).await.map(drop)
}

/// The home as a process finds it that knows nothing of it.
async fn open(home: &Path) -> LocalStore {
    LocalStore::open_with(home, LocalOptions::default().apart()).await.unwrap()
}

/// The history is items 0, 1, 2, … and at least as long as what was acknowledged.
async fn expect_history(home: &Path, thread: ThreadId, acknowledged: u64) {
    let store = open(home).await;
    let page = store.load_history(thread.into()).await.unwrap();
    assert!(page.items.len() as u64 >= acknowledged, "{} of {acknowledged}", page.items.len());
    for (n, stored) in (0..).zip(page.items.iter()) {
        assert_eq!((stored.ordinal.get(), &stored.item), (n, &item(n)));
    }
    // A record that was torn is set aside before the next one, and does not hinder it.
    let lease = store.resume_thread(ResumeThread::new(thread, Holder::new("next"))).await.unwrap();
    let end = lease.lease.next_ordinal.get();
    append(&store, &lease.lease, end).await.unwrap();
    let page = store.load_history(thread.into()).await.unwrap();
    assert!(page.damage.is_empty(), "{:?}", page.damage);
    assert_eq!(page.items.len() as u64, end + 1);
    store.shutdown_thread(lease.lease).await.unwrap();
    store.close().await;
}

/// Another process, and the lines it says.
struct Other {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Other {
    fn start(role: &str, home: &Path, thread: u8) -> Self {
        Self::spawn(Command::new(std::env::current_exe().unwrap()), role, home, thread)
    }

    fn spawn(mut command: Command, role: &str, home: &Path, thread: u8) -> Self {
        let mut child = command
            .args(["--exact", "child", "--nocapture", "--quiet"])
            .env("THREAD_STORE_TEST_ROLE", role)
            .env("THREAD_STORE_TEST_PATH", home)
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
    let home = std::env::var("THREAD_STORE_TEST_PATH").unwrap();
    let thread = id(std::env::var("THREAD_STORE_TEST_THREAD").unwrap().parse().unwrap());
    let store = LocalStore::open(&home).await.unwrap();
    match role.as_str() {
        "flush for ever" => flush_for_ever(&home, thread).await,
        "append for ever" => append_many(&store, thread, u64::MAX).await,
        "append 100" => append_many(&store, thread, 100).await,
        "append until full" => append_until_full(&store, thread).await,
        "edit for ever" => edit_for_ever(&store, thread).await,
        "archive for ever" => archive_for_ever(&store, thread).await,
        "open" => {
            create(&store, thread).await;
            say("opened");
        }
        _ => unreachable!("no such role"),
    }
}

/// Says the number of items after each append.
async fn append_many(store: &LocalStore, thread: ThreadId, count: u64) {
    let lease = create(store, thread).await;
    for n in 0..count {
        append(store, &lease, n).await.unwrap();
        say(n + 1);
    }
}

/// Appends and flushes into a shared log, and says the number of items after each.
async fn flush_for_ever(home: &str, thread: ThreadId) {
    let options = LocalOptions::default().apart().with_flushing(Flushing::SharedLog);
    let store = LocalStore::open_with(home, options.with_log_size(64 << 10)).await.unwrap();
    let lease = create(&store, thread).await;
    for n in 0.. {
        append(&store, &lease, n).await.unwrap();
        store.flush_thread(lease.clone()).await.unwrap();
        say(n + 1);
    }
}

/// Says how many items there were when the disk was full, then the code, then goes on without limit.
async fn append_until_full(store: &LocalStore, thread: ThreadId) {
    let lease = create(store, thread).await;
    let mut n = 0;
    let error = loop {
        match append(store, &lease, n).await {
            Ok(()) => n += 1,
            Err(error) => break error,
        }
    };
    say(n);
    say(error.code());
    let hard = rustix::process::getrlimit(rustix::process::Resource::Fsize).maximum;
    let limit = rustix::process::Rlimit { current: hard, maximum: hard };
    rustix::process::setrlimit(rustix::process::Resource::Fsize, limit).unwrap();
    append(store, &lease, n).await.unwrap();
    say(n + 1);
}

/// Says the number of each edit that was made.
async fn edit_for_ever(store: &LocalStore, thread: ThreadId) {
    create(store, thread).await;
    for n in 0_u64.. {
        let mut patch = ThreadMetadataPatch::default().name(format!("name {n}"));
        patch.labels.set("n", n.to_string());
        store.update_thread_metadata(UpdateThreadMetadata::new(thread, patch)).await.unwrap();
        say(n);
    }
}

/// Archives a tree and brings it back, again and again.
async fn archive_for_ever(store: &LocalStore, root: ThreadId) {
    for n in 0_u64.. {
        let archive = SetArchived::new(root, n % 2 == 0).with_descendants(true);
        store.set_archived(archive).await.unwrap();
        say(n);
    }
}

#[tokio::test]
async fn killing_a_process_at_any_instant_loses_nothing_acknowledged() {
    for acknowledged in [1, 2, 7, 40, 90, 150] {
        let home = tempfile::tempdir().unwrap();
        let mut other = Other::start("append for ever", home.path(), 1);
        while other.says().unwrap().parse::<u64>().unwrap() < acknowledged {}
        let said = other.kill().max(acknowledged);
        expect_history(home.path(), id(1), said).await;
    }
}

#[tokio::test]
async fn killing_a_process_leaves_its_shared_log_to_the_next() {
    let logs = |home: &Path| std::fs::read_dir(home.join("thread-store/logs")).unwrap().count();
    for acknowledged in [1, 7, 90, 300] {
        let home = tempfile::tempdir().unwrap();
        let mut other = Other::start("flush for ever", home.path(), 1);
        while other.says().unwrap().parse::<u64>().unwrap() < acknowledged {}
        let said = other.kill().max(acknowledged);
        assert!(logs(home.path()) > 0);
        let power_lost = LocalOptions::default().apart().with_boot_id(Some([7; 16]));
        if acknowledged % 2 == 0 {
            drop(LocalStore::open_with(home.path(), power_lost).await.unwrap());
        }
        expect_history(home.path(), id(1), said).await;
        assert_eq!(logs(home.path()), 0);
    }
}

#[tokio::test]
async fn killing_a_process_loses_no_edit_that_was_acknowledged_and_leaves_none_half_done() {
    for acknowledged in [1, 5, 20, 60] {
        let home = tempfile::tempdir().unwrap();
        let mut other = Other::start("edit for ever", home.path(), 1);
        while other.says().unwrap().parse::<u64>().unwrap() < acknowledged {}
        let said = other.kill().max(acknowledged);
        let store = open(home.path()).await;
        let metadata = store.thread(id(1)).await.unwrap().metadata;
        let n: u64 = metadata.labels["n"].parse().unwrap();
        assert!(n >= said, "{n} of {said}");
        assert_eq!(metadata.name, Some(format!("name {n}")));
    }
}

/// What was begun is finished by whoever opens the home next.
#[tokio::test]
async fn killing_a_process_leaves_a_tree_archived_as_a_whole_or_not_at_all() {
    for acknowledged in [0, 1, 2, 5, 8, 13] {
        let home = tempfile::tempdir().unwrap();
        let mut tree = vec![id(1)];
        let store = open(home.path()).await;
        store.create_thread(CreateThread::new(id(1)).with_items(vec![item(0)])).await.unwrap();
        for n in 2..30 {
            let child = CreateThread::new(id(n)).spawned_by(id(n / 2), 1);
            store.create_thread(child.with_items(vec![item(0)])).await.unwrap();
            tree.push(id(n));
        }
        store.close().await;
        let mut other = Other::start("archive for ever", home.path(), 1);
        while other.says().unwrap().parse::<u64>().unwrap() < acknowledged {}
        other.kill();
        let store = open(home.path()).await;
        let archived = ListThreads::from(ListFilter::default().with_archived(true));
        let archived = store.list_threads(archived).await.unwrap().threads.len();
        assert!(archived == 0 || archived == tree.len(), "{archived} of {}", tree.len());
        for thread in tree {
            assert_eq!(store.history(thread).await.unwrap().len(), 1);
        }
    }
}

#[tokio::test]
async fn many_processes_can_open_a_new_home_at_once() {
    for _ in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home");
        let mut others: Vec<_> = (1..=6).map(|n| Other::start("open", &home, n)).collect();
        assert!(others.iter_mut().all(|other| other.says().as_deref() == Some("opened")));
        assert!(others.iter_mut().all(|other| other.child.wait().unwrap().success()));
        let store = open(&home).await;
        let threads = store.list_threads(ListThreads::new()).await.unwrap().threads;
        assert_eq!(threads.len(), 6);
    }
}

#[tokio::test]
async fn several_processes_at_one_home_lose_nothing() {
    let home = tempfile::tempdir().unwrap();
    let mut others = [1, 2, 3].map(|n| Other::start("append 100", home.path(), n));
    let store = open(home.path()).await;
    let mine = create(&store, id(9)).await;
    for n in 0..100 {
        append(&store, &mine, n).await.unwrap();
        store.list_threads(ListThreads::new()).await.unwrap();
    }
    store.shutdown_thread(mine).await.unwrap();
    for other in &mut others {
        assert_eq!(std::iter::from_fn(|| other.says()).last().unwrap(), "100");
        assert!(other.child.wait().unwrap().success());
    }
    for n in [1, 2, 3, 9] {
        expect_history(home.path(), id(n), 100).await;
    }
}

#[tokio::test]
async fn a_holder_is_in_the_way_while_it_lives_and_never_after() {
    let home = tempfile::tempdir().unwrap();
    let mut other = Other::start("append for ever", home.path(), 1);
    other.says().unwrap();
    let store = open(home.path()).await;
    for if_held in [IfHeld::Refuse, IfHeld::TakeOver] {
        let resume = ResumeThread::new(id(1), Holder::new("me")).with_if_held(if_held);
        let error = store.resume_thread(resume).await.unwrap_err();
        assert_eq!(error.code(), "conflict.held");
        assert!(error.to_string().contains(&other.child.id().to_string()), "{error}");
    }
    for refused in [
        store.archive_thread(id(1)).await.map(drop).unwrap_err(),
        store.delete_thread(id(1).into()).await.map(drop).unwrap_err(),
    ] {
        assert_eq!(refused.code(), "conflict.held");
    }
    let seen: u64 = other.says().unwrap().parse().unwrap();
    let said = other.kill().max(seen);
    let refuse = ResumeThread::new(id(1), Holder::new("me")).with_if_held(IfHeld::Refuse);
    let lease = store.resume_thread(refuse).await.unwrap().lease;
    assert!(lease.next_ordinal.get() >= said);
    store.shutdown_thread(lease).await.unwrap();
    expect_history(home.path(), id(1), said).await;
}

#[tokio::test]
async fn a_full_disk_is_told_and_loses_nothing_and_the_handle_goes_on_when_there_is_room() {
    let home = tempfile::tempdir().unwrap();
    // Files of at most 1 MiB; the signal that goes with it is ignored, as it is for a full disk.
    let mut shell = Command::new("sh");
    let exe = std::env::current_exe().unwrap();
    shell.args(["-c", "trap '' XFSZ; ulimit -S -f 2048; exec \"$0\" \"$@\""]).arg(exe);
    let mut other = Other::spawn(shell, "append until full", home.path(), 1);
    let acknowledged: u64 = other.says().unwrap().parse().unwrap();
    assert!(acknowledged > 50);
    assert_eq!(other.says().unwrap(), "unavailable");
    assert_eq!(other.says().unwrap(), (acknowledged + 1).to_string());
    assert!(other.child.wait().unwrap().success());
    expect_history(home.path(), id(1), acknowledged + 1).await;
}
