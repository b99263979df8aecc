//! Memory: reading very much never takes more than a page, or than what was asked for.
//!
//! Measured in a process of its own, which is this program again: what it took before it began to
//! read is taken off, and a thread beside it looks at how much it has all the time.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde::{Deserialize, Serialize};
use thread_store::{
    CreateThread, ListThreads, LoadHistory, OrdinalRange, ThreadId, ThreadStore as _,
};
use thread_store_sqlite::SqliteStore;

use crate::Failure;
use crate::bench::Bench;
use crate::generate::Generator;
use crate::measure::{Bar, Rounds, Sample, Side, Unit};
use crate::report::Line;
use crate::stock::Stock;
use crate::stores::Kind;

/// All pages, against the first ones: by then a page of any size has been met.
const PAGE: Bar = Bar::at_most(1.5);
/// A whole answer, against its bytes.
const ANSWER: Bar = Bar::at_most(1.5);
const ITEMS: usize = 100_000;
const LARGE: usize = 64 << 10;
const ITEMS_OF_A_PAGE: usize = 1_000;
const THREADS_OF_A_PAGE: usize = 1_000;
const ROUNDS: usize = 3;
const SOME_PAGES: usize = 30;

/// What the child does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Probe {
    path: PathBuf,
    read: Read,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Read {
    /// So many pages of threads.
    Threads { pages: usize },
    /// So many pages of items.
    Items { id: ThreadId, pages: usize },
    /// All items at once.
    Whole { id: ThreadId },
}

/// What it found.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Taken {
    /// How much more memory it had at some moment than before it began to read.
    growth: u64,
    /// The bytes of items in the largest page.
    page: u64,
}

pub(crate) async fn run(kind: Kind, stock: &mut Stock, bench: &mut Bench) -> Result<(), Failure> {
    if kind != Kind::Sqlite {
        return Ok(());
    }
    let threads = bench.sizes().last().copied().unwrap_or_default();
    let list = format!("memory of listing {threads} threads in pages");
    if bench.wants(&list) {
        let path = stock.of(threads, bench).await?.opened.path();
        pages(&list, &path, |pages| Read::Threads { pages }, bench).await?;
    }
    let (in_pages, whole) = (
        format!("memory of reading {ITEMS} items in pages"),
        format!("memory of reading {ITEMS} items at once"),
    );
    if bench.wants(&in_pages) || bench.wants(&whole) {
        bench.tell(&whole);
        let opened = kind.open().await?;
        let id = Generator::new(81).thread_id();
        let mut items = Generator::new(82).items(ITEMS)?;
        // Pages are to be alike: what is measured is whether many take more than a few.
        items.retain(|item| item.len() < LARGE);
        opened.store.create_thread(CreateThread::new(id).with_items(items)).await?;
        opened.settled().await?;
        opened.close().await;
        if bench.wants(&in_pages) {
            pages(&in_pages, &opened.path(), |pages| Read::Items { id, pages }, bench).await?;
        }
        if bench.wants(&whole) {
            at_once(&whole, &opened.path(), id, bench)?;
        }
    }
    Ok(())
}

/// Everything in pages, against a part of it.
async fn pages(
    name: &str,
    path: &Path,
    read: impl Fn(usize) -> Read,
    bench: &mut Bench,
) -> Result<(), Failure> {
    let side = |name, pages| {
        let probe = Probe { path: path.to_owned(), read: read(pages) };
        Side::new(name, move || {
            let taken = probe.ask();
            async { Ok(Sample::value(taken?.growth as f64 / 1e6)) }
        })
    };
    let sides = vec![side("ours", usize::MAX), side("the first pages alone", SOME_PAGES).bar(PAGE)];
    bench.compare(name, Kind::Sqlite, Unit::Megabytes, sides).await?;
    Ok(())
}

