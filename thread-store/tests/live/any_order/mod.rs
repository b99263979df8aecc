//! Calls in any order, on a store that fails now and then, dropped at any moment, on a thread that
//! others take, archive, delete and edit: checked against a simple model after each of them.

mod model;
mod session;
mod step;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

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
    if let Err(error) = TestRunner::new(config).run(&plans(steps, faults), attempt) {
        panic!("{error}");
    }
}

fn cases() -> u32 {
    std::env::var("LIVE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(400)
}

#[test]
fn without_faults_every_order_of_calls_leaves_what_was_answered() {
    check(cases(), 24, false);
}

#[test]
fn with_faults_and_dropped_calls_every_order_of_calls_leaves_what_was_answered() {
    check(cases() * 4, 24, true);
}
