//! Small writes beside appends: a thread is made, its metadata are edited.

use std::cell::{Cell, RefCell};

use thread_store::{ThreadId, ThreadMetadataPatch, UpdateThreadMetadata};

use crate::Failure;
use crate::bench::Bench;
use crate::generate::Generator;
use crate::measure::{Side, Tries, Unit};
use crate::stores::{Kind, Opened};

/// Threads that are in the store beforehand.
const THREADS: usize = 1_000;

pub(crate) async fn run(kind: Kind, bench: &mut Bench) -> Result<(), Failure> {
    let (create, patch) = ("create a thread", "metadata patch");
    if !bench.wants(create) && !bench.wants(patch) {
        return Ok(());
    }
    let opened = kind.open().await?;
    let mut generator = Generator::new(51);
    let threads: Vec<_> = (0..THREADS).map(|_| generator.thread()).collect();
    let ids: Vec<_> = threads.iter().map(|thread| thread.thread_id).collect();
    opened.create_all(threads.into_iter()).await?;
    if bench.wants(create) {
        created(create, &opened, generator, kind, bench).await?;
    }
    if bench.wants(patch) {
        patched(patch, &opened, &ids, kind, bench).await?;
    }
    Ok(())
}

async fn created(
    name: &str,
    opened: &Opened,
    generator: Generator,
    kind: Kind,
    bench: &mut Bench,
) -> Result<(), Failure> {
    let generator = RefCell::new(generator);
    let ours = Side::timed("ours", Tries { best_of: 20, calls: 1 }, || {
        let thread = generator.borrow_mut().thread();
        async { Ok(opened.store.create_thread(thread).await?) }
    });
    bench.compare(name, kind, Unit::Millis, vec![ours]).await?;
    Ok(())
}

async fn patched(
    name: &str,
    opened: &Opened,
    ids: &[ThreadId],
    kind: Kind,
    bench: &mut Bench,
) -> Result<(), Failure> {
    let edits = Cell::new(0);
    let ours = Side::timed("ours", Tries { best_of: 20, calls: 1 }, || {
        let edit = edits.replace(edits.get() + 1);
        let patch = ThreadMetadataPatch::default().title(format!("the title of edit {edit}"));
        let update = UpdateThreadMetadata::new(ids[edit % ids.len()], patch);
        async { Ok(opened.store.update_thread_metadata(update.with_include_archived(true)).await?) }
    });
    bench.compare(name, kind, Unit::Millis, vec![ours]).await?;
    Ok(())
}
