//! Reviews as texts.

use super::fields::Fields;
use crate::item::Members;

/// What stands where a review said nothing.
const NO_OUTPUT: &str = "Reviewer failed to output a response.";

/// What stands where nothing tells what is reviewed.
const REQUESTED: &str = "Review requested.";

/// What is reviewed.
pub(super) fn request(event: Fields<'_, '_>) -> String {
    event.text("user_facing_hint").unwrap_or_else(|| REQUESTED.into())
}

/// The outcome: the explanation, then the findings.
pub(super) fn outcome(event: Fields<'_, '_>) -> String {
    let Some(output) = event.object("review_output") else {
        return NO_OUTPUT.into();
    };
    let output = Fields::of(&output);
    let explanation = output.text_or_empty("overall_explanation").trim().to_owned();
    let sections: Vec<String> =
        [explanation, findings(output)].into_iter().filter(|text| !text.is_empty()).collect();
    if sections.is_empty() { NO_OUTPUT.into() } else { sections.join("\n\n") }
}

fn findings(output: Fields<'_, '_>) -> String {
    let findings: Vec<String> = output
        .list("findings")
        .into_iter()
        .map(|finding| finding_text(Fields::of(&Members::of_value(finding))))
        .collect();
    let header = match findings.len() {
        0 => return String::new(),
        1 => "Review comment:",
        _ => "Full review comments:",
    };
    format!("{header}\n\n{}", findings.join("\n\n")).trim_end().to_owned()
}

/// A title with its place, and the body indented under it.
fn finding_text(finding: Fields<'_, '_>) -> String {
    let mut text = format!("- {} — {}", finding.text_or_empty("title"), place(finding));
    for line in finding.text_or_empty("body").lines() {
        text.push_str("\n  ");
        text.push_str(line);
    }
    text
}

/// `/a/b.rs:2-3`
fn place(finding: Fields<'_, '_>) -> String {
    let location = finding.object("code_location").unwrap_or_default();
    let location = Fields::of(&location);
    let range = location.object("line_range").unwrap_or_default();
    let line = |name: &str| Fields::of(&range).scalar::<u64>(name).unwrap_or_default();
    let path = location.text_or_empty("absolute_file_path");
    format!("{path}:{}-{}", line("start"), line("end"))
}
