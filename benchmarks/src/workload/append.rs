//! Durable appends: of one thread, and of many live threads at once.
//!
//! Each live thread is a task that appends 1 to 4 items, waits until they are durable, and goes on.
//! Ours and the baselines are driven by the same tasks with the same items.

use std::future::Future;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use thread_store::{AppendItems, Ordinal, RolloutItem, ThreadStore, Timestamp, WriterLease};
use thread_store_sqlite::SqliteStore;
use tokio::task::JoinSet;

use crate::Failure;
use crate::baseline::file::Files;
use crate::baseline::group::GroupCommit;
use crate::baseline::naive::Naive;
use crate::baseline::plain::PlainLoop;
use crate::bench::Bench;
use crate::generate::Generator;
use crate::measure::{Bar, Sample, Side, Unit};
use crate::stores::{Kind, Opened};

pub(crate) const APPENDS: Unit = Unit::Rate("appends/s");
const ONE_NOTE: &str = "An append of one thread alone waits for the disk and for four changes of thread: caller, \
    writer, driver and back, where the baseline makes two. A driver that is called by the writer itself would \
    reach it.";
/// How many threads are live, how many appends each makes in a round, and what is wished for.
const LOADS: &[Load] = &[
    Load {
        threads: 1,
        appends: 400,
        bars: Bars { group: Some(Bar::at_least(0.85).note(ONE_NOTE)), plain: None, naive: None },
    },
    Load {
        threads: 16,
        appends: 100,
        bars: Bars { group: Some(Bar::at_least(0.8)), plain: None, naive: None },
    },
    Load {
        threads: 200,
        appends: 20,
        bars: Bars {
            group: Some(Bar::at_least(0.9)),
            plain: Some(Bar::at_least(1.5)),
            naive: Some(Bar::at_least(15.0)),
        },
    },
];
/// What is slow makes so many times fewer appends: a rate is a rate.
const FEWER: usize = 10;
/// More than any log has before it begins anew.
const LOG_MEGABYTES: u64 = 24;

#[derive(Clone, Copy)]
struct Load {
    threads: usize,
    appends: usize,
    bars: Bars,
}

#[derive(Clone, Copy)]
struct Bars {
    group: Option<Bar>,
    plain: Option<Bar>,
    naive: Option<Bar>,
}

/// Who appends.
pub(crate) trait Appender: Send + Sync + 'static {
    /// Appends to the thread of this number, durably. The first item gets this ordinal.
    fn append(
        &self,
        thread: usize,
        first: u64,
        items: Vec<RolloutItem>,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Does what is else done later, on the time of others. It is not timed: what it costs is told by the
    /// bytes that are written.
    fn rest(&self) -> impl Future<Output = Result<(), Failure>> + Send {
        async { Ok(()) }
    }
}

/// What each thread appends in a round, batch by batch.
pub(crate) type Work = Arc<Vec<Vec<Vec<RolloutItem>>>>;

pub(crate) async fn run(kind: Kind, bench: &mut Bench) -> Result<(), Failure> {
    // An append to a file is durable when it is flushed: see `local::append`.
    if kind == Kind::Local {
        return Ok(());
    }
    for load in LOADS {
        let name = match load.threads {
            1 => "append, 1 thread".to_owned(),
            threads => format!("append, {threads} live threads"),
        };
        if bench.wants(&name) {
            measure(&name, kind, load, bench).await?;
        }
    }
    Ok(())
}

async fn measure(name: &str, kind: Kind, load: &Load, bench: &mut Bench) -> Result<(), Failure> {
    let mut generator = Generator::new(11);
    let work = work(&mut generator, load)?;
    let dir = tempfile::tempdir()?;
    let ours = Setting::new(kind, load, &mut generator).await?;
    if kind == Kind::Memory {
        let files = Files::create(dir.path(), load.threads, false)?;
        let sides = vec![ours.side(&work).await?, side("files, write", files, &work, 1).await?];
        bench.compare(name, kind, APPENDS, sides).await?;
        return Ok(());
    }
    // The file of the baseline is made by our store: it has the same schema and the same threads.
    let theirs = Setting::new(kind, load, &mut generator).await?;
    theirs.opened.close().await;
    let group = GroupCommit::open(&theirs.opened.path(), &theirs.leases)?;
    let files = Files::create(dir.path(), load.threads, true)?;
    let plain = PlainLoop::create(&dir.path().join("plain.sqlite"))?;
    let naive = Naive::create(&dir.path().join("naive.sqlite")).await?;
    let bars = load.bars;
    let sides = vec![
        ours.side(&work).await?,
        with(bars.group, side("rusqlite group commit", group, &work, 1).await?),
        with(bars.plain, side("rusqlite loop, plain schema", plain, &work, FEWER).await?),
        with(bars.naive, side("naive sqlx", naive, &work, FEWER).await?),
        side("files, write + fdatasync", files, &work, FEWER).await?,
    ];
    bench.compare(name, kind, APPENDS, sides).await?;
    Ok(())
}

/// A store with live threads.
struct Setting {
    opened: Opened,
    leases: Vec<WriterLease>,
}

