//! The suite on the store that vendors begin with.

#[path = "../examples/custom_store.rs"]
#[allow(dead_code, unreachable_pub)] // Its `main` is the example's.
mod custom_store;

use custom_store::CustomHarness;
use thread_store_conformance::conformance_tests;

conformance_tests!(CustomHarness::default());
