//! Looking a home over.

use thread_store_local::{Finding, LocalStore, Verification};

use super::Done;
use crate::failure::Failure;
use crate::output::{Output, Progress};

pub(super) async fn verify(home: &LocalStore, out: &mut Output) -> Done {
    let progress = Progress::of_home(out);
    let verified = home.verify_with(Some(&progress)).await;
    drop(progress);
    let Verification { files, threads, records, findings, .. } = verified?;
    print_findings(out, &findings)?;
    let read = format!("{threads} threads in {files} rollouts with {records} records");
    if findings.is_empty() {
        return Ok(out.say(format_args!("{read}: all is well"))?);
    }
    out.say(format_args!("{read}: {} findings", findings.len()))?;
    let mendable = findings.iter().filter(|finding| finding.is_mendable()).count();
    if mendable > 0 {
        out.say(format_args!("`repair` mends {mendable} of them; `repair --dry-run` says how"))?;
    }
    Err(Failure::Damaged(format!("the home has {} findings", findings.len())))
}

/// The findings, each kind below a line that says what they are.
pub(super) fn print_findings(out: &mut Output, findings: &[Finding]) -> Done {
    let mut kinds: Vec<&str> = Vec::new();
    for finding in findings {
        if !kinds.contains(&finding.kind()) {
            kinds.push(finding.kind());
        }
    }
    for kind in kinds {
        let of_kind: Vec<_> = findings.iter().filter(|it| it.kind() == kind).collect();
        out.say(format_args!("{kind} ({})", of_kind.len()))?;
        for finding in of_kind {
            out.record(finding, format_args!("  {finding}"))?;
        }
        out.say(format_args!(""))?;
    }
    Ok(())
}
