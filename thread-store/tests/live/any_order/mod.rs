//! Calls in any order, on a store that fails now and then, dropped at any moment, on a thread that
//! others take, archive, delete and edit: checked against a simple model after each of them.

mod model;
mod session;
mod step;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use session::Session;
use step::{Plan, plans};

fn run(plans: &[Plan]) -> Result<(), TestCaseError> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let mut session = Session::new();
        for plan in plans {
            session.take(plan).await.map_err(|reason| failed(plan, &reason))?;
        }
        session.end().await.map_err(TestCaseError::fail)
    })
}

fn failed(plan: &Plan, reason: &str) -> TestCaseError {
    TestCaseError::fail(format!("{plan:?}: {reason}"))
}

fn check(cases: u32, steps: usize, faults: bool) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let attempt = |plans: Vec<Plan>| run(&plans);
    let mut seed = [0; 32];
    seed[..4].copy_from_slice(&number("LIVE_SEED", 1).to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(config, rng);
    if let Err(error) = runner.run(&plans(steps, faults), attempt) {
        panic!("{error}");
    }
}

/// The same cases each time, unless the environment says otherwise: `LIVE_CASES`, `LIVE_SEED`.
fn cases() -> u32 {
    number("LIVE_CASES", 400)
}

fn number(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().and_then(|number| number.parse().ok()).unwrap_or(default)
}

#[test]
fn without_faults_every_order_of_calls_leaves_what_was_answered() {
    check(cases(), 24, false);
}

#[test]
fn with_faults_and_dropped_calls_every_order_of_calls_leaves_what_was_answered() {
    check(cases() * 4, 24, true);
}
