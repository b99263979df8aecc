//! Codex rollout files and homes, read whatever state they are in.
//!
//! [`read_home`] finds the rollouts of a Codex home (or of any folder, or a single file) and makes
//! a [`Home`]: the plan of its threads, of which only the headers were read. [`Home::read`] then
//! reads them one by one, so that memory holds one thread at a time:
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
//! * Nothing is ever written, and no database beside the rollouts is looked into: names, git and
//!   other facts that Codex keeps only there are not known here.
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
pub use store::Faults;
pub use store::{LocalOptions, LocalStore, Progress};
pub use verify::{Action, Finding, Place, Repair, RepairOutcome, Repairs, Verification};
