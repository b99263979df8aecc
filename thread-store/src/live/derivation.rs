//! What is derived from the items of a session: metadata, and whether a turn is in progress.

use crate::item::{Record, RolloutItem, Seen};
use crate::observer::ThreadObserver;
use crate::options::ThreadOptions;
use crate::thread::StoredThread;
use crate::time::Timestamp;

#[derive(Debug)]
pub(super) struct Derivation {
    pub(super) observer: ThreadObserver,
    /// The turn that was begun last.
    pub(super) last_turn: Option<OpenTurn>,
    /// What the turn of this id, which is about to begin, differs in.
    pub(super) begun: Option<(String, ThreadOptions)>,
}

/// A turn that this session began or appended the start of.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenTurn {
    pub(super) id: Option<String>,
    /// What it differs in from the options of the thread.
    pub(super) overrides: ThreadOptions,
    pub(super) started_at: Option<Timestamp>,
    /// Whether it is over. It is remembered until the next one, so that its end is recognised.
    over: bool,
}

impl Derivation {
    /// From what is appended to a thread from now on.
    pub(super) fn resuming(thread: &StoredThread) -> Self {
        Self::observing(ThreadObserver::resuming(thread))
    }

    /// With what was observed before.
    pub(super) fn observing(observer: ThreadObserver) -> Self {
        Self { observer, last_turn: None, begun: None }
    }

    /// The turn in progress.
    pub(super) fn turn(&self) -> Option<&OpenTurn> {
        self.last_turn.as_ref().filter(|turn| !turn.over)
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
                let (id, started_at) = (id(), seen.time);
                let begun = self.begun.take().filter(|(begun, _)| Some(begun) == id.as_ref());
                let overrides = begun.map(|(_, overrides)| overrides).unwrap_or_default();
                self.last_turn = Some(OpenTurn { id, overrides, started_at, over: false });
            }
            "task_complete" | "turn_complete" | "turn_aborted" => {
                let (ended, open) = (id(), self.turn().and_then(|turn| turn.id.clone()));
                // The late end of another turn leaves this one open.
                if ended.is_some() && open.is_some() && ended != open {
                    return false;
                }
                self.end();
            }
            "thread_rolled_back" => self.end(),
            _ => return false,
        }
        true
    }

    fn end(&mut self) {
        if let Some(turn) = &mut self.last_turn {
            turn.over = true;
        }
    }
}
