//! The suite is tested itself: small deliberate faults, of which it has to catch every one.
//!
//! `MUTANTS.md` names cases for each fault, and every run tries those. The whole table takes the
//! whole suite once for each fault, which is minutes; after changes to cases or faults:
//!
//! ```text
//! cargo test -p thread-store-conformance --test mutants -- --ignored --nocapture
//! ```
//!
//! compares it with the file, and with `UPDATE_MUTANTS=1` before it writes the file anew.

#![allow(clippy::unwrap_used)] // Tests may.

mod appending;
mod creating;
mod editing;
mod items;
mod leasing;
mod lifecycle;
mod listing;
mod mutant;
mod paging;
mod reading;
mod searching;
mod store;
mod table;
mod turns;

use std::sync::atomic::{AtomicUsize, Ordering};

use thread_store_conformance::{Case, Mode, Report, model, run_cases};

use mutant::Mutant;
use store::Mutation;
use table::Catch;

/// A runtime of one thread does the same each time.
fn report(mutant: Option<Mutant>, chosen: impl Fn(&Case) -> bool) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(run_cases(|| Mutation::new(mutant), Mode::AsShipped, chosen))
}

/// The names of the chosen cases that catch each fault, found on every core.
fn catches(chosen: impl Fn(Mutant, &str) -> bool + Sync) -> Vec<Catch> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut found = Vec::new();
        while let Some(mutant) = Mutant::ALL.get(next.fetch_add(1, Ordering::SeqCst)) {
            let report = report(Some(*mutant), |case| chosen(*mutant, &name(case.area, case.name)));
            let cases = report.failures().map(|it| name(it.area, it.name)).collect();
            found.push(Catch { mutant: *mutant, cases });
        }
        found
    };
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let mut found: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        running.into_iter().flat_map(|it| it.join().unwrap()).collect()
    });
    found.sort_by_key(|catch| catch.mutant as usize);
    found
}

fn name(area: &str, case: &str) -> String {
    format!("{area}::{case}")
}

#[test]
fn the_store_without_a_fault_passes_every_case() {
    let report = report(None, |_| true);
    assert_eq!(report.failures().count(), 0, "{report}");
}

#[test]
fn every_fault_is_caught_by_the_cases_named_for_it() {
    let named = table::named();
    let unnamed: Vec<_> =
        Mutant::ALL.iter().filter(|it| !named.contains_key(it.describe().1)).collect();
    assert!(unnamed.is_empty(), "MUTANTS.md has no case for {unnamed:?}");
    for Catch { mutant, cases } in catches(|mutant, case| named[mutant.describe().1].contains(case))
    {
        let caught = cases.into_iter().collect();
        assert_eq!(named[mutant.describe().1], caught, "{mutant:?}");
    }
}

#[test]
#[ignore = "runs the whole suite once for each fault"]
fn every_fault_is_caught_and_the_table_says_by_what() {
    let catches = catches(|_, _| true);
    let missed: Vec<_> =
        catches.iter().filter(|it| it.cases.is_empty()).map(|it| it.mutant).collect();
    let table = table::of(&catches);
    println!("{table}");
    assert!(missed.is_empty(), "no case catches {missed:?}");
    table::compare(&table);
}

#[test]
fn random_operations_find_a_fault_and_shrink_it() {
    let mutation = || Mutation::new(Some(Mutant::LabelsAreReplaced));
    let settings = model::Settings::default();
    let found = model::check(mutation, Mode::AsShipped, &settings).unwrap_err();
    assert!(found.steps.len() <= 4, "{found}");
    assert!(found.to_string().contains("THREAD_STORE_MODEL_SEED=1"));
}

#[test]
fn random_histories_find_a_fault_and_shrink_it() {
    for mutant in [Mutant::TurnsTakenBackAreListed, Mutant::AnyCompactionCounts] {
        let settings = model::Settings::default();
        let mutation = || Mutation::new(Some(mutant));
        let found = model::views::check(mutation, Mode::AsShipped, &settings).unwrap_err();
        assert!(found.steps.len() <= 4, "{found}");
    }
}
