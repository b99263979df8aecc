//! Appends: that reach the system, and that reach the disk.

use std::sync::Arc;

use thread_store::{AppendItems, Ordinal, RolloutItem, ThreadStore, WriterLease};
use thread_store_local::{Flushing, LocalOptions};

use crate::Failure;
use crate::baseline::file::{Files, Inline};
use crate::baseline::log::SharedLog;
use crate::bench::Bench;
use crate::generate::Generator;
use crate::measure::Bar;
use crate::stores::{Kind, Opened};
use crate::workload::append::{APPENDS, Appender, Work, live, side};

/// Rates, so that the time is within 1.3 times that of a write.
const WRITTEN: Bar = Bar::at_least(0.77).note(
    "An append asks where its file ends before it writes, so that it knows of whatever a program added that asks \
     nobody; without that it would come close to the bar. The rest is the lease, the map of the file and the boxed future.",
);
/// Within 1.2 times that of a write and its sync.
const FLUSHED: Bar = Bar::at_least(0.84);
/// Items are about 1 KB: what is larger costs a copy, on both sides.
const LARGE: usize = 4_096;
const LIVE: usize = 200;

/// How many threads flush what they append.
struct Way {
    name: &'static str,
    flushing: Flushing,
    /// Against one log that all share.
    bar: Bar,
}

/// The ways in which live threads that flush each append share the disk.
const WAYS: &[Way] = &[
    Way { name: "a sync for each file", flushing: Flushing::EachFile, bar: Bar::at_least(0.13) },
    Way { name: "a log for all", flushing: Flushing::SharedLog, bar: Bar::at_least(0.4) },
];

pub(crate) async fn run(bench: &mut Bench) -> Result<(), Failure> {
    written(bench).await?;
    flushed(bench).await?;
    for way in WAYS {
        live_threads(way, bench).await?;
    }
    Ok(())
}

/// Appends of one thread that are not flushed.
async fn written(bench: &mut Bench) -> Result<(), Failure> {
    let name = "append, not flushed";
    if !bench.wants(name) {
        return Ok(());
    }
    let dir = tempfile::tempdir()?;
    let work = work(1, 4_000)?;
    let opened = Kind::Local.open().await?;
    let ours = Home::new(&opened, 1, false).await?;
    let inline = Inline::create(&dir.path().join("thread.jsonl"), false)?;
    let sides = vec![
        side("ours", ours, &work, 1).await?,
        side("a write", inline, &work, 1).await?.bar(WRITTEN),
    ];
    bench.compare(name, Kind::Local, APPENDS, sides).await?;
    Ok(())
}

/// Appends of one thread, each of which is flushed.
async fn flushed(bench: &mut Bench) -> Result<(), Failure> {
    let name = "append and flush, 1 thread";
    if !bench.wants(name) {
        return Ok(());
    }
    let dir = tempfile::tempdir()?;
    let work = work(1, 400)?;
    let opened = Kind::Local.open().await?;
    let ours = Home::new(&opened, 1, true).await?;
    let inline = Inline::create(&dir.path().join("thread.jsonl"), true)?;
    let sides = vec![
        side("ours", ours, &work, 1).await?,
        side("write + fdatasync", inline, &work, 1).await?.bar(FLUSHED),
    ];
    bench.compare(name, Kind::Local, APPENDS, sides).await?;
    Ok(())
}

/// Appends of many threads, each of which is flushed.
async fn live_threads(way: &Way, bench: &mut Bench) -> Result<(), Failure> {
    let name = format!("append and flush, {LIVE} live threads, {}", way.name);
    if !bench.wants(&name) {
        return Ok(());
    }
    let dir = tempfile::tempdir()?;
    let work = work(LIVE, 20)?;
    let options = LocalOptions::default().with_flushing(way.flushing);
    let opened = Opened::local(tempfile::tempdir()?, options).await?;
    let ours = Home::new(&opened, LIVE, true).await?;
    let log = SharedLog::create(&dir.path().join("log"))?;
    let files = Files::create(dir.path(), LIVE, true)?;
    let sides = vec![
        side("ours", ours, &work, 1).await?,
        side("one log, synced for all", log, &work, 1).await?.bar(way.bar),
        side("files, write + fdatasync", files, &work, 1).await?,
    ];
    bench.compare(&name, Kind::Local, APPENDS, sides).await?;
    Ok(())
}

/// An item for each append.
fn work(threads: usize, appends: usize) -> Result<Work, Failure> {
    let mut generator = Generator::new(12);
    let mut batch = || -> Result<Vec<RolloutItem>, Failure> {
        loop {
            let item = generator.item()?;
            if item.len() < LARGE {
                return Ok(vec![item]);
            }
        }
    };
    let mut thread = || (0..appends).map(|_| batch()).collect::<Result<_, _>>();
    Ok(Arc::new((0..threads).map(|_| thread()).collect::<Result<_, _>>()?))
}

/// A home, whose threads may flush each append.
struct Home {
    store: Arc<dyn ThreadStore>,
    leases: Vec<WriterLease>,
    flushes: bool,
}

impl Home {
    async fn new(opened: &Opened, threads: usize, flushes: bool) -> Result<Self, Failure> {
        let leases = live(opened, &mut Generator::new(13), threads).await?;
        Ok(Self { store: Arc::clone(&opened.store), leases, flushes })
    }
}

impl Appender for Home {
    async fn append(
        &self,
        thread: usize,
        first: u64,
        items: Vec<RolloutItem>,
    ) -> Result<(), Failure> {
        let append = AppendItems::new(self.leases[thread].clone(), items);
        self.store.append_items(append.with_expected_ordinal(Ordinal::new(first))).await?;
        if self.flushes {
            self.store.flush_thread(self.leases[thread].clone()).await?;
        }
        Ok(())
    }
}
