//! Writing the journal anew, with one entry for each thread.

use std::collections::HashSet;
use std::io;

use thread_store::ThreadId;

use super::journal::{Entry, Held, Move};
use super::load;
use super::open_home::OpenHome;

/// A journal this long is worth writing anew, if that makes it much shorter.
const LONG: u64 = 1 << 20;
/// What an entry takes, about.
const ENTRY: u64 = 1 << 10;

/// Writes the journal anew if most of it says what is not so any more.
pub(crate) fn if_grown(home: &OpenHome, held: Held<'_>) {
    let threads = home.read().threads().filter(|entry| entry.fold.is_journaled()).count() as u64;
    if held.len() > LONG && held.len() > 4 * ENTRY * threads {
        now(home, held);
    }
}

/// Writes the journal anew.
pub(crate) fn now(home: &OpenHome, held: Held<'_>) {
    // What stands there is all the same: it is only longer.
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
    let mut entries = entries(home);
    entries.extend(absent(home, &held, threads)?);
    held.replace(&entries)
}

fn entries(home: &OpenHome) -> Vec<Entry> {
    let catalog = home.read();
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
