//! Writing the journal anew, with one entry for each thread.

use std::collections::HashSet;
use std::io;

use thread_store::ThreadId;

use super::journal::{Entry, Held, Move};
use super::load;
use super::open_home::OpenHome;

/// What was added to a journal that is worth writing it anew.
const MUCH: u64 = 1 << 20;

/// Writes the journal anew if most of it says what is not so any more.
pub(crate) fn if_grown(home: &OpenHome, held: Held<'_>) {
    let (growth, base) = held.growth();
    if growth > MUCH + base {
        now(home, held);
    }
}

/// Writes the journal anew. What stands there is all the same: it is only longer.
pub(crate) fn now(home: &OpenHome, held: Held<'_>) {
    if let Err(error) = without(home, held, &HashSet::new()) {
        tracing::warn!(%error, "the journal cannot be written anew");
    }
}

/// Writes the journal anew, without what it says of these threads, which no file has.
pub(crate) fn without(
    home: &OpenHome,
    held: Held<'_>,
    threads: &HashSet<ThreadId>,
) -> io::Result<()> {
    // What only a newer program understands stays as it is.
    let unknown = held.lines_to_keep(|entry| matches!(entry, Entry::Unknown))?;
    let mut entries = entries(home);
    entries.extend(absent(home, &held, threads)?);
    held.replace(&unknown, &entries)
}

fn entries(home: &OpenHome) -> Vec<Entry> {
    let mut catalog = home.write();
    for thread in catalog.thread_ids() {
        home.observe_waiting(&mut catalog, thread);
    }
    let mut entries = Vec::new();
    for thread in catalog.threads() {
        if thread.fold.is_journaled() {
            let mut fold = thread.fold.clone();
            fold.skip_to(thread.log.end().get());
            let mut snapshot = fold.snapshot(thread.fallback());
            snapshot.thread.next_ordinal = thread.log.end();
            snapshot.thread.archived_at = thread.fold.archived_at;
            entries.push(Entry::Thread(Box::new(snapshot)));
        } else if thread.fold.archived_at.is_some() {
            entries.extend(archived(thread.record().thread_id, thread.fold.archived_at));
        }
    }
    entries
}

/// What is said of threads whose files cannot be read now: they may be there again later.
fn absent(home: &OpenHome, held: &Held<'_>, without: &HashSet<ThreadId>) -> io::Result<Vec<Entry>> {
    let said = load::by_thread(held.all()?);
    let catalog = home.read();
    let absent = said.into_iter().filter(|(id, _)| !catalog.has(*id) && !without.contains(id));
    let entries = absent.flat_map(|(thread, said)| {
        said.into_iter().flat_map(move |(entry, _)| match entry {
            Entry::Move { archived_at, .. } => archived(thread, archived_at).to_vec(),
            entry => vec![entry],
        })
    });
    Ok(entries.collect())
}

/// That a thread is archived, as a move that is over.
fn archived(thread_id: ThreadId, archived_at: Option<thread_store::Timestamp>) -> [Entry; 2] {
    let moved = Move { thread_id, files: Vec::new() };
    [Entry::Move { moves: vec![moved], archived_at }, Entry::Done]
}
