//! Flushing into a shared log: what survives loss of power, and what happens to the log.
//!
//! A loss of power is a copy of the home in which rollouts have lost what was not synced in their own
//! files, opened under another boot id.

#![allow(clippy::unwrap_used, clippy::panic)] // Tests state what they expect by failing.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use thread_store::{
    AppendItems, CreateThread, DeleteThread, ErrorKind, Holder, LoadHistory, ResumeThread,
    RolloutItem, SetArchived, ThreadId, ThreadStore as _, ThreadStoreExt as _, WriterLease,
};
use thread_store_local::{Faults, Flushing, LocalOptions, LocalStore, logged_stretches};

const BEFORE: Option<[u8; 16]> = Some([1; 16]);
const AFTER: Option<[u8; 16]> = Some([2; 16]);

fn id(n: u8) -> ThreadId {
    ThreadId::from_bytes([n; 16])
}

fn item(thread: u8, n: u64) -> RolloutItem {
    let filler = "x".repeat(20 + (n as usize * 37 + thread as usize) % 400);
    let text = format!(r#"{{"thread":{thread},"n":{n},"filler":"{filler}"}}"#);
    RolloutItem::try_from(text.as_str()).unwrap()
}

fn shared() -> LocalOptions {
    LocalOptions::default().apart().with_flushing(Flushing::SharedLog).with_boot_id(BEFORE)
}

struct Machine {
    folder: TempDir,
    options: LocalOptions,
    store: LocalStore,
    threads: HashMap<u8, (WriterLease, u64)>,
}

impl Machine {
    async fn start(options: LocalOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store =
            LocalStore::open_with(folder.path().join("home"), options.clone()).await.unwrap();
        Self { folder, options, store, threads: HashMap::new() }
    }

    fn home(&self) -> PathBuf {
        // As the store names it.
        self.folder.path().join("home").canonicalize().unwrap()
    }

    async fn create(&mut self, thread: u8) {
        let create = CreateThread::new(id(thread)).with_lease(Holder::new("a test"));
        let lease = self.store.create_thread(create).await.unwrap().lease.unwrap();
        self.threads.insert(thread, (lease, 0));
    }

    async fn append(&mut self, thread: u8, count: u64) {
        let (lease, next) = self.threads.get_mut(&thread).unwrap();
        let items = (*next..*next + count).map(|n| item(thread, n)).collect();
        self.store.append_items(AppendItems::new(lease.clone(), items)).await.unwrap();
        *next += count;
    }

    async fn flush(&self, thread: u8) -> thread_store::Result<()> {
        self.store.flush_thread(self.threads[&thread].0.clone()).await
    }

    async fn write(&mut self, thread: u8, count: u64) {
        self.append(thread, count).await;
        self.flush(thread).await.unwrap();
    }

    /// How far each rollout is sure to be in its own file.
    fn synced(&self) -> HashMap<PathBuf, u64> {
        self.store.synced_lengths().into_iter().collect()
    }

    /// The home after the power was lost; `keep` says what is left of a rollout of which so much was
    /// synced.
    fn lose_power(&self, keep: impl Fn(&Path, u64)) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home");
        copy(&self.home(), &home);
        // What is synced meanwhile may be in no log any more.
        let synced = self.synced();
        for (path, synced) in synced {
            let there = home.join(path.strip_prefix(self.home()).unwrap());
            if there.exists() {
                keep(&there, synced);
            }
        }
        folder
    }

    /// All that was flushed is there, byte for byte.
    async fn expect(&self, home: &Path, boot: Option<[u8; 16]>) {
        let store = reopen(home, boot).await;
        for (thread, (_, count)) in &self.threads {
            let items = history(&store, *thread).await;
            let expected: Vec<_> = (0..*count).map(|n| item(*thread, n)).collect();
            assert_eq!(items, expected, "thread {thread}");
        }
        store.close().await;
        assert_eq!(logs(home), Vec::<PathBuf>::new());
    }
}

async fn reopen(home: &Path, boot: Option<[u8; 16]>) -> LocalStore {
    let options = LocalOptions::default().apart().with_boot_id(boot);
    LocalStore::open_with(home, options).await.unwrap()
}