impl Setting {
    async fn new(kind: Kind, load: &Load, generator: &mut Generator) -> Result<Self, Failure> {
        let opened = kind.open().await?;
        let leases = live(&opened, generator, load.threads).await?;
        Ok(Self { opened, leases })
    }

    async fn side<'a>(&self, work: &Work) -> Result<Side<'a>, Failure> {
        let (store, leases) = (Arc::clone(&self.opened.store), self.leases.clone());
        side("ours", Ours { store, leases, sqlite: self.opened.as_sqlite() }, work, 1).await
    }
}

pub(crate) fn with(bar: Option<Bar>, side: Side<'_>) -> Side<'_> {
    match bar {
        Some(bar) => side.bar(bar),
        None => side,
    }
}

fn work(generator: &mut Generator, load: &Load) -> Result<Work, Failure> {
    let mut thread = || (0..load.appends).map(|_| generator.batch()).collect::<Result<_, _>>();
    let threads = (0..load.threads).map(|_| thread()).collect::<Result<_, _>>()?;
    Ok(Arc::new(threads))
}

pub(crate) async fn live(
    opened: &Opened,
    generator: &mut Generator,
    count: usize,
) -> Result<Vec<WriterLease>, Failure> {
    let mut leases = Vec::with_capacity(count);
    for _ in 0..count {
        leases.push(opened.live(generator.thread(), Vec::new()).await?);
    }
    Ok(leases)
}

/// A side that does a part of the work in each round, with a task for each thread.
pub(crate) async fn side<'a, A: Appender>(
    name: &'static str,
    appender: A,
    work: &Work,
    fewer: usize,
) -> Result<Side<'a>, Failure> {
    let ends: Vec<_> = work.iter().map(|_| AtomicU64::new(0)).collect();
    let driver = Arc::new(Driver { appender, ends, work: Arc::clone(work), fewer });
    warm_up(&driver).await?;
    Ok(Side::new(name, move || Arc::clone(&driver).round()))
}

/// Appends so much at once that the write-ahead log is full and begins anew. From then on it is written
/// over, which is how a store spends its life; a log that still grows makes every sync dearer.
async fn warm_up<A: Appender>(driver: &Driver<A>) -> Result<(), Failure> {
    let text = "x".repeat(1 << 20);
    let item = RolloutItem::new("event_msg", &json!({"text": text}), Timestamp::from_millis(0))?;
    let first = driver.ends[0].fetch_add(LOG_MEGABYTES, Ordering::Relaxed);
    driver.appender.append(0, first, vec![item; LOG_MEGABYTES as usize]).await
}

/// The tasks of one side.
struct Driver<A> {
    appender: A,
    /// Where the history of each thread ends.
    ends: Vec<AtomicU64>,
    work: Work,
    fewer: usize,
}

impl<A: Appender> Driver<A> {
    /// Appends a first batch to each thread, so that all are live, and then times the others.
    async fn round(self: Arc<Self>) -> Result<Sample, Failure> {
        let last = 1 + (self.work[0].len() - 1).div_ceil(self.fewer);
        self.append(0..1).await?;
        let start = Instant::now();
        let latencies = self.append(1..last).await?;
        let sample = Sample::rate(latencies.len(), start.elapsed(), &latencies);
        self.appender.rest().await?;
        Ok(sample)
    }

    /// Appends these batches of each thread, with a task for each.
    async fn append(self: &Arc<Self>, batches: Range<usize>) -> Result<Vec<Duration>, Failure> {
        let task = |thread| Arc::clone(self).thread(thread, batches.clone());
        let mut tasks: JoinSet<_> = (0..self.work.len()).map(task).collect();
        let mut latencies = Vec::new();
        while let Some(done) = tasks.join_next().await {
            latencies.extend(done??);
        }
        Ok(latencies)
    }

    async fn thread(
        self: Arc<Self>,
        thread: usize,
        batches: Range<usize>,
    ) -> Result<Vec<Duration>, Failure> {
        let mut latencies = Vec::with_capacity(batches.len());
        for batch in &self.work[thread][batches] {
            let first = self.ends[thread].fetch_add(batch.len() as u64, Ordering::Relaxed);
            let start = Instant::now();
            self.appender.append(thread, first, batch.clone()).await?;
            latencies.push(start.elapsed());
        }
        Ok(latencies)
    }
}

/// A store behind the trait.
pub(crate) struct Ours {
    pub(crate) store: Arc<dyn ThreadStore>,
    pub(crate) leases: Vec<WriterLease>,
    /// The same store, if it has work to do when threads rest.
    pub(crate) sqlite: Option<SqliteStore>,
}

impl Appender for Ours {
    async fn append(
        &self,
        thread: usize,
        first: u64,
        items: Vec<RolloutItem>,
    ) -> Result<(), Failure> {
        let append = AppendItems::new(self.leases[thread].clone(), items);
        let append = append.with_expected_ordinal(Ordinal::new(first));
        self.store.append_items(append).await?;
        Ok(())
    }

    async fn rest(&self) -> Result<(), Failure> {
        match &self.sqlite {
            Some(store) => Ok(store.settle().await?),
            None => Ok(()),
        }
    }
}
