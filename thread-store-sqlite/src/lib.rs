//! Agent threads in one SQLite file: the embedded default.
//!
//! Every append is durable when it returns (`synchronous=FULL`), and whatever many threads append at
//! once shares one sync of the disk. Several processes can use one file; readers never wait for
//! writers (WAL). What nobody waits for is done in the background when a thread rests
//! ([`SqliteStore::settle`]). The layout is described [below](self#layout).
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
//! | `heads` | end of history, newest lease, how far it is merged and indexed; narrow | every append |
//! | `holders` | who has the newest lease | leases |
//! | `listing`, `listing_texts`, `labels` | what lists filter and sort by | edits |
//! | `tail` | the items of one append: their bytes, and a table of lengths and checksums | every append adds one |
//! | `chunks` | many neighbouring items, clustered by thread; compressed or not | creations; the background |
//! | `text_grams`, `message_grams` | which three characters follow each other in what can be searched | the background |
//! | `counters` | the last epoch of the whole store | leases |

mod connection;
mod database;
mod error;
mod grams;
mod head;
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
