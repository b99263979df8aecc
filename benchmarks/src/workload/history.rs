//! Histories: all of one, and the end of one, of a thread that is at rest.

use std::path::Path;

use thread_store::{Direction, LoadHistory, ReleaseLease, ReleaseMode, RolloutItem, ThreadId};

use crate::Failure;
use crate::baseline::file;
use crate::bench::Bench;
use crate::generate::Generator;
use crate::measure::{Bar, Rounds, Side, Tries, Unit};
use crate::stores::{Kind, Opened};
use crate::workload::append::Appender as _;
use crate::workload::append::{Ours, with};

/// Against reading a file and splitting it into lines.
const WHOLE: Bar = Bar::at_most(3.0).note(
    "A read is one statement, and goes to the thread of the driver and back: 10 to 60 µs before the first byte, \
     as the processors are awake or asleep, where a warm file of this size is read in 8 µs. SQLite and sqlx then \
     copy each row once more. A driver that reads on the thread of its caller would reach it.",
);
/// Against a scan of the file from its end.
const LAST: Bar = Bar::at_most(1.5).note(
    "A read is one statement, and goes to the thread of the driver and back: 10 to 60 µs before the first byte, \
     as the processors are awake or asleep, where a warm file of this size is read in 8 µs. SQLite and sqlx then \
     copy each row once more. A driver that reads on the thread of its caller would reach it.",
);
/// The files of a home are lines, too.
const WHOLE_OF_FILES: Bar = Bar::at_most(1.3).note(
    "The lines themselves cost what the baseline takes; an item more than a line is a count of who shares the \
     buffer, once when it is made and once when it is dropped.",
);
const LAST_OF_FILES: Bar = Bar::at_most(2.0);
/// A snapshot of everything in the memory store, in microseconds.
const SNAPSHOT: Bar = Bar::at_most(5.0);
/// A home is asked for ends of histories of three lengths; whole ones are read as everywhere.
const LENGTHS: &[usize] = &[100, SHORT, LONG, LONGEST];
const SHORT: usize = 1_000;
const LONG: usize = 10_000;
const LONGEST: usize = 100_000;
const LAST_ITEMS: usize = 50;

pub(crate) async fn run(kind: Kind, bench: &mut Bench) -> Result<(), Failure> {
    for length in LENGTHS {
        let (whole, last) =
            (format!("history of {length} items"), format!("last 50 of {length} items"));
        let snapshot = format!("snapshot of {length} items");
        let measures_whole = *length == 100 || *length == LONG;
        let measures_last = *length == LONG || kind == Kind::Local && *length > 100;
        let measures_snapshot = kind == Kind::Memory && *length == LONG;
        if !(measures_whole && bench.wants(&whole)
            || measures_last && bench.wants(&last)
            || measures_snapshot && bench.wants(&snapshot))
        {
            continue;
        }
        let items = Generator::new(21).items(*length)?;
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("thread.jsonl");
        std::fs::write(&path, file::lines(&items))?;
        let opened = kind.open().await?;
        let id = at_rest(&opened, &items).await?;
        let thread = Thread { opened: &opened, id, path: &path };
        if measures_whole && bench.wants(&whole) {
            let bar = whole_bar(kind, *length);
            let rounds = thread.whole(&whole, kind, bar, bench).await?;
            plot(bench, kind, "whole history", *length, &rounds);
        }
        if measures_last && bench.wants(&last) {
            thread.last(&last, kind, bench).await?;
        }
        if measures_snapshot && bench.wants(&snapshot) {
            thread.snapshot(&snapshot, bench).await?;
        }
    }
    Ok(())
}

fn whole_bar(kind: Kind, length: usize) -> Option<Bar> {
    match kind {
        // What a short one costs is told: what is promised is of a long one.
        Kind::Local if length != LONG => None,
        Kind::Local => Some(WHOLE_OF_FILES),
        Kind::Memory | Kind::Sqlite => Some(WHOLE),
    }
}

/// A thread that got its items as agents write them, a few at a time, and then was closed.
pub(crate) async fn at_rest(opened: &Opened, items: &[RolloutItem]) -> Result<ThreadId, Failure> {
    let lease = opened.live(Generator::new(22).thread(), Vec::new()).await?;
    let ours = Ours { store: opened.store.clone(), leases: vec![lease.clone()], sqlite: None };
    let mut first = 0;
    for batch in items.chunks(3) {
        ours.append(0, first, batch.to_vec()).await?;
        first += batch.len() as u64;
    }
    let id = lease.thread_id;
    opened.store.release_lease(ReleaseLease::new(lease, ReleaseMode::Shutdown)).await?;
    opened.settled().await?;
    Ok(id)
}

pub(crate) fn plot(bench: &mut Bench, kind: Kind, what: &str, size: usize, rounds: &[Rounds]) {
    for (rounds, name) in rounds.iter().zip([kind.name(), "by hand"]) {
        // Memory says nothing of files, and the baseline is the same for both.
        if kind == Kind::Sqlite {
            bench.report.point(format!("{what} ({name})"), size, rounds);
        }
    }
}

struct Thread<'a> {
    opened: &'a Opened,
    id: ThreadId,
    path: &'a Path,
}

impl Thread<'_> {
    async fn whole(
        &self,
        name: &str,
        kind: Kind,
        bar: Option<Bar>,
        bench: &mut Bench,
    ) -> Result<Vec<Rounds>, Failure> {
        let ours = Side::timed("ours", Tries::SHORT, || async {
            let page = self.opened.store.load_history(LoadHistory::new(self.id)).await?;
            Ok(page.items.iter().map(|stored| stored.item.len()).sum::<usize>())
        });
        let file = Side::plain("a file, read and split", Tries::SHORT, || {
            Ok(file::read(self.path)?.iter().map(bytes::Bytes::len).sum::<usize>())
        });
        let file = with(bar, file);
        bench.compare(name, kind, Unit::Millis, vec![ours, file]).await
    }

    async fn last(&self, name: &str, kind: Kind, bench: &mut Bench) -> Result<(), Failure> {
        let ours = Side::timed("ours", Tries::SHORT, || async {
            let load = LoadHistory::new(self.id).with_direction(Direction::Descending);
            let page = self.opened.store.load_history(load.with_limit(LAST_ITEMS)).await?;
            Ok(page.items.iter().map(|stored| stored.item.len()).sum::<usize>())
        });
        let file = Side::plain("a file, scanned from its end", Tries::SHORT, || {
            Ok(file::last(self.path, LAST_ITEMS)?.iter().map(bytes::Bytes::len).sum::<usize>())
        });
        let bar = if kind == Kind::Local { LAST_OF_FILES } else { LAST };
        bench.compare(name, kind, Unit::Millis, vec![ours, file.bar(bar)]).await?;
        Ok(())
    }

    async fn snapshot(&self, name: &str, bench: &mut Bench) -> Result<(), Failure> {
        let ours = Side::timed("ours", Tries::TINY, || async {
            Ok(self.opened.store.load_history(LoadHistory::new(self.id)).await?)
        });
        bench.compare(name, Kind::Memory, Unit::Micros, vec![ours.bar(SNAPSHOT)]).await?;
        Ok(())
    }
}
