//! What the items of a history say about their thread: the one place that derives identity and
//! metadata.

mod header;
mod identity;
mod settings;
mod user_message;

use serde::{Deserialize, Serialize};

use crate::id::ThreadId;
use crate::item::{Members, Record, RolloutItem, Seen, SessionMeta};
use crate::metadata::{Edit, ThreadMetadata, ThreadMetadataPatch};
use crate::ordinal::Ordinal;
use crate::thread::StoredThread;
use crate::time::Timestamp;

pub use identity::ObservedIdentity;
use user_message::UserMessage;

/// Derives the identity and the metadata of one thread from its items, given one by one in the
/// order of the history. Pure: no clock, no input or output, the same answer for the same items.
///
/// # What counts
///
/// | Item | What it tells |
/// | --- | --- |
/// | the first own `session_meta` | identity, directory, provider, versions, marks of a sub-agent, git, memory and history mode; it overrides what inherited items before it said |
/// | a later own `session_meta` | git and memory mode, if it has them |
/// | a `session_meta` of another id | nothing: it is the header of copied history |
/// | `turn_context` | model, effort, approval and sandbox, as far as the thread has no options of its own for them; the directory, if none is known |
/// | `thread_settings_applied` of this thread | the same, and directory and provider in any case |
/// | the first `user_message`, `item_completed` user message, or bare message of the user | preview and first user message; the first one with text: the title |
/// | `thread_goal_updated` | the preview, if there is none |
/// | `token_count` with totals | token usage |
/// | `task_started` (`turn_started`) | recency, which is not before the creation; in histories older than such records a user message does |
/// | `thread_name_updated` of this thread | the name |
/// | any with a timestamp | updated-at: the latest of all |
///
/// Of what was said, and of a name, the first 32 KiB are taken; a longer text of any other field, and
/// a value above 128 KiB, tell nothing: one odd record must not make the metadata too large to store.
///
/// An item that lies before a sub-agent's own part of the history
/// (`subagent_history_start_ordinal`) tells nothing about preview, title and first message. Of an
/// item any member may be missing or of an odd type: it then tells nothing about that field.
#[derive(Clone, Debug)]
pub struct ThreadObserver {
    thread_id: ThreadId,
    identity: ObservedIdentity,
    header_seen: bool,
    /// Whether starts of turns are recorded: not before Codex 0.100.
    turns_recorded: bool,
    /// Envelope ordinals below it are history that a sub-agent was given.
    own_from: Option<u64>,
    /// What is known, whether observed or given at the start.
    known: ThreadMetadata,
    /// What of it was not handed out yet.
    pending: ThreadMetadataPatch,
}

/// What an observer knows beside the record of its thread; see
/// [`ThreadObserver::going_on`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ObserverState {
    header_seen: bool,
    turns_recorded: bool,
    own_from: Option<u64>,
}

/// Sets a field unless it has that value, and remembers the edit.
macro_rules! learn {
    ($observer:ident.$field:ident = $value:expr) => {{
        let value = $value;
        $crate::observer::set(&mut $observer.known.$field, &mut $observer.pending.$field, value)
    }};
}
use learn;

fn set<T: PartialEq + Clone>(known: &mut T, pending: &mut Edit<T>, value: T) {
    if *known != value {
        known.clone_from(&value);
        *pending = Edit::Set(value);
    }
}

impl ThreadObserver {
    /// An observer of a thread of which nothing is known yet.
    #[must_use]
    pub fn new(thread_id: ThreadId) -> Self {
        Self {
            thread_id,
            identity: ObservedIdentity::default(),
            header_seen: false,
            turns_recorded: false,
            own_from: None,
            known: ThreadMetadata::new(Timestamp::MIN),
            pending: ThreadMetadataPatch::default(),
        }
    }

    /// An observer of what is appended to a stored thread from now on: what is known stays, and
    /// only what changes is handed out. A title, preview or first message that the thread has is
    /// never replaced, and its times only move forward.
    #[must_use]
    pub fn resuming(thread: &StoredThread) -> Self {
        let inherited = thread.identity.forked_from.and_then(|from| from.ordinal);
        Self {
            identity: ObservedIdentity::known(&thread.identity),
            // A new thread, or a fork that has no items of its own, still gets its header.
            header_seen: thread.next_ordinal > inherited.unwrap_or(Ordinal::ZERO),
            turns_recorded: thread.next_ordinal > Ordinal::ZERO,
            known: thread.metadata.clone(),
            ..Self::new(thread.thread_id)
        }
    }

