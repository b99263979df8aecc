//! What is derived from the items of a session: metadata, and whether a turn is in progress.

use crate::item::{Record, RolloutItem, Seen};
use crate::observer::ThreadObserver;
use crate::options::ThreadOptions;
use crate::thread::StoredThread;
use crate::time::Timestamp;

#[derive(Debug)]
pub(super) struct Derivation {
    pub(super) observer: ThreadObserver,
    /// The turn in progress.
    pub(super) turn: Option<OpenTurn>,
}

/// A turn in progress.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenTurn {
    pub(super) id: Option<String>,
    /// What it differs in from the options of the thread.
    pub(super) overrides: ThreadOptions,
    pub(super) started_at: Option<Timestamp>,
}

impl Derivation {
    /// From what is appended to a thread from now on.
    pub(super) fn resuming(thread: &StoredThread) -> Self {
        Self { observer: ThreadObserver::resuming(thread), turn: None }
    }

    /// Takes notice of items that were appended now; answers whether that began or ended a turn.
    pub(super) fn take(&mut self, items: &[RolloutItem], now: Timestamp) -> bool {
        let mut turned = false;
        for item in items {
            let mut seen = Seen::of(item);
            self.observer.observe_live(&mut seen, now);
            turned |= self.follow(&seen);
        }
        turned
    }

    fn follow(&mut self, seen: &Seen<'_>) -> bool {
        let Record::Event(kind, event) = &seen.record else { return false };
        let id = || event.non_empty("turn_id");
        match kind.as_str() {
            "task_started" | "turn_started" => {
                let overrides = ThreadOptions::default();
                self.turn = Some(OpenTurn { id: id(), overrides, started_at: seen.time });
            }
            "task_complete" | "turn_complete" | "turn_aborted" => {
                let (ended, open) = (id(), self.turn.as_ref().and_then(|turn| turn.id.clone()));
                // The late end of another turn leaves this one open.
                if ended.is_some() && open.is_some() && ended != open {
                    return false;
                }
                self.turn = None;
            }
            "thread_rolled_back" => self.turn = None,
            _ => return false,
        }
        true
    }
}
