//! Bytes: how large the database is, and how much is written, for each byte of the payload.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use thread_store::{ReleaseLease, ReleaseMode, RolloutItem};
use thread_store_sqlite::{Compression, SqliteOptions};

use crate::Failure;
use crate::baseline::group::GroupCommit;
use crate::bench::Bench;
use crate::generate::Generator;
use crate::measure::{Bar, Rounds, Sample, Unit};
use crate::report::Line;
use crate::stores::{Kind, Opened};
use crate::workload::append::{Appender, Ours, live};

/// The database, of threads that were merged.
const MERGED: Bar = Bar::at_most(1.1).note(
    "The chunks are 1.05 of the payload and the index of what was said is 0.08: any three characters are found in \
     any script by it. Merging the parts of the index into one when all threads rest would come close.",
);
/// The same with compression of threads at rest: a third.
const COMPRESSED: Bar = Bar::at_most(0.333).note(
    "The chunks alone are 0.34: about a tenth of the payload is noise that nothing compresses, like the encrypted \
     reasoning that agents keep. The rest is the index of what was said, which does not get smaller.",
);
const THREADS: usize = 20;
const APPENDS: usize = 400;

pub(crate) async fn run(kind: Kind, bench: &mut Bench) -> Result<(), Failure> {
    let compressed = "size of merged threads, compressed";
    let (size, written) = ("size of merged threads", "bytes written by appends");
    if kind != Kind::Sqlite || ![size, compressed, written].iter().any(|name| bench.wants(name)) {
        return Ok(());
    }
    bench.tell(size);
    let work = Work::new()?;
    for (name, compression, bar) in
        [(size, Compression::None, MERGED), (compressed, Compression::AtRest, COMPRESSED)]
    {
        if bench.wants(name) {
            let sizes = of_ours(&work, compression).await?;
            let (file, used) = (once(sizes.size), once(sizes.used));
            bench.report.push(Line::absolute(name, kind.name(), Unit::PerByte, &file, bar));
            let without = format!("{name}, without free pages");
            bench.report.push(Line::new(&without, kind.name(), Unit::PerByte, &used));
        }
    }
    if bench.wants(written) {
        let plain = of_ours(&work, Compression::None).await?;
        let base = once(of_group(&work).await?);
        let and_settled = once(plain.appended + plain.settled);
        for (name, ours) in [
            (written.to_owned(), once(plain.appended)),
            (format!("{written}, and by merging and indexing them"), and_settled),
        ] {
            let named = ("rusqlite group commit", None);
            let line = Line::against(&name, kind.name(), Unit::PerByte, (&ours, &base), named);
            bench.report.push(line);
        }
    }
    Ok(())
}

/// Sizes are the same in every round.
fn once(value: f64) -> Rounds {
    [Sample::value(value)].into_iter().collect()
}

/// What is appended, batch by batch, to one thread after the other.
struct Work {
    batches: Vec<Vec<RolloutItem>>,
    payload: u64,
}

impl Work {
    fn new() -> Result<Self, Failure> {
        let mut generator = Generator::new(71);
        let batches = (0..THREADS * APPENDS).map(|_| generator.batch());
        let batches = batches.collect::<Result<Vec<_>, _>>()?;
        let payload = batches.iter().flatten().map(|item| item.len() as u64).sum();
        Ok(Self { batches, payload })
    }

    /// Appends everything, to the threads in turns, with one task for each thread.
    async fn append_to<A: Appender>(&self, appender: Arc<A>) -> Result<(), Failure> {
        let mut tasks = tokio::task::JoinSet::new();
        for thread in 0..THREADS {
            let appender = Arc::clone(&appender);
            let batches: Vec<_> =
                self.batches.iter().skip(thread).step_by(THREADS).cloned().collect();
            tasks.spawn(async move {
                let mut first = 0;
                for batch in batches {
                    let count = batch.len() as u64;
                    appender.append(thread, first, batch).await?;
                    first += count;
                }
                Ok::<_, Failure>(())
            });
        }
        while let Some(done) = tasks.join_next().await {
            done??;
        }
        Ok(())
    }

    fn per_byte(&self, bytes: u64) -> f64 {
        bytes as f64 / self.payload as f64
    }
}

/// Bytes for each byte of the payload.
struct PerByte {
    /// The closed database, after everything was merged.
    size: f64,
    /// The same without the pages that nothing is in, which are written to next.
    used: f64,
    /// Written while everything was appended.
    appended: f64,
    /// Written afterwards.
    settled: f64,
}

async fn of_ours(work: &Work, compression: Compression) -> Result<PerByte, Failure> {
    let options = SqliteOptions::default().with_compression(compression);
    let opened = Opened::sqlite(tempfile::tempdir()?, options).await?;
    let leases = live(&opened, &mut Generator::new(72), THREADS).await?;
    let ours =
        Arc::new(Ours { store: Arc::clone(&opened.store), leases: leases.clone(), sqlite: None });
    let before = written()?;
    work.append_to(ours).await?;
    let after = written()?;
    for lease in leases {
        opened.store.release_lease(ReleaseLease::new(lease, ReleaseMode::Shutdown)).await?;
    }
    opened.settled().await?;
    opened.close().await;
    Ok(PerByte {
        size: work.per_byte(bytes_of(&opened.path())),
        used: work.per_byte(used(&opened.path())?),
        appended: work.per_byte(after - before),
        settled: work.per_byte(written()? - after),
    })
}

async fn of_group(work: &Work) -> Result<f64, Failure> {
    let opened = Kind::Sqlite.open().await?;
    let leases = live(&opened, &mut Generator::new(72), THREADS).await?;
    opened.close().await;
    let group = Arc::new(GroupCommit::open(&opened.path(), &leases)?);
    let before = written()?;
    work.append_to(group).await?;
    Ok(work.per_byte(written()? - before))
}

/// The database and its log.
fn bytes_of(path: &Path) -> u64 {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    [path.to_owned(), PathBuf::from(log)]
        .iter()
        .filter_map(|file| fs::metadata(file).ok())
        .map(|file| file.len())
        .sum()
}

/// The bytes of the pages that something is in.
fn used(path: &Path) -> Result<u64, Failure> {
    let connection = Connection::open(path)?;
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, u64>(0));
    Ok((number("page_count")? - number("freelist_count")?) * number("page_size")?)
}

/// The bytes that this process has given to the system to write: log, database and all.
fn written() -> Result<u64, Failure> {
    let counters = fs::read_to_string("/proc/self/io")?;
    let line = counters.lines().find_map(|line| line.strip_prefix("wchar: "));
    Ok(line.ok_or("the system does not count what is written")?.trim().parse()?)
}