    /// The thread that is observed.
    #[must_use]
    pub const fn thread_id(&self) -> ThreadId {
        self.thread_id
    }

    /// Takes notice of the next item.
    pub fn observe(&mut self, item: &RolloutItem) {
        self.observe_seen(&Seen::of(item));
    }

    /// Takes notice of an item that is appended now: that is a change, and an item that does not say
    /// when it happened happened now.
    pub(crate) fn observe_live(&mut self, seen: &mut Seen<'_>, now: Timestamp) {
        seen.time.get_or_insert(now);
        self.observe_seen(seen);
        learn!(self.updated_at = self.known.updated_at.max(now));
    }

    fn observe_seen(&mut self, seen: &Seen<'_>) {
        let (time, own) = (seen.time, self.is_own_part(seen));
        if let Some(time) = time {
            learn!(self.updated_at = self.known.updated_at.max(time));
        }
        match &seen.record {
            Record::SessionMeta(header) => self.observe_header(header),
            Record::TurnContext(context) => self.observe_turn_context(context),
            Record::Event(kind, event) => self.observe_event(kind, event, time, own),
            Record::BareItem(bare) if own => {
                self.observe_message(UserMessage::bare(bare), time);
            }
            _ => {}
        }
    }

    /// What was seen of the thread's identity.
    #[must_use]
    pub fn identity(&self) -> &ObservedIdentity {
        &self.identity
    }

    /// What was learned and not taken yet.
    #[must_use]
    pub fn patch(&self) -> &ThreadMetadataPatch {
        &self.pending
    }

    /// What was learned since the last call; empty if nothing was.
    #[must_use]
    pub fn take_patch(&mut self) -> ThreadMetadataPatch {
        std::mem::take(&mut self.pending)
    }

    /// All that is known, whether it was observed or given.
    #[must_use]
    pub fn metadata(&self) -> &ThreadMetadata {
        &self.known
    }

    /// What is known beside the record of the thread.
    #[must_use]
    pub fn state(&self) -> ObserverState {
        let Self { header_seen, turns_recorded, own_from, .. } = self;
        ObserverState {
            header_seen: *header_seen,
            turns_recorded: *turns_recorded,
            own_from: *own_from,
        }
    }

    /// The observer that had learned this record, and was in this state: it goes on as if it had
    /// never stopped.
    #[must_use]
    pub fn going_on(thread: &StoredThread, state: ObserverState) -> Self {
        let ObserverState { header_seen, turns_recorded, own_from } = state;
        Self { header_seen, turns_recorded, own_from, ..Self::resuming(thread) }
    }

    /// What is known, whether it was taken or not.
    pub(crate) fn known(&self) -> &ThreadMetadata {
        &self.known
    }

    /// All that was learned is in this record.
    pub(crate) fn know(&mut self, metadata: &ThreadMetadata) {
        self.known.clone_from(metadata);
        self.pending = ThreadMetadataPatch::default();
    }

    /// Learns what somebody says.
    pub fn edit(&mut self, edit: ThreadMetadataPatch) {
        edit.apply(&mut self.known);
        self.pending = std::mem::take(&mut self.pending).merge(edit);
    }

    /// The name that a record has stands against one that was learned.
    pub(crate) fn keep_name(&mut self, metadata: &ThreadMetadata) {
        if metadata.name.is_some() {
            self.known.name.clone_from(&metadata.name);
            self.pending.name = Edit::Keep;
        }
    }

    /// What had been learned is in this record; what was learned since is to be taken still.
    pub(crate) fn stored(&mut self, learned: &ThreadMetadataPatch, after: &ThreadMetadata) {
        self.known.clone_from(after);
        self.pending.leave_out(learned);
        self.pending.apply(&mut self.known);
    }

    /// The record was edited from `before` to `after` while there was something to be taken: what was
    /// edited is known now, and what was learned otherwise is to be taken still. The edit `ours`, which
    /// had what was `learned` by then, may be among those edits.
    pub(crate) fn rebase(
        &mut self,
        before: &ThreadMetadata,
        after: &ThreadMetadata,
        ours: &ThreadMetadataPatch,
        learned: &ThreadMetadataPatch,
    ) {
        let known = std::mem::replace(&mut self.known, after.clone());
        self.pending.yield_to(before, after, ours, learned);
        self.pending.apply(&mut self.known);
        learn!(self.updated_at = known.updated_at.max(after.updated_at));
        learn!(self.recency_at = known.recency_at.max(after.recency_at));
    }

