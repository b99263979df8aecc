//! Codex itself on the same files: what it made we read as it does, and what we made it reads,
//! continues and edits as if it were its own.
//!
//! The program is the one that `THREAD_STORE_CODEX` names; without it these tests say that they are
//! skipped. `.ci/run` installs it where it can. What Codex answered about the homes of the corpus is
//! recorded there, so those tests need `THREAD_STORE_SHARED` alone.

#![allow(clippy::unwrap_used, clippy::panic)] // Tests state what they expect by failing.

mod both;
mod codex;
#[path = "../corpus_dir/mod.rs"]
mod corpus_dir;
mod driver;
mod home;
mod imported;
mod lists;
mod ours;
mod packed;
mod question;
mod readme;
mod records;
#[path = "../server/mod.rs"]
mod server;
mod store;
mod threads;
mod written;
