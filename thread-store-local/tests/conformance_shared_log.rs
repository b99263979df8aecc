//! The conformance suite on a home whose threads share a log.

#![allow(clippy::unwrap_used)] // Tests state what they expect by failing.

mod support;

use support::Local;
use thread_store_conformance::conformance_tests;
use thread_store_local::{Flushing, LocalOptions};

conformance_tests!(Local::new(LocalOptions::default().with_flushing(Flushing::SharedLog)));
