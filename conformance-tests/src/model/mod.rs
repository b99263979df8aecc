//! Random operations, answered alike by a store and by the reference.
//!
//! Sequences of operations over a small pool of threads are applied to the store of a
//! [`Harness`] and to the reference backend. Every answer has to be the same, and at the end every
//! record, history, list and lease. What stores are free to choose is not compared: epochs and
//! cursors count by what they lead to, error texts and places of storage not at all. A sequence
//! that tells the two apart is shrunk to a short one before it is shown.

mod answer;
mod apply;
mod compare;
mod derived;
mod edits;
mod lists;
mod settings;
mod side;
mod step;
mod strategy;
pub mod views;

use std::fmt;
use std::sync::Arc;

use proptest::strategy::Strategy;
use proptest::test_runner::{
    Config, RngAlgorithm, TestCaseError, TestCaseResult, TestError, TestRng, TestRunner,
};
use tokio::runtime::Runtime;

use crate::harness::Harness;
use crate::runner::Mode;

pub use settings::Settings;
use step::Step;

/// A sequence of operations that a store answers otherwise than the reference, as short as it
/// could be made. Printed it says how to see it again.
#[derive(Clone, Debug)]
pub struct Disagreement {
    /// The operations, one line each.
    pub steps: Vec<String>,
    /// The last of them, and both answers.
    pub reason: String,
    settings: Settings,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the store and the reference disagree after:")?;
        for (n, step) in self.steps.iter().enumerate() {
            writeln!(f, "{n:>4}. {step}")?;
        }
        writeln!(f, "{}", self.reason)?;
        write!(f, "to see it again: {}", self.settings)
    }
}

/// Compares the store of a harness with the reference, on random operations. The test that
/// [`conformance_tests!`](crate::conformance_tests) makes of it is set by the environment; see
/// [`Settings::from_env`].
///
/// # Panics
///
/// If they disagree, with the shortest sequence of operations that was found.
#[allow(clippy::panic)] // That is how a test fails.
pub fn random_operations_agree_with_the_reference<H: Harness>(harness: impl Fn() -> H, mode: Mode) {
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
    let attempt = |steps: Vec<Step>| run(&runtime, Arc::new(harness()), mode, &steps);
    search(settings, &strategy::steps(settings.steps), attempt, |steps| steps)
}

/// Tries what the strategy makes, and answers the shortest that fails, as its steps.
fn search<P: Strategy, S: fmt::Debug>(
    settings: &Settings,
    plans: &P,
    attempt: impl Fn(P::Value) -> TestCaseResult,
    steps_of: impl Fn(P::Value) -> Vec<S>,
) -> Result<(), Disagreement> {
    match runner(settings).run(plans, attempt) {
        Ok(()) => Ok(()),
        Err(TestError::Fail(reason, plan)) => Err(disagreement(settings, &reason, &steps_of(plan))),
        Err(TestError::Abort(reason)) => Err(disagreement(settings, &reason, &Vec::<S>::new())),
    }
}

#[allow(clippy::panic)] // Without one there is no test.
fn runtime() -> Runtime {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.unwrap_or_else(|error| panic!("no runtime: {error}"))
}

fn run(
    runtime: &Runtime,
    harness: Arc<dyn Harness>,
    mode: Mode,
    steps: &[Step],
) -> Result<(), TestCaseError> {
    runtime.block_on(compare::run(harness, mode, steps)).map_err(TestCaseError::fail)
}

fn runner(settings: &Settings) -> TestRunner {
    let config = Config {
        cases: settings.cases,
        failure_persistence: None,
        max_shrink_iters: 2000,
        ..Config::default()
    };
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&settings.seed.to_le_bytes());
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed))
}

fn disagreement(
    settings: &Settings,
    reason: &proptest::test_runner::Reason,
    steps: &[impl fmt::Debug],
) -> Disagreement {
    Disagreement {
        steps: steps.iter().map(|step| format!("{step:?}")).collect(),
        reason: reason.message().to_owned(),
        settings: *settings,
    }
}
