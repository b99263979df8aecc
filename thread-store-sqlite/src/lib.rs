//! Agent threads in one SQLite file: the embedded default.
//!
//! Every append is durable when it returns (`synchronous=FULL`), several processes can use one file,
//! and readers never wait for writers (WAL). The layout is described in [`schema`](self#layout).
//!
//! ```
//! # async fn demo() -> thread_store::Result<()> {
//! use thread_store::{CreateThread, ThreadId, ThreadStore, ThreadStoreExt};
//! use thread_store_sqlite::SqliteStore;
//!
//! # let folder = std::env::temp_dir().join(ThreadId::generate().to_string());
//! let store = SqliteStore::open(folder.join("threads.db")).await?;
//! let id = ThreadId::generate();
//! store.create_thread(CreateThread::new(id)).await?;
//! assert_eq!(store.next_ordinal(id).await?.get(), 0);
//! store.close().await;
//! # std::fs::remove_dir_all(folder).ok();
//! # Ok(())
//! # }
//! # tokio::runtime::Runtime::new().unwrap().block_on(demo()).unwrap();
//! ```
//!
//! # Layout
//!
//! | table | row | touched by |
//! |---|---|---|
//! | `threads` | the record: identity and metadata as JSON | edits |
//! | `heads` | end of history and newest lease; narrow | every append |
//! | `listing`, `listing_texts`, `labels` | what lists filter and sort by | edits |
//! | `tail` | the items of one append: their bytes, and a table of lengths and checksums | every append adds one |
//! | `chunks` | many neighbouring items, clustered by thread; compressed or not | creations, merging |
//! | `counters` | the last epoch of the whole store | leases |

mod connection;
mod database;
mod error;
mod grams;
mod head;
#[allow(dead_code, unused_imports)] // The background merges.
mod history;
mod list;
mod location;
mod operations;
mod options;
mod process;
mod projection;
mod readers;
mod record;
mod schema;
mod search;
mod settle;
mod store;
mod writer;

pub use options::{Compression, SqliteOptions};
pub use process::this_process;
pub use store::SqliteStore;
