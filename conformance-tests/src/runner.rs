//! Running cases.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;

use crate::case::{Case, CaseResult, Failure, Stop};
use crate::cases::CASES;
use crate::harness::Harness;
use crate::report::{CaseReport, Outcome, Report};
use crate::support::context::Cx;

/// How a case meets the store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// With everything that the store overrides.
    AsShipped,
    /// Through [`CoreOnly`](crate::CoreOnly): with the defaults of everything that is derived.
    CoreOnly,
}

/// A case that has not ended by then hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs every case, each on a harness of its own that `harness` makes.
pub async fn run<H: Harness>(harness: impl Fn() -> H, mode: Mode) -> Report {
    run_cases(harness, mode, |_| true).await
}

/// Runs the cases that are chosen.
pub async fn run_cases<H: Harness>(
    harness: impl Fn() -> H,
    mode: Mode,
    chosen: impl Fn(&Case) -> bool,
) -> Report {
    let mut cases = Vec::new();
    for case in CASES.iter().filter(|case| chosen(case)) {
        let outcome = run_one(Arc::new(harness()), mode, case).await;
        cases.push(CaseReport::new(case, outcome));
    }
    Report { cases }
}

async fn run_one(harness: Arc<dyn Harness>, mode: Mode, case: &Case) -> Outcome {
    let attempt = async {
        let cx = Cx::new(harness, mode).await?;
        (case.run)(cx).await
    };
    let guarded = AssertUnwindSafe(attempt).catch_unwind();
    match tokio::time::timeout(PATIENCE, guarded).await {
        Ok(Ok(result)) => outcome(result),
        Ok(Err(panic)) => failed("no panic", panic_text(panic.as_ref())),
        Err(_) => failed("an answer", format!("none within {} s", PATIENCE.as_secs())),
    }
}

fn outcome(result: CaseResult) -> Outcome {
    match result {
        Ok(()) => Outcome::Passed,
        Err(Stop::Failed(failure)) => Outcome::Failed(failure),
        Err(Stop::Skipped(reason)) => Outcome::Skipped { reason },
    }
}

fn failed(expected: &str, got: String) -> Outcome {
    Outcome::Failed(Failure { what: "the case".to_owned(), expected: expected.to_owned(), got })
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    format!("a panic: {}", text.unwrap_or("of unknown cause"))
}

/// Runs one case as a test: what [`conformance_tests!`](crate::conformance_tests) expands to.
///
/// # Panics
///
/// If the case fails, with its rules, what was expected and what was got; or if there is no such
/// case.
#[allow(clippy::panic, clippy::print_stderr)] // That is how a test fails and speaks.
pub fn test_case<H: Harness>(harness: H, mode: Mode, area: &str, name: &str) {
    let Some(case) = CASES.iter().find(|case| (case.area, case.name) == (area, name)) else {
        panic!("no case {area}::{name}");
    };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.unwrap_or_else(|error| panic!("no runtime: {error}"));
    match runtime.block_on(run_one(Arc::new(harness), mode, case)) {
        Outcome::Passed => {}
        Outcome::Skipped { reason } => eprintln!("skipped: {reason}"),
        Outcome::Failed(Failure { what, expected, got }) => {
            panic!("rules {}: {what}\nexpected: {expected}\n     got: {got}", case.rules.join(", "))
        }
    }
}
