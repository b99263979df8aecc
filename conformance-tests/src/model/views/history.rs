//! Histories as small data: easy to make at random, to shrink and to read.

use serde_json::{Value, json};
use thread_store::{Direction, ItemsView, RolloutItem};

use crate::support::records::{self, event};

/// How a thread comes to be, and what becomes of it.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// The history that it is created with.
    pub(super) start: Vec<Step>,
    /// How much of that comes from another thread.
    pub(super) inherited: u8,
    /// What happens later.
    pub(super) later: Vec<Step>,
}

/// What happens to a history, or how it is read.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Say(Record),
    /// Takes back. At the creation: as Codex says it, or by a marker of ours.
    Revert(Back),
    /// Reads pages.
    Walk(Rows, Vec<Turn>),
    /// Reads pages while the history grows between them.
    WalkBeside(Rows, Vec<Turn>, Vec<Record>),
}

/// How far back.
#[derive(Clone, Copy, Debug)]
pub(super) enum Back {
    /// So many of the last turns, as Codex says it.
    CodexTurns(u8),
    /// So many items.
    Items(u8),
    /// So many of the last turns.
    Turns(u8),
    /// To before one of the turns that stand, counted back from the newest.
    BeforeTurn(u8),
}

/// One record, or a few that belong together.
#[derive(Clone, Copy, Debug)]
pub(super) enum Record {
    LegacyHeader,
    PaginatedHeader,
    Start(Option<Name>),
    End(Option<Name>),
    Stop(Option<Name>),
    Error(Option<Name>),
    Ask,
    Answer,
    Think,
    Call(Name),
    Output(Name),
    Ended(Name),
    Item {
        turn: Name,
        item: Name,
        person: bool,
    },
    BareAsk,
    BareAnswer,
    Compaction,
    OldCompaction,
    Noise,
    /// So many whole turns.
    Many(u8),
}

/// One of a few names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name(pub(super) u8);

/// What is listed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rows {
    Turns(ItemsView),
    Items,
    /// Those of one of the turns that stand, counted back from the newest.
    ItemsOf(u8),
}

/// Turning a page: which way, and how the next one is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    pub(super) onward: bool,
    pub(super) direction: Direction,
    pub(super) page_size: u8,
}

impl Name {
    pub(super) fn turn(self) -> String {
        format!("t{}", self.0)
    }

    fn item(self) -> String {
        format!("i{}", self.0)
    }
}

impl Record {
    /// The records; `at` is where the first of them will stand, which makes texts differ.
    pub(super) fn items(self, at: usize) -> Vec<RolloutItem> {
        match self {
            Self::Many(count) => (0..count).flat_map(|n| whole_turn(at, n)).collect(),
            one => vec![one.item(at)],
        }
    }

    fn item(self, at: usize) -> RolloutItem {
        let text = format!("text {at}");
        match self {
            Self::LegacyHeader => records::header(&json!({})),
            Self::PaginatedHeader => records::paginated(),
            Self::Start(turn) => named("task_started", turn, json!({ "started_at": at })),
            Self::End(turn) => named("task_complete", turn, json!({ "duration_ms": at })),
            Self::Stop(turn) => named("turn_aborted", turn, json!({ "completed_at": at })),
            Self::Error(turn) => named("error", turn, json!({ "message": text })),
            Self::Ask => records::asks(&text),
            Self::Answer => records::answers(&text),
            Self::Think => event(&json!({ "type": "agent_reasoning", "text": text })),
            Self::Call(call) => records::calls(&call.item(), &text),
            Self::Output(call) => records::gives(&call.item(), &text),
            Self::Ended(call) => event(&json!({
                "type": "exec_command_end", "call_id": call.item(), "command": [text],
            })),
            Self::Item { turn, item, person: true } => {
                records::asks_in(&turn.turn(), &item.item(), &text)
            }
            Self::Item { turn, item, person: false } => {
                records::answers_in(&turn.turn(), &item.item(), &text)
            }
            Self::BareAsk => records::bare("user", &text),
            Self::BareAnswer => records::bare("assistant", &text),
            Self::Compaction => records::compacted(&text),
            Self::OldCompaction => records::summarised(&text),
            Self::Noise | Self::Many(_) => event(&json!({ "type": "token_count", "info": at })),
        }
    }
}

fn whole_turn(at: usize, n: u8) -> Vec<RolloutItem> {
    let (turn, item) = (format!("m{at}-{n}"), format!("i{at}-{n}"));
    vec![
        records::started(&turn),
        records::answers_in(&turn, &item, "done"),
        records::completed(&turn),
    ]
}

/// An event about a turn.
fn named(kind: &str, turn: Option<Name>, mut members: Value) -> RolloutItem {
    members["type"] = json!(kind);
    if let Some(turn) = turn {
        members["turn_id"] = json!(turn.turn());
    }
    event(&members)
}
