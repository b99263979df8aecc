//! Agent threads in the rollout files of a Codex home: read in whatever state they are, and written
//! so that Codex itself agrees.
//!
//! [`LocalStore`] is the store: it works on a home where it is, also beside a running Codex.
//!
//! ```no_run
//! # async fn demo() -> thread_store::Result<()> {
//! use thread_store::{ListThreads, ThreadStore as _};
//! use thread_store_local::LocalStore;
//!
//! let store = LocalStore::open("/home/me/.codex").await?;
//! let page = store.list_threads(ListThreads::new()).await?;
//! store.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! [`read_home`] is the reader alone, for importing: it finds the rollouts of a home (or of any
//! folder, or a single file) and makes a [`Home`]: the plan of its threads, of which only the headers
//! were read. [`Home::read`] then reads them one by one, so that memory holds one thread at a time:
//!
//! ```no_run
//! # fn demo() -> thread_store::Result<()> {
//! let home = thread_store_local::read_home("/home/me/.codex".as_ref())?;
//! for thread in home.threads() {
//!     let rollout = home.read(thread)?;
//!     println!("{}: {} items", rollout.thread_id, rollout.items.len());
//! }
//! for file in home.unreadable() {
//!     println!("{}: {}", file.path.display(), file.reason);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What is read
//!
//! * All formats that Codex has written: JSON documents of the TypeScript program, bare lines,
//!   enveloped lines, and paginated histories whose parts lie in several files; plain or compressed
//!   (`.zst`).
//! * Each record is the text of its line, byte for byte. Line ends, byte order marks, blank lines
//!   and white space around a record are not part of it.
//! * Damage costs the damaged record only. It is counted and reported with its place, and never
//!   hides what stands after it. Files of which nothing can be read are listed with the reason.
//! * What Codex keeps of paginated threads in its own database alone (names, git, memory mode) the
//!   store reads there, from a copy where Codex may be writing; the reader does not look into it.
//!   Nothing is ever written there.
//!
//! # What is written
//!
//! * A new thread is a rollout below `sessions/YYYY/MM/DD`, with the time of its creation in UTC in
//!   its name, in the history mode of its own header or else of its metadata, legacy unless they say
//!   otherwise. Where its first item is no header that Codex can read, one is made, which is no item:
//!   its payload has `"made_by":"thread-store"`.
//! * What is appended to any rollout ends with a space before the line feed. To every reader it is
//!   white space; it tells this store that the record is its own, and says nothing new about the
//!   thread. Lines of paginated rollouts get their next ordinals; a compressed rollout is expanded
//!   first; a torn end is set aside (`thread-store/quarantine.jsonl`) before anything is added.
//! * Names go into `session_index.jsonl` too, under its lock.
//! * Whatever else is known of a thread is in a journal of our own (`thread-store/journal.jsonl`), to
//!   which every process of ours appends under its lock, and which each reads on before it answers.
//!   It also has what is going to be done to several files at once, so that whoever finds it unfinished
//!   finishes it.
//! * `thread-store/index.sqlite` is a cache of what was found in each file. It may be deleted.
//! * The right to append is Codex's own lock on the thread (`thread-writer-locks`), held as long as
//!   the lease: while Codex has a thread loaded, resuming it here is a conflict (held), and the other
//!   way round.
//!
//! # Whose file is it
//!
//! The thread of a file is the `id` of its header, if its first line is a header with a UUID. Where
//! the first line is something else or cannot be read, it is the UUID in the file's name, since a
//! header further down may belong to copied history; and where the name has none, the first header
//! that there is. When header and name differ, the header is right. A file name
//! `…-<thread>_<segment>` marks what was written after a revert.
//!
//! # Which of several files counts
//!
//! Files of one thread *and* segment are copies of each other. The one that counts is the first
//! by: active before archived, a name in Codex's form with the thread's id before other names,
//! plain before compressed, then by path. Of several segments of a thread the *head* is the one
//! that no other segment of the thread continues; among several, the newest by its header's time,
//! then by segment id. Files that were passed over are named in [`Rollout::other_files`].

mod codex_state;
mod error;
mod file_name;
mod header;
mod home;
mod index;
mod item_source;
mod lineage;
mod lock_owner;
mod names;
mod plan;
mod rollout;
mod segment;
mod stamp;
mod store;
mod verify;
mod walk;

pub use home::{Home, PlannedThread, UnreadableFile, read_file, read_home};
pub use rollout::{OtherFile, OtherFileReason, Rollout};
#[doc(hidden)]
pub use store::{Faults, logged_stretches};
pub use store::{Flushing, LocalOptions, LocalStore, Progress};
pub use verify::{Action, Finding, Place, Repair, RepairOutcome, Repairs, Verification};
