//! Writing the journal anew, with one entry for each thread.

use super::journal::{Entry, Held, Move};
use super::open_home::OpenHome;

/// A journal this long is worth writing anew, if that makes it much shorter.
const LONG: u64 = 1 << 20;
/// What an entry takes, about.
const ENTRY: u64 = 1 << 10;

/// Writes the journal anew if most of it says what is not so any more.
pub(crate) fn if_grown(home: &OpenHome, held: Held<'_>) {
    let threads = home.read().threads().filter(|entry| entry.fold.is_journaled()).count() as u64;
    if held.len() <= LONG.max(4 * ENTRY * threads) {
        return;
    }
    // What stands there is all the same: it is only longer.
    if let Err(error) = held.replace(&entries(home)) {
        tracing::warn!(%error, "the journal cannot be written anew");
    }
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
            let moved = Move { thread_id: thread.record().thread_id, files: Vec::new() };
            let archived_at = thread.fold.archived_at;
            entries.extend([Entry::Move { moves: vec![moved], archived_at }, Entry::Done]);
        }
    }
    entries
}
