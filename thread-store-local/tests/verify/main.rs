//! Looking homes over, and mending them.

#![allow(clippy::unwrap_used, clippy::panic)] // Tests state what they expect by failing.

#[path = "../common/mod.rs"]
mod common;
#[path = "../corpus_dir/mod.rs"]
mod corpus_dir;

mod beside;
mod corpus;
mod held;
mod killed;
mod mended;
mod rollouts;
mod support;
