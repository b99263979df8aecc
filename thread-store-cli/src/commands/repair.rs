//! Mending a home.

use thread_store_local::{LocalStore, Repair, RepairOutcome, Repairs};

use super::Done;
use super::verify::print_findings;
use crate::failure::Failure;
use crate::output::{Output, Progress};

pub(super) async fn repair(home: &LocalStore, out: &mut Output, dry_run: bool) -> Done {
    let progress = Progress::of_home(out);
    let repaired = home.repair_with(dry_run, Some(&progress)).await;
    drop(progress);
    let Repairs { repairs, left, .. } = repaired?;
    for repair in &repairs {
        out.record(repair, said(repair))?;
    }
    if !left.is_empty() && !out.is_json() {
        out.heading(format_args!("what cannot be mended:"))?;
        print_findings(out, &left)?;
    }
    out.say(format_args!("{}", summary(&repairs, dry_run)))?;
    match repairs.iter().filter(|it| is_failed(&it.outcome)).count() {
        0 => Ok(()),
        failed => Err(Failure::Partly(format!("{failed} could not be repaired"))),
    }
}

fn said(Repair { action, outcome, .. }: &Repair) -> String {
    match outcome {
        RepairOutcome::Planned => format!("would {action}"),
        RepairOutcome::Done => format!("done: {action}"),
        outcome => format!("not done: {action} ({outcome})"),
    }
}

fn summary(repairs: &[Repair], dry_run: bool) -> String {
    let is_done = |it: &&Repair| matches!(it.outcome, RepairOutcome::Done | RepairOutcome::Planned);
    let done = repairs.iter().filter(is_done).count();
    let word = if dry_run { "would be done" } else { "done" };
    match (repairs.len(), repairs.len() - done) {
        (0, _) => "nothing to mend".to_owned(),
        (all, 0) => format!("{all} repairs {word}"),
        (_, left) => format!("{done} repairs {word}, {left} left alone"),
    }
}

fn is_failed(outcome: &RepairOutcome) -> bool {
    matches!(outcome, RepairOutcome::Failed { .. })
}
