#![doc = include_str!("../README.md")]

mod capabilities;
mod clock;
mod cwd;
mod derived;
mod error;
mod ext;
mod history;
mod id;
mod implement;
mod item;
mod lease;
mod list;
mod live;
mod manager;
mod metadata;
mod observer;
mod options;
mod ordinal;
mod params;
mod search;
mod source;
mod store;
mod thread;
mod time;
mod turn;

pub use capabilities::{
    Capabilities, Durability, HolderLiveness, Limits, Persistence, Search, Sharing, Takeover,
};
pub use clock::{Clock, IdSource, ManualClock, RandomIds, SystemClock};
pub use cwd::cwd_key;
pub use error::{Conflict, Error, ErrorKind, Operation, Outcome, Result};
pub use ext::ThreadStoreExt;
pub use history::{
    DamageReport, DamagedRecord, Direction, HistoryPage, HistoryPlan, Items, OrdinalRange,
};
pub use id::ThreadId;
pub use implement::{
    AppendStep, LeaseState, ListIndex, edit_metadata, plan_append, reconcile_append, spawn_subtree,
};
pub use item::{Members, Record, RolloutItem, SessionMeta, StoredItem};
pub use lease::{Epoch, Holder, WriterLease};
pub use list::{
    Cursor, Explanation, ListFilter, ListPlan, ListRow, Mismatch, Position, Relation, Scan,
    SortKey, ThreadPage, TimeRange,
};
pub use live::{
    BeginTurn, ContinuationToken, EndTurn, HistoryMode, LiveConfig, LiveThread,
    LiveThreadInitGuard, LiveTurn, PersistencePolicy, ResumeLive, Retry, StartThread, TurnOutcome,
};
pub use manager::{
    ActiveFlag, ClosedReason, Compaction, CompactionProgress, CompactionReporter, Compactor,
    LoadedPage, LoadedThread, ManagerConfig, MissedThreads, ShutdownReport, Subscriber,
    SubscriberId, ThreadEvent, ThreadManager, ThreadStatus, ThreadView, ThreadViewPage,
    Unsubscribed,
};
pub use metadata::{
    Edit, LabelsPatch, MAX_METADATA_BYTES, MAX_METADATA_DEPTH, ThreadMetadata, ThreadMetadataPatch,
    TokenUsage,
};
pub use observer::{ObservedIdentity, ObserverState, ThreadObserver};
pub use options::ThreadOptions;
pub use ordinal::Ordinal;
pub use params::{
    AppendItems, AppendReceipt, ChangedThreads, CreateThread, CreatedThread, DeleteThread, Explain,
    ForkPoint, ForkThread, IfHeld, ListThreads, LoadHistory, MAX_REQUEST_ID_BYTES, ReadThread,
    ReleaseLease, ReleaseMode, ResumeThread, ResumedThread, SetArchived, UpdateThreadMetadata,
};
pub use search::{
    BestHits, Message, Occurrence, Query, Rank, SearchHit, SearchPage, SearchPlan, SearchThreads,
    Snippet, Speaker, Tally, fold, searchable_message,
};
pub use source::{SessionSource, SourceKind, SubAgentSource, ThreadSpawn};
pub use store::ThreadStore;
pub use thread::{ForkedFrom, Identity, StoredThread};
pub use time::Timestamp;
pub use turn::{
    FileUpdateChange, ItemContent, ItemPage, ItemsView, ListItems, ListTurns, LoadModelContext,
    ModelContext, PatchChangeKind, Replay, RevertThread, RevertTo, RevertedThread, ThreadItem,
    Turn, TurnError, TurnPage, TurnStatus,
};
