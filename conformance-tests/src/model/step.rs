//! Operations as small data: easy to make at random, to shrink and to read.

use std::fmt;

use thread_store::{
    Direction, Ordinal, RolloutItem, SessionSource, SortKey, SubAgentSource, ThreadId, Timestamp,
};

use super::edits::Edit;
use super::lists::Part;
use crate::support::context::EPOCH_MILLIS;

/// One operation.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Create(Thread, Vec<With>),
    Resume {
        thread: Thread,
        archived: bool,
        refuse: bool,
        holder: Holder,
    },
    Append {
        lease: Lease,
        items: Vec<Item>,
        at: At,
    },
    /// What stands in the last places once more, and then some.
    AppendAgain {
        lease: Lease,
        back: u8,
        plus: Vec<Item>,
    },
    Flush(Lease),
    Shutdown(Lease),
    Discard(Lease),
    Load(Load),
    Read {
        thread: Thread,
        archived: bool,
    },
    List {
        list: List,
        turns: Vec<Turn>,
    },
    /// Goes on from a cursor that an earlier page gave.
    Follow {
        bookmark: u8,
        page_size: u8,
        but: But,
        turns: Vec<Turn>,
    },
    Update {
        thread: Thread,
        archived: bool,
        edits: Vec<Edit>,
        expected: Option<i8>,
        request: Option<u8>,
    },
    SetArchived {
        thread: Thread,
        archived: bool,
        descendants: bool,
    },
    Delete {
        thread: Thread,
        descendants: bool,
    },
    Fork {
        thread: Thread,
        new: Thread,
        at: Option<u8>,
        archived: bool,
        with: Vec<With>,
    },
    Explain {
        thread: Thread,
        filter: Vec<Part>,
    },
    View(View),
    Revert {
        lease: Lease,
        back: Back,
        at: At,
    },
    Find(Find),
    /// Drops the handle and opens another.
    Reopen,
    /// So many milliseconds pass.
    Tick(u8),
}

/// What a creation says beside the id. A fork takes what it has a place for.
#[derive(Clone, Debug)]
pub(super) enum With {
    Items(Vec<Item>),
    Source(Source),
    Parent(Thread),
    SpawnedBy(Thread),
    CreatedAt(Time),
    ArchivedAt(Time),
    Session(u8),
    Lease(Holder),
    Request(u8),
    Metadata(Vec<Edit>),
}

/// Where an append expects to begin.
#[derive(Clone, Debug)]
pub(super) enum At {
    Unsaid,
    End,
    /// So far from the end.
    Off(i8),
}

impl At {
    /// The ordinal, if any is said, in a history that ends here.
    pub(super) fn ordinal(&self, end: u64) -> Option<Ordinal> {
        let at = match self {
            Self::Unsaid => return None,
            Self::End => end,
            Self::Off(off) => end.saturating_add_signed((*off).into()),
        };
        Some(Ordinal::new(at))
    }
}

/// What is derived of a thread.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) thread: Thread,
    pub(super) archived: bool,
    pub(super) direction: Direction,
    pub(super) page_size: u8,
    pub(super) summary: bool,
}

/// How far a thread is taken back.
#[derive(Clone, Copy, Debug)]
pub(super) enum Back {
    Turns(u8),
    /// So far before the end, or beyond it.
    Items(i8),
    /// To before the turn of this number.
    Before(u8),
}

#[derive(Clone, Debug)]
pub(super) struct Find {
    pub(super) term: &'static str,
    pub(super) filter: Vec<Part>,
}

#[derive(Clone, Debug)]
pub(super) struct Load {
    pub(super) thread: Thread,
    pub(super) archived: bool,
    pub(super) from: u8,
    pub(super) to: Option<u8>,
    pub(super) direction: Direction,
    pub(super) limit: Option<u8>,
    pub(super) strict: bool,
}

#[derive(Clone, Debug)]
pub(super) struct List {
    pub(super) filter: Vec<Part>,
    pub(super) key: SortKey,
    pub(super) direction: Direction,
    pub(super) page_size: u8,
}

/// Which way to turn the page.
#[derive(Clone, Copy, Debug)]
pub(super) enum Turn {
    Next,
    Previous,
}