async fn history(store: &LocalStore, thread: u8) -> Vec<RolloutItem> {
    let history = LoadHistory::new(id(thread)).with_include_archived(true);
    let page = store.load_history(history).await.unwrap();
    for (n, item) in (0..).zip(page.items.iter()) {
        assert_eq!(item.ordinal.get(), n);
    }
    page.items.iter().map(|it| it.item.clone()).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

fn rollouts(home: &Path) -> Vec<PathBuf> {
    let both = ["sessions", "archived_sessions"].map(|part| files(&home.join(part)));
    both.concat()
}

fn logs(home: &Path) -> Vec<PathBuf> {
    files(&home.join("thread-store/logs"))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            // A log may be taken away at this moment.
            let _ = fs::copy(&path, target);
        }
    }
}

fn truncate(path: &Path, len: u64) {
    fs::OpenOptions::new().write(true).open(path).unwrap().set_len(len).unwrap();
}

/// Some number that is different each time and the same in each run.
fn some(n: &mut u64) -> u64 {
    *n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *n >> 33
}

#[tokio::test]
async fn what_was_flushed_survives_loss_of_power_whatever_is_left_of_the_rollout() {
    let mut machine = Machine::start(shared()).await;
    for thread in 1..=3 {
        machine.create(thread).await;
        machine.write(thread, 3).await;
    }
    machine.write(1, 2).await;
    let synced = machine.synced();
    assert!(synced.values().all(|synced| *synced == 0), "{synced:?}");
    for seed in 0..12 {
        let lost = machine.lose_power(|path, synced| {
            let mut random = seed + fs::metadata(path).unwrap().ino();
            let len = fs::metadata(path).unwrap().len();
            let left = synced + some(&mut random) % (len - synced + 1);
            truncate(path, left);
            if some(&mut random).is_multiple_of(2) {
                truncate(path, len);
            }
        });
        machine.expect(&lost.path().join("home"), AFTER).await;
    }
    let lost = machine.lose_power(truncate);
    machine.expect(&lost.path().join("home"), AFTER).await;
    let lost = machine.lose_power(|path, _| fs::remove_file(path).unwrap());
    machine.expect(&lost.path().join("home"), AFTER).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_threads_that_flush_at_once_lose_nothing_while_logs_are_recycled() {
    let mut machine = Machine::start(shared().with_log_size(64 << 10)).await;
    for thread in 1..=40 {
        machine.create(thread).await;
    }
    let store = &machine.store;
    let mut tasks = tokio::task::JoinSet::new();
    for (thread, (lease, _)) in machine.threads.clone() {
        let store = store.clone();
        tasks.spawn(async move {
            for n in 0..60 {
                let items = vec![item(thread, n)];
                store.append_items(AppendItems::new(lease.clone(), items)).await.unwrap();
                store.flush_thread(lease.clone()).await.unwrap();
                // Many more bytes than a log has.
                if n % 8 == 0 {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
        });
    }
    tasks.join_all().await;
    for (_, count) in machine.threads.values_mut() {
        *count = 60;
    }
    assert_eq!(logs(&machine.home()).len(), 2);
    let lost = machine.lose_power(truncate);
    machine.expect(&lost.path().join("home"), AFTER).await;
    machine.store.close().await;
    assert_eq!(logs(&machine.home()), Vec::<PathBuf>::new());
    machine.expect(&machine.home(), AFTER).await;
}

#[tokio::test]
async fn a_log_that_is_full_is_recycled_and_nothing_is_lost_at_any_time() {
    let mut machine = Machine::start(shared().with_log_size(20 << 10)).await;
    for thread in 1..=3 {
        machine.create(thread).await;
    }
    let mut has_logged = 0;
    for round in 0..60 {
        for thread in 1..=3 {
            machine.write(thread, 1 + round % 3).await;
        }
        if round % 6 == 0 {
            has_logged += u32::from(machine.synced().values().any(|synced| *synced > 0));
            let lost = machine.lose_power(truncate);
            machine.expect(&lost.path().join("home"), AFTER).await;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert!(has_logged > 0);
}

#[tokio::test]
async fn lines_that_codex_wrote_first_stay_and_what_is_missing_comes_behind_them() {
    let mut machine = Machine::start(shared()).await;
    machine.create(1).await;
    machine.write(1, 4).await;
    for torn in [0, 30] {
        let lost = machine.lose_power(|path, _| {
            let text = fs::read_to_string(path).unwrap();
            let two: usize = text.split_inclusive('\n').take(3).map(str::len).sum();
            let left = text[..two + torn].to_owned();
            let end = if torn == 0 { "" } else { "\n" };
            fs::write(path, format!("{left}{end}{}\n", r#"{"codex":"was here"}"#)).unwrap();
        });
        let home = lost.path().join("home");
        for _ in 0..2 {
            let store = reopen(&home, AFTER).await;
            let items: Vec<_> =
                history(&store, 1).await.iter().map(|it| it.text().into_owned()).collect();
            let expected = [0, 1].map(|n| item(1, n).text().into_owned());
            assert_eq!(items[..2], expected);
            assert_eq!(items[2], r#"{"codex":"was here"}"#);
            let expected = [2, 3].map(|n| item(1, n).text().into_owned());
            assert_eq!(items[3..], expected);
            assert_eq!(logs(&home), Vec::<PathBuf>::new());
        }
    }
}

#[tokio::test]
async fn a_rollout_that_was_moved_is_completed_where_it_is() {
    let mut machine = Machine::start(shared()).await;
    for thread in 1..=2 {
        machine.create(thread).await;
        machine.write(thread, 3).await;
    }
    machine.store.set_archived(SetArchived::new(id(1), true)).await.unwrap();
    let archived = files(&machine.home().join("archived_sessions")).remove(0);
    let lost = machine.lose_power(|path, synced| {
        truncate(path, synced);
        if path.to_string_lossy().contains(&id(2).to_string()) {
            // By somebody who tells nobody.
            let archived = path.ancestors().find(|it| it.ends_with("sessions")).unwrap();
            let archived = archived.with_file_name("archived_sessions");
            fs::create_dir_all(&archived).unwrap();
            fs::rename(path, archived.join(path.file_name().unwrap())).unwrap();
        }
    });
    let home = lost.path().join("home");
    truncate(&home.join(archived.strip_prefix(machine.home()).unwrap()), 0);
    machine.expect(&home, AFTER).await;
    assert_eq!(rollouts(&home).len(), 2);
}

#[tokio::test]
async fn a_thread_that_was_deleted_stays_deleted_and_is_wiped_from_the_log() {
    let mut machine = Machine::start(shared()).await;
    for thread in 1..=2 {
        machine.create(thread).await;
        machine.write(thread, 3).await;
    }
    let before = machine.lose_power(truncate);
    machine.store.delete_thread(DeleteThread::new(id(1))).await.unwrap();
    machine.threads.remove(&1);
    // The log as it was before: nothing was wiped yet.
    let after = machine.lose_power(truncate);
    let home = after.path().join("home");
    for log in logs(&home) {
        fs::remove_file(log).unwrap();
    }
    for log in logs(&before.path().join("home")) {
        fs::copy(&log, home.join("thread-store/logs").join(log.file_name().unwrap())).unwrap();
    }
    machine.expect(&home, AFTER).await;
    assert_eq!(rollouts(&home).len(), 1);

    let says = |log: &PathBuf| {
        let text = fs::read(log).unwrap_or_default();
        text.windows(12).any(|part| part == br#"{"thread":1,"#)
    };
    for _ in 0..200 {
        if !logs(&machine.home()).iter().any(says) {
            machine.write(2, 1).await;
            let lost = machine.lose_power(truncate);
            return machine.expect(&lost.path().join("home"), AFTER).await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the log still says what the thread was");
}

#[tokio::test]
async fn of_a_thread_that_was_made_again_nothing_old_comes_back() {
    let mut machine = Machine::start(shared()).await;
    machine.create(1).await;
    machine.write(1, 5).await;
    let old = logs(&machine.home()).into_iter().map(|log| (log.clone(), fs::read(log).unwrap()));
    let old: Vec<_> = old.collect();
    machine.store.delete_thread(DeleteThread::new(id(1))).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    machine.create(1).await;
    machine.write(1, 2).await;
    let kept = machine.lose_power(|_, _| ());
    let home = kept.path().join("home");
    for (log, text) in old {
        let name = log.file_name().unwrap();
        fs::write(home.join("thread-store/logs").join(name), text).unwrap();
    }
    machine.expect(&home, AFTER).await;
}

#[tokio::test]
async fn after_the_death_of_a_process_nothing_is_written_and_the_log_is_removed() {
    let mut machine = Machine::start(shared()).await;
    machine.create(1).await;
    machine.write(1, 3).await;
    let killed = machine.lose_power(|_, _| ());
    let home = killed.path().join("home");
    let path = rollouts(&home).remove(0);
    // Somebody edited it since; the memory of the machine was there all the time.
    let text = fs::read_to_string(&path).unwrap().replace("\"n\":2", "\"n\":9");
    fs::write(&path, &text).unwrap();
    let store = reopen(&home, BEFORE).await;
    assert_eq!(history(&store, 1).await.len(), 3);
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    assert_eq!(logs(&home), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn where_the_system_does_not_say_which_start_it_is_the_log_is_done() {
    let mut machine = Machine::start(shared().with_boot_id(None)).await;
    machine.create(1).await;
    machine.write(1, 3).await;
    let lost = machine.lose_power(truncate);
    machine.expect(&lost.path().join("home"), None).await;
}

#[tokio::test]
async fn the_torn_end_of_a_log_is_no_record() {
    let mut machine = Machine::start(shared()).await;
    machine.create(1).await;
    machine.write(1, 3).await;
    let acknowledged = logged_stretches(&machine.home());
    machine.write(1, 1).await;
    let stretches = logged_stretches(&machine.home());
    assert_eq!((acknowledged.len(), stretches.len()), (1, 2));
    machine.threads.get_mut(&1).unwrap().1 = 3;
    let lost = machine.lose_power(truncate);
    let home = lost.path().join("home");
    let needle = item(1, 3);
    for log in logs(&home) {
        let mut text = fs::read(&log).unwrap();
        let len = needle.as_bytes().len();
        let at = text.windows(len).position(|part| part == needle.as_bytes());
        if let Some(at) = at {
            text[at + len / 2..at + len + 50].fill(0);
            fs::write(&log, text).unwrap();
        }
    }
    machine.expect(&home, AFTER).await;
}

#[tokio::test]
async fn a_log_that_was_never_used_or_is_no_log_is_taken_away() {
    let machine = Machine::start(shared()).await;
    let folder = machine.home().join("thread-store/logs");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("a.log"), [0; 5000]).unwrap();
    fs::write(folder.join("b.log"), []).unwrap();
    machine.expect(&machine.home(), AFTER).await;
}

#[tokio::test]
async fn the_log_of_a_living_process_is_left_alone() {
    let mut machine = Machine::start(shared()).await;
    machine.create(1).await;
    machine.write(1, 3).await;
    let before = logs(&machine.home());
    let other = reopen(&machine.home(), AFTER).await;
    assert_eq!(history(&other, 1).await.len(), 3);
    assert_eq!(logs(&machine.home()), before);
    machine.write(1, 2).await;
    let lost = machine.lose_power(truncate);
    machine.expect(&lost.path().join("home"), AFTER).await;
}

#[tokio::test]
async fn a_write_that_fails_is_unavailable_and_later_ones_are_fine() {
    let faults = Faults::default();
    let mut machine = Machine::start(shared().with_faults(faults.clone())).await;
    machine.create(1).await;
    machine.write(1, 2).await;
    machine.append(1, 1).await;
    faults.fail_writes(true);
    for _ in 0..3 {
        let error = machine.flush(1).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Unavailable { .. }), "{error}");
    }
    faults.fail_writes(false);
    machine.flush(1).await.unwrap();
    let lost = machine.lose_power(truncate);
    machine.expect(&lost.path().join("home"), AFTER).await;
    // After a while there is a log again.
    for _ in 0..300 {
        machine.write(1, 1).await;
        if logged_stretches(&machine.home()).iter().any(|(_, range)| range.start > 0) {
            let lost = machine.lose_power(truncate);
            return machine.expect(&lost.path().join("home"), AFTER).await;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("there is no log any more");
}

#[tokio::test]
async fn what_is_too_long_for_the_log_is_synced_itself() {
    let mut machine = Machine::start(shared().with_log_size(16 << 10)).await;
    machine.create(1).await;
    machine.write(1, 100).await;
    assert_eq!(logged_stretches(&machine.home()), []);
    machine.write(1, 1).await;
    assert_eq!(logged_stretches(&machine.home()).len(), 1);
    let lost = machine.lose_power(truncate);
    machine.expect(&lost.path().join("home"), AFTER).await;
}

#[tokio::test]
async fn bytes_without_a_place_are_set_aside() {
    let mut machine = Machine::start(shared().with_log_size(16 << 10)).await;
    machine.create(1).await;
    machine.write(1, 100).await;
    machine.write(1, 1).await;
    // Less than was synced: more than a loss of power takes.
    let lost = machine.lose_power(|path, synced| truncate(path, synced / 2));
    let home = lost.path().join("home");
    let store = reopen(&home, AFTER).await;
    assert!(history(&store, 1).await.len() < 100);
    let kept = fs::read_to_string(home.join("thread-store/quarantine.jsonl")).unwrap();
    let kept: Vec<serde_json::Value> =
        kept.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let text = item(1, 100).text().into_owned();
    assert!(kept.iter().any(|line| line["text"].as_str().unwrap().contains(&text)), "{kept:?}");
    assert_eq!(logs(&home), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_thread_that_somebody_has_already_is_completed_later() {
    let mut machine = Machine::start(shared()).await;
    machine.create(1).await;
    machine.write(1, 3).await;
    let lost = machine.lose_power(|path, _| {
        let text = fs::read_to_string(path).unwrap();
        let two: usize = text.split_inclusive('\n').take(2).map(str::len).sum();
        truncate(path, two as u64);
    });
    let home = lost.path().join("home");
    let locks = home.join("thread-writer-locks");
    fs::create_dir_all(&locks).unwrap();
    let codex = fs::File::create(locks.join(format!("{}.lock", id(1)))).unwrap();
    codex.lock().unwrap();
    let store = reopen(&home, AFTER).await;
    assert_eq!(history(&store, 1).await.len(), 1);
    assert!(!logs(&home).is_empty());
    drop(codex);
    machine.expect(&home, AFTER).await;
}

#[tokio::test]
async fn a_thread_that_was_resumed_is_logged_from_where_its_file_was_synced() {
    let mut machine = Machine::start(shared()).await;
    machine.create(1).await;
    machine.write(1, 400).await;
    let lease = machine.threads[&1].0.clone();
    machine.store.shutdown_thread(lease).await.unwrap();
    machine.store.close().await;
    machine.store = LocalStore::open_with(machine.home(), machine.options.clone()).await.unwrap();
    let resumed = ResumeThread::new(id(1), Holder::new("again"));
    let resumed = machine.store.resume_thread(resumed).await.unwrap();
    machine.threads.get_mut(&1).unwrap().0 = resumed.lease;
    machine.write(1, 1).await;
    machine.write(1, 1).await;
    let stretches = logged_stretches(&machine.home());
    assert!(stretches.len() == 1 && stretches[0].1.start > 0, "{stretches:?}");
    let lost = machine.lose_power(truncate);
    machine.expect(&lost.path().join("home"), AFTER).await;
}

#[tokio::test]
async fn the_last_handle_that_is_dropped_takes_the_logs_along() {
    let mut machine = Machine::start(shared()).await;
    machine.create(1).await;
    machine.write(1, 3).await;
    let home = machine.home();
    assert!(!logs(&home).is_empty());
    let Machine { store, folder: _folder, .. } = machine;
    drop(store);
    for _ in 0..200 {
        if logs(&home).is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the logs stay");
}

#[tokio::test]
async fn logs_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut machine = Machine::start(shared()).await;
    machine.create(1).await;
    machine.write(1, 1).await;
    for log in logs(&machine.home()) {
        assert_eq!(fs::metadata(log).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
