//! Writing the journal anew, with one entry for each thread.

use super::journal::{Entry, Held, Move};
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
    let written = rest(home, &held).and_then(|rest| held.replace(&rest, &entries(home)));
    if let Err(error) = written {
        tracing::warn!(%error, "the journal cannot be written anew");
    }
}

/// What is said of threads that are not known now, and what only a newer program understands.
fn rest(home: &OpenHome, held: &Held<'_>) -> std::io::Result<Vec<u8>> {
    let catalog = home.read();
    held.lines_to_keep(|entry| match entry {
        Entry::Thread(_) | Entry::Adopt { .. } | Entry::Edit(_) => {
            !entry.threads().iter().all(|thread| catalog.has(*thread))
        }
        Entry::Unknown => true,
        // What was moved or deleted is where it was moved to, or gone.
        Entry::Journal { .. } | Entry::Move { .. } | Entry::Delete { .. } | Entry::Done => false,
    })
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
            let moved = Move { thread_id: thread.record().thread_id, files: Vec::new() };
            let archived_at = thread.fold.archived_at;
            entries.extend([Entry::Move { moves: vec![moved], archived_at }, Entry::Done]);
        }
    }
    entries
}