/// What is changed about a list before its cursor is used.
#[derive(Clone, Debug)]
pub(super) enum But {
    Nothing,
    OtherWay,
    OtherKey,
    Narrower(Part),
    Damaged,
}

/// A thread of the pool; it may exist or not.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Thread(pub(super) u8);

/// How many threads there can be.
pub(super) const THREADS: u8 = 4;

impl Thread {
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..THREADS).map(Self)
    }

    /// Ids are in another order than numbers.
    pub(super) fn id(self) -> ThreadId {
        let n = self.0;
        let mut bytes = [n.wrapping_mul(151); 16];
        bytes[15] = n;
        ThreadId::from_bytes(bytes)
    }
}

/// One of the leases granted so far, counted back from the newest.
#[derive(Clone, Copy)]
pub(super) struct Lease(pub(super) u8);

/// One of a few times, so that many are equal.
#[derive(Clone, Copy)]
pub(super) struct Time(pub(super) u8);

impl Time {
    pub(super) fn get(self) -> Timestamp {
        Timestamp::from_millis(EPOCH_MILLIS + 1000 * i64::from(self.0))
    }
}

#[derive(Clone, Copy)]
pub(super) struct Holder(pub(super) u8);

impl Holder {
    pub(super) fn get(self) -> thread_store::Holder {
        thread_store::Holder::new(format!("holder {}", self.0))
    }
}

/// One of a few items, so that many are equal.
#[derive(Clone, Copy)]
pub(super) struct Item(pub(super) u8);

impl Item {
    /// How many different ones there are.
    pub(super) const COUNT: u8 = 11;

    pub(super) fn get(self) -> RolloutItem {
        const TEXTS: [&str; Item::COUNT as usize] = [
            "{}",
            r#"{"type":"event_msg","payload":{"type":"note","n":1}}"#,
            r#"{ "type" : "response_item" ,  "payload":{"b":1,"a":2.50,"a":"größe"} }"#,
            r#"{"type":"new_kind","payload":"\u0000\ud800"}"#,
            r#"{"x":[[[[1e400]]]],"ordinary":7}"#,
            r#"{"type":"event_msg","payload":{"type":"task_started","turn_id":"t0"}}"#,
            r#"{"type":"event_msg","payload":{"type":"task_started","turn_id":"t1"}}"#,
            r#"{"type":"event_msg","payload":{"type":"user_message","message":"Alpha?"}}"#,
            r#"{"type":"event_msg","payload":{"type":"agent_message","message":"the  Größe"}}"#,
            r#"{"type":"event_msg","payload":{"type":"task_complete","turn_id":"t0"}}"#,
            r#"{"type":"compacted","payload":{"message":"","replacement_history":[]}}"#,
        ];
        let text = TEXTS[usize::from(self.0) % TEXTS.len()];
        RolloutItem::from_stored(bytes::Bytes::from_static(text.as_bytes()))
    }
}

pub(super) fn items(items: &[Item]) -> Vec<RolloutItem> {
    items.iter().map(|item| item.get()).collect()
}

/// What a thread comes from, apart from a spawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Source {
    Cli,
    Custom,
    Review,
    Guardian,
    Unknown,
}

impl Source {
    pub(super) const ALL: [Self; 5] =
        [Self::Cli, Self::Custom, Self::Review, Self::Guardian, Self::Unknown];

    pub(super) fn get(self) -> SessionSource {
        match self {
            Self::Cli => SessionSource::Cli,
            Self::Custom => SessionSource::Custom("a client".to_owned()),
            Self::Review => SessionSource::SubAgent(SubAgentSource::Review),
            Self::Guardian => SessionSource::SubAgent(SubAgentSource::Guardian),
            Self::Unknown => SessionSource::Unknown,
        }
    }
}

/// Prints a number behind a letter: `t3`.
macro_rules! lettered {
    ($( $type:ident $letter:literal ),*) => {
        $( impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($letter, "{}"), self.0)
            }
        } )*
    };
}

lettered!(Thread "thread-", Lease "newest-lease-but-", Time "second-", Holder "holder-", Item "item-");