    fn observe_header(&mut self, header: &SessionMeta<'_>) {
        // A header whose id was lost is taken for the thread's own if it is the first.
        let own = match header.thread_id() {
            Some(id) => id == self.thread_id,
            None => !self.header_seen,
        };
        if !own {
            return;
        }
        if !self.header_seen {
            self.header_seen = true;
            self.own_from = header.members().parse("subagent_history_start_ordinal");
            self.identity.complete_from(header);
            self.learn_header(header);
            // The turns that a fork begins with are older than it is.
            self.move_recency(header.created_at());
        }
        self.learn_revision(header);
    }

    fn observe_event(
        &mut self,
        kind: &str,
        event: &Members<'_>,
        time: Option<Timestamp>,
        own: bool,
    ) {
        match kind {
            "user_message" if own => self.observe_message(UserMessage::legacy(event), time),
            "item_completed" if own => {
                self.observe_message(UserMessage::completed_item(event), time);
            }
            "thread_goal_updated" if own => self.observe_goal(event),
            "task_started" | "turn_started" => {
                self.turns_recorded = true;
                self.move_recency(time);
            }
            "token_count" => self.observe_tokens(event),
            "thread_settings_applied" if self.is_about_this_thread(event) => {
                self.observe_settings(event);
            }
            "thread_name_updated" if self.is_about_this_thread(event) => {
                learn!(
                    self.name = event.non_empty("thread_name").map(|name| user_message::cut(&name))
                );
            }
            _ => {}
        }
    }

    /// Preview, first message and title are each set once.
    fn observe_message(&mut self, message: Option<UserMessage>, time: Option<Timestamp>) {
        let Some(message) = message else { return };
        if !self.turns_recorded {
            self.move_recency(time);
        }
        if self.known.preview.is_none() {
            learn!(self.preview = Some(message.shown().to_owned()));
        }
        if self.known.first_user_message.is_none() {
            learn!(self.first_user_message = Some(message.shown().to_owned()));
        }
        if self.known.title.is_none() {
            learn!(self.title = message.into_text());
        }
    }

    fn observe_goal(&mut self, event: &Members<'_>) {
        let objective = event
            .object("goal")
            .and_then(|goal| goal.string("objective"))
            .map(|text| user_message::cut(text.trim()))
            .filter(|text| !text.is_empty());
        if self.known.preview.is_none() {
            learn!(self.preview = objective);
        }
    }

    fn move_recency(&mut self, time: Option<Timestamp>) {
        if let Some(time) = time {
            learn!(self.recency_at = self.known.recency_at.max(time));
        }
    }

    /// Whether the item is not part of the history that a sub-agent was given at its start.
    fn is_own_part(&self, seen: &Seen<'_>) -> bool {
        let Some(start) = self.own_from else {
            return true;
        };
        seen.file_ordinal().is_none_or(|ordinal| ordinal >= start)
    }

    /// Whether an event names this thread, or none. Copied history names the thread it came from.
    fn is_about_this_thread(&self, event: &Members<'_>) -> bool {
        event
            .string("thread_id")
            .and_then(|id| ThreadId::parse(&id).ok())
            .is_none_or(|id| id == self.thread_id)
    }
}

/// The most bytes of a value that is not text, as JSON.
const MAX_VALUE_BYTES: usize = 128 << 10;

/// A text that is not empty, and no longer than a record should carry.
fn text(members: &Members<'_>, name: &str) -> Option<String> {
    members.non_empty(name).filter(|text| text.len() <= user_message::MAX_TEXT_BYTES)
}

/// A value as it stands, unless it is larger than a record should carry, or is `null`, or cannot be
/// held in memory as a tree.
fn value(members: &Members<'_>, name: &str) -> Option<serde_json::Value> {
    members.get(name).filter(|json| json.get().len() <= MAX_VALUE_BYTES)?;
    members.parse(name).filter(|value: &serde_json::Value| !value.is_null())
}

#[cfg(test)]
mod tests;
