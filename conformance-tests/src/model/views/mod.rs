//! Random histories, whose turns, items and model contexts are the same however they are read.
//!
//! A history of records of all kinds grows by appends and by reverts. Each time every way to read it
//! has to agree: pages of any size and direction, in any order of turning round, are slices of the
//! replay of the whole; the replay is that of a thread that has nothing but what stands; the model
//! context is what stands after the latest compaction. What stands is found here once more, by
//! applying markers forwards to the whole history.

mod history;
mod naive;
mod read;
mod strategy;
mod walk;

use std::sync::Arc;

use proptest::test_runner::TestCaseError;

use super::{Disagreement, Settings, runtime, search};
use crate::harness::Harness;
use crate::runner::Mode;

/// Reads random histories in every way. The test that
/// [`conformance_tests!`](crate::conformance_tests) makes of it is set by the environment; see
/// [`Settings::from_env`].
///
/// # Panics
///
/// If two ways do not agree, with the shortest history that was found.
#[allow(clippy::panic)] // That is how a test fails.
pub fn random_histories_are_read_alike_in_every_way<H: Harness>(
    harness: impl Fn() -> H,
    mode: Mode,
) {
    if let Err(disagreement) = check(harness, mode, &Settings::from_env()) {
        panic!("{disagreement}");
    }
}

/// The same as a function that answers. It blocks, and must not be called from asynchronous code.
///
/// # Errors
///
/// The disagreement that was found.
///
/// # Panics
///
/// If no runtime can be made.
pub fn check<H: Harness>(
    harness: impl Fn() -> H,
    mode: Mode,
    settings: &Settings,
) -> Result<(), Disagreement> {
    let runtime = runtime();
    let attempt = |plan: history::Plan| {
        let read = read::run(Arc::new(harness()), mode, &plan);
        runtime.block_on(read).map_err(TestCaseError::fail)
    };
    search(settings, &strategy::plans(settings.steps), attempt, |plan| {
        [plan.start, plan.later].concat()
    })
}
