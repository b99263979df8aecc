//! Opening a home of very many rollouts, up to the first page: for the first time, and again.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use thread_store::{ListThreads, ThreadStore as _};
use thread_store_local::{LocalOptions, LocalStore};

use super::rollouts;
use crate::Failure;
use crate::baseline::codex::Codex;
use crate::bench::Bench;
use crate::measure::{Bar, Plan, Sample, Side, Unit, paired};
use crate::report::Line;
use crate::stores::Kind;

/// Times faster than Codex, which reads every rollout of a home that it does not know.
const FASTER: Bar = Bar::at_least(5.0);
const THREADS: usize = 10_000;
const PAGE: usize = 50;
/// Codex takes ten seconds for each.
const PLAN: Plan = Plan { rounds: 7, budget: Duration::from_secs(100) };

pub(crate) async fn run(bench: &mut Bench) -> Result<(), Failure> {
    let name = format!("open {THREADS} rollouts");
    if !bench.wants(&name) {
        return Ok(());
    }
    bench.tell(format!("writing {THREADS} rollouts"));
    let dir = tempfile::tempdir()?;
    let [ours, without, theirs] = ["ours", "without", "theirs"].map(|it| dir.path().join(it));
    for home in [&ours, &without, &theirs] {
        rollouts::write(home, THREADS)?;
    }
    let codex = Codex::new(theirs, dir.path().join("user"), THREADS)?;
    let (ours, without) = (Home { path: ours, index: true }, Home { path: without, index: false });
    let mut sides = vec![
        ours.side("for the first time", true),
        ours.side("again", false),
        without.side("for the first time, without SQLite", true),
        without.side("again, without SQLite", false),
        Side::new(codex.name(), || async { Ok(Sample::best(&[codex.first_answer()?])) }),
    ];
    bench.tell(name.clone());
    let rounds = paired(PLAN, &mut sides).await?;
    let Some((base, ours)) = rounds.split_last() else { return Ok(()) };
    for (side, rounds) in sides.iter().zip(ours) {
        let name = format!("{name}, {}", side.name);
        let named = (codex.name(), Some(FASTER));
        let line = Line::faster(&name, Kind::Local.name(), Unit::Millis, (rounds, base), named);
        bench.report.push(line);
    }
    Ok(())
}

/// A home, opened with an index or without.
#[derive(Debug)]
struct Home {
    path: PathBuf,
    index: bool,
}

impl Home {
    fn side<'a>(&'a self, name: &'static str, first: bool) -> Side<'a> {
        Side::new(name, move || async move {
            if first {
                forget(&self.path)?;
            }
            Ok(Sample::best(&[self.open().await?]))
        })
    }

    /// How long it takes until a page is there. Closing, which is not timed, keeps the index.
    async fn open(&self) -> Result<Duration, Failure> {
        let options = LocalOptions::new();
        let options = if self.index { options } else { options.without_sqlite() };
        let start = Instant::now();
        let store = LocalStore::open_with(&self.path, options).await?;
        let page = store.list_threads(ListThreads::new().with_page_size(PAGE)).await?;
        let took = start.elapsed();
        store.close().await;
        if page.threads.len() == PAGE { Ok(took) } else { Err("the page is not full".into()) }
    }
}

/// Takes away all that we made in the home.
fn forget(home: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(home.join("thread-store")) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
