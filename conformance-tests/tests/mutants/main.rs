//! The suite is tested itself: small deliberate faults, of which it has to catch every one.
//!
//! `MUTANTS.md` says how many cases catch each; set `UPDATE_MUTANTS=1` to write it anew.

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
mod store;
mod table;

use std::sync::atomic::{AtomicUsize, Ordering};

use thread_store_conformance::{Mode, Report, model, run};

use mutant::Mutant;
use store::Mutation;

/// A runtime of one thread does the same each time.
fn report(mutant: Option<Mutant>) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(run(|| Mutation::new(mutant), Mode::AsShipped))
}

/// The names of the cases that catch each fault, found on every core.
fn catches() -> Vec<(Mutant, Vec<String>)> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut found = Vec::new();
        while let Some(mutant) = Mutant::ALL.get(next.fetch_add(1, Ordering::SeqCst)) {
            let report = report(Some(*mutant));
            let names = report
                .failures()
                .map(|it| format!("{}::{}", it.area, it.name));
            found.push((*mutant, names.collect()));
        }
        found
    };
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let mut found: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        running
            .into_iter()
            .flat_map(|it| it.join().unwrap())
            .collect()
    });
    found.sort_by_key(|(mutant, _)| *mutant as usize);
    found
}

#[test]
fn the_store_without_a_fault_passes_every_case() {
    let report = report(None);
    assert_eq!(report.failures().count(), 0, "{report}");
}

#[test]
fn every_fault_is_caught() {
    let catches = catches();
    let missed: Vec<_> = catches
        .iter()
        .filter(|(_, cases)| cases.is_empty())
        .collect();
    let table = table::of(&catches);
    println!("{table}");
    assert!(missed.is_empty(), "no case catches {missed:?}");
    table::compare(&table);
}

#[test]
fn random_operations_find_a_fault_and_shrink_it() {
    let settings = model::Settings::default();
    let mutation = || Mutation::new(Some(Mutant::LabelsAreReplaced));
    let found = model::check(mutation, Mode::AsShipped, &settings).unwrap_err();
    assert!(found.steps.len() <= 4, "{found}");
    assert!(found.to_string().contains("THREAD_STORE_MODEL_SEED=1"));
}
