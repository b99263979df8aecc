//! What a store can do, and how much.

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::item::RolloutItem;

/// What a store claims. What it claims works; what it does not claim answers *unsupported* and has
/// no effect.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Capabilities {
    /// Whether anything outlives the process.
    pub persistence: Persistence,
    /// When items survive loss of power.
    pub durability: Durability,
    /// Whether a batch is all or nothing also after a crash. Where it is not (plain files), whole
    /// items of a prefix may be kept, and repeating the append completes it.
    pub atomic_batch: bool,
    /// How far taking over a lease reaches.
    pub takeover: Takeover,
    /// How a store knows that the holder of a lease is dead.
    pub holder_liveness: HolderLiveness,
    /// Who can use the same data at once.
    pub sharing: Sharing,
    /// Whether archive, unarchive and delete can cover a whole spawn subtree in one step.
    pub descendants: bool,
    /// Whether threads can be deleted.
    pub delete: bool,
    /// How text is searched.
    pub search: Search,
    /// Whether changes can be watched.
    pub watch: bool,
    /// How much of everything.
    pub limits: Limits,
}

impl Capabilities {
    /// A store of one process that keeps nothing when it ends, does all else, searches by reading,
    /// and does not watch. Implementers change what differs.
    #[must_use]
    pub fn volatile() -> Self {
        Self {
            persistence: Persistence::Volatile,
            durability: Durability::None,
            atomic_batch: true,
            takeover: Takeover::Store,
            holder_liveness: HolderLiveness::Exact,
            sharing: Sharing::Process,
            descendants: true,
            delete: true,
            search: Search::Scan,
            watch: false,
            limits: Limits::default(),
        }
    }
}

/// Whether anything outlives the process.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Persistence {
    /// Gone when the last handle is.
    Volatile,
    /// There when the store is opened again.
    Persistent,
}

/// When items survive loss of power. The death of the process they survive as soon as
/// `append_items` has returned, in every persistent store.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Durability {
    /// Never claimed.
    None,
    /// When `flush_thread` has returned.
    Flush,
    /// When `append_items` has returned.
    Append,
}

/// How far taking over a lease reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Takeover {
    /// Any lease of the store can be superseded.
    Store,
    /// Only leases of the same process; others are a conflict (held).
    Process,
}

/// How a store knows that the holder of a lease is dead.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HolderLiveness {
    /// Always, at once.
    Exact,
    /// Of processes on the same machine.
    ByHost,
    /// After it was silent for some time.
    AfterSilence,
    /// Never.
    Unknown,
}

/// Who can use the same data at once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Sharing {
    /// Handles of one process.
    Process,
    /// Processes of one machine.
    Host,
    /// Machines of one network.
    Network,
}

/// How text is searched.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Search {
    /// Not at all.
    None,
    /// By reading what is searched, as the default body of
    /// [`search_threads`](crate::ThreadStore::search_threads) does.
    Scan,
    /// By an index.
    Index,
}

/// How much a store takes at once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Limits {
    /// The largest item, in bytes. At least [`Limits::LEAST_MAX_ITEM_BYTES`].
    pub max_item_bytes: usize,
    /// The most bytes of items in one append. The items that a thread is created with are not
    /// limited together, so that whatever is stored can be forked and copied.
    pub max_batch_bytes: usize,
    /// The most rows on a page of a list; larger page sizes are clamped to it.
    pub max_page_size: usize,
}

impl Limits {
    /// What every store must take in one item: 17 MiB.
    pub const LEAST_MAX_ITEM_BYTES: usize = 17 << 20;

    /// Checks the size of a batch that is to be appended.
    ///
    /// # Errors
    ///
    /// *Invalid request* (field `items`), with the sizes.
    pub fn check_items(&self, items: &[RolloutItem]) -> Result<(), Error> {
        self.check_item_sizes(items)?;
        let total: usize = items.iter().map(RolloutItem::len).sum();
        if total > self.max_batch_bytes {
            let max = self.max_batch_bytes;
            return Err(Error::invalid(
                "items",
                format!("{total} bytes in one batch of at most {max}"),
            ));
        }
        Ok(())
    }

    /// Checks the size of each item.
    ///
    /// # Errors
    ///
    /// *Invalid request* (field `items`), with the sizes.
    pub fn check_item_sizes(&self, items: &[RolloutItem]) -> Result<(), Error> {
        if let Some(at) = items.iter().position(|item| item.len() > self.max_item_bytes) {
            let (len, max) = (items[at].len(), self.max_item_bytes);
            return Err(Error::invalid(
                "items",
                format!("item {at} has {len} bytes of at most {max}"),
            ));
        }
        Ok(())
    }
}

impl Default for Limits {
    /// 64 MiB an item, 512 MiB a batch, 1000 rows a page.
    fn default() -> Self {
        Self { max_item_bytes: 64 << 20, max_batch_bytes: 512 << 20, max_page_size: 1000 }
    }
}
