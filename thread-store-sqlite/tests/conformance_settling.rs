//! The conformance suite on SQLite whose background never waits: what is read at any instant may be
//! in the tail, in chunks or compressed, and in the index or not.

#![allow(clippy::unwrap_used)] // Tests state what they expect by failing.

mod support;

use std::time::Duration;

use support::Sqlite;
use thread_store_conformance::conformance_tests;
use thread_store_sqlite::{Compression, SqliteOptions};

conformance_tests!(Sqlite::new(
    SqliteOptions::default().with_rest(Duration::ZERO).with_compression(Compression::AtRest)
));