/// A whole answer, against its bytes.
fn at_once(name: &str, path: &Path, id: ThreadId, bench: &mut Bench) -> Result<(), Failure> {
    let probe = Probe { path: path.to_owned(), read: Read::Whole { id } };
    let taken = (0..ROUNDS).map(|_| probe.ask()).collect::<Result<Vec<_>, _>>()?;
    let rounds = |value: fn(&Taken) -> u64| -> Rounds {
        taken.iter().map(|taken| Sample::value(value(taken) as f64 / 1e6)).collect()
    };
    let (growth, answer) = (rounds(|taken| taken.growth), rounds(|taken| taken.page));
    let named = ("the bytes of the answer", Some(ANSWER));
    let line = Line::against(name, Kind::Sqlite.name(), Unit::Megabytes, (&growth, &answer), named);
    bench.report.push(line);
    Ok(())
}

impl Probe {
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        Ok(serde_json::from_str(text)?)
    }

    /// Has a child do it.
    fn ask(&self) -> Result<Taken, Failure> {
        let output = std::process::Command::new(std::env::current_exe()?)
            .args(["--probe", &serde_json::to_string(self)?])
            .stderr(Stdio::inherit())
            .output()?;
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    #[allow(clippy::print_stdout)] // It is what the child is for.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let store = SqliteStore::open(&self.path).await?;
        // Connections and their statements are there before anything is counted.
        store.list_threads(ListThreads::new().with_page_size(1)).await?;
        let watch = Watch::begin()?;
        let page = match self.read {
            Read::Threads { pages } => threads(&store, pages).await?,
            Read::Items { id, pages } => items(&store, id, Some(ITEMS_OF_A_PAGE), pages).await?,
            Read::Whole { id } => items(&store, id, None, 1).await?,
        };
        let growth = watch.end()?;
        println!("{}", serde_json::to_string(&Taken { growth, page })?);
        Ok(())
    }
}

async fn threads(store: &SqliteStore, pages: usize) -> Result<u64, Failure> {
    let mut list = Some(ListThreads::new().with_page_size(THREADS_OF_A_PAGE));
    let mut read = 0;
    while let Some(next) = list.filter(|_| read < pages) {
        let page = store.list_threads(next.clone()).await?;
        list = page.next_cursor.map(|cursor| next.with_cursor(cursor));
        read += 1;
    }
    Ok(0)
}

/// Answers the bytes of the largest page.
async fn items(
    store: &SqliteStore,
    id: ThreadId,
    limit: Option<usize>,
    pages: usize,
) -> Result<u64, Failure> {
    let mut range = Some(OrdinalRange::ALL);
    let (mut largest, mut read) = (0, 0);
    while let Some(next) = range.filter(|_| read < pages) {
        let load = LoadHistory::new(id).with_range(next).with_limit(limit);
        let page = store.load_history(load).await?;
        largest = largest.max(page.items.iter().map(|stored| stored.item.len()).sum());
        range = page.rest;
        read += 1;
    }
    Ok(largest as u64)
}

/// A thread that looks at how much memory the process has.
struct Watch {
    before: u64,
    over: Arc<AtomicBool>,
    thread: thread::JoinHandle<Result<u64, Failure>>,
}

impl Watch {
    fn begin() -> Result<Self, Failure> {
        let before = anonymous()?;
        let over = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&over);
        let thread = thread::spawn(move || {
            let mut most = 0;
            while !stop.load(Ordering::Relaxed) {
                most = most.max(anonymous()?);
                thread::yield_now();
            }
            Ok(most.max(anonymous()?))
        });
        Ok(Self { before, over, thread })
    }

    fn end(self) -> Result<u64, Failure> {
        self.over.store(true, Ordering::Relaxed);
        let most = self.thread.join().map_err(|_| "the watcher is gone")??;
        Ok(most.saturating_sub(self.before))
    }
}

/// The memory of this process that no file stands behind, in bytes: what is mapped of the database
/// is the system's, to be taken back whenever it likes.
fn anonymous() -> Result<u64, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(kilobytes
        .ok_or("the system does not tell how much memory is used")?
        .trim()
        .parse::<u64>()?
        * 1024)
}
