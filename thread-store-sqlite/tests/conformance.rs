//! The conformance suite on SQLite.

#![allow(clippy::unwrap_used)] // Tests state what they expect by failing.

mod support;

use support::Sqlite;
use thread_store_conformance::conformance_tests;
use thread_store_sqlite::SqliteOptions;

conformance_tests!(Sqlite::new(SqliteOptions::default()));
