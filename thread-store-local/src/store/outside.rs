//! What Codex says of threads beside their rollouts: names in its index, and what its database alone
//! has.

use std::collections::HashMap;
use std::path::Path;

use thread_store::{StoredThread, ThreadId, Timestamp};

use super::journal::Overrides;
use super::told::Field;
use crate::codex_state::CodexFacts;
use crate::names::{self, Named};
use crate::stamp::Stamp;

#[derive(Debug, Default)]
pub(crate) struct Outside {
    names: HashMap<ThreadId, Named>,
    names_stamp: Option<Stamp>,
    codex: HashMap<ThreadId, CodexFacts>,
}

impl Outside {
    /// Reads the names again if they may have changed; answers the threads whose names did.
    pub(crate) fn refresh_names(&mut self, home: &Path) -> Vec<ThreadId> {
        let stamp = std::fs::metadata(home.join(names::FILE)).ok().map(|meta| Stamp::of(&meta));
        if stamp == self.names_stamp && stamp.is_none_or(|stamp| stamp.is_settled()) {
            return Vec::new();
        }
        // What cannot be read now is read the next time.
        let Ok(names) = names::read_lines(home) else { return Vec::new() };
        self.names_stamp = stamp;
        let old = std::mem::replace(&mut self.names, names);
        changed(&old, &self.names)
    }

    /// Takes what the database says now; answers the threads of which it says something else.
    pub(crate) fn set_codex(&mut self, codex: HashMap<ThreadId, CodexFacts>) -> Vec<ThreadId> {
        let old = std::mem::replace(&mut self.codex, codex);
        changed(&old, &self.codex)
    }

    /// A name was written into the index, or taken out of it.
    pub(crate) fn named(&mut self, thread: ThreadId, name: Option<&str>, at: Timestamp) {
        match name {
            Some(name) => {
                let named = Named { name: name.to_owned(), at: Some(at) };
                self.names.insert(thread, named);
            }
            None => {
                self.names.remove(&thread);
            }
        }
    }

    /// A time for a name that is newer than the one in the index, and not before this one.
    pub(crate) fn name_time(&self, thread: ThreadId, now: Timestamp) -> Timestamp {
        let last = self.names.get(&thread).and_then(|named| named.at);
        let after = last.map(|at| Timestamp::from_millis(at.as_millis().saturating_add(1)));
        after.map_or(now, |after| after.max(now))
    }

    pub(crate) fn codex(&self, thread: ThreadId) -> Option<&CodexFacts> {
        self.codex.get(&thread)
    }

    /// What the database says of a thread that it alone knows all of.
    pub(crate) fn paginated(&self, thread: ThreadId) -> Option<&CodexFacts> {
        self.codex(thread).filter(|codex| codex.paginated)
    }

    /// Puts into the record what stands outside: of several who said something the last one counts.
    pub(crate) fn complete(&self, record: &mut StoredThread, overrides: &Overrides) {
        let thread = record.thread_id;
        let metadata = &mut record.metadata;
        if let Some(now) = self.paginated(thread) {
            let mut is_named = false;
            for field in Field::ALL {
                let said = field.of_codex(now);
                let then = overrides.codex.get(&field);
                // Where both are the same, our edit is newer. Codex takes what it says nothing of
                // from the rollout.
                // It names a thread anew, but never takes a name away: a database that was made anew
                // knows of none.
                let is_news = then.map_or(said.is_some(), |then| then != said);
                if is_news && (said.is_some() || field != Field::Name) {
                    field.of_record(metadata).clone_from(said);
                    is_named |= field == Field::Name && said.is_some();
                }
            }
            if is_named {
                return;
            }
        }
        if let Some(named) = self.names.get(&thread)
            && overrides.named_at.is_none_or(|ours| named.at.is_some_and(|theirs| theirs > ours))
        {
            metadata.name = Some(named.name.clone()).filter(|name| !name.trim().is_empty());
        }
    }
}

fn changed<T: PartialEq>(old: &HashMap<ThreadId, T>, new: &HashMap<ThreadId, T>) -> Vec<ThreadId> {
    let gone = old.keys().filter(|thread| !new.contains_key(thread));
    let other = new.iter().filter(|(thread, now)| old.get(thread) != Some(now));
    gone.copied().chain(other.map(|(thread, _)| *thread)).collect()
}
