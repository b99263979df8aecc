//! What came of a run.

use std::fmt;

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::case::{Case, Failure, Level};

/// The outcome of every case of a run. Printed it is a table for people; as JSON it is
/// `{"levels": […], "cases": […]}`, and stable.
#[derive(Clone, Debug)]
pub struct Report {
    /// One entry for each case, in the order of the suite.
    pub cases: Vec<CaseReport>,
}

/// What came of one level.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct LevelReport {
    /// The level.
    pub level: Level,
    /// Whether no case of it failed.
    pub reached: bool,
    /// Cases whose claim holds.
    pub passed: usize,
    /// Cases whose claim does not.
    pub failed: usize,
    /// Cases that could not be tried.
    pub skipped: usize,
}

/// The outcome of one case.
#[derive(Clone, Debug, Serialize)]
pub struct CaseReport {
    /// The part of the contract.
    pub area: &'static str,
    /// The claim.
    pub name: &'static str,
    /// The rules that it checks.
    pub rules: &'static [&'static str],
    /// The level that it belongs to.
    pub level: Level,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What came of a case.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The claim holds.
    Passed,
    /// It does not.
    Failed(Failure),
    /// It could not be tried.
    Skipped {
        /// Why.
        reason: String,
    },
}

impl CaseReport {
    pub(crate) fn new(case: &Case, outcome: Outcome) -> Self {
        let Case { area, level, name, rules, run: _ } = case;
        Self { area, name, rules, level: *level, outcome }
    }

    /// Whether the claim does not hold.
    #[must_use]
    pub fn failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failed(_))
    }
}

impl Report {
    /// The cases that failed.
    pub fn failures(&self) -> impl Iterator<Item = &CaseReport> {
        self.cases.iter().filter(|case| case.failed())
    }

    /// Whether every case of this level that could be tried holds.
    #[must_use]
    pub fn reaches(&self, level: Level) -> bool {
        !self.failures().any(|case| case.level == level)
    }

    /// What came of each level.
    #[must_use]
    pub fn levels(&self) -> [LevelReport; Level::ALL.len()] {
        Level::ALL.map(|level| {
            let outcomes =
                self.cases.iter().filter(|case| case.level == level).map(|case| &case.outcome);
            let count =
                |wanted: fn(&Outcome) -> bool| outcomes.clone().filter(|it| wanted(it)).count();
            LevelReport {
                level,
                reached: self.reaches(level),
                passed: count(|it| matches!(it, Outcome::Passed)),
                failed: count(|it| matches!(it, Outcome::Failed(_))),
                skipped: count(|it| matches!(it, Outcome::Skipped { .. })),
            }
        })
    }
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut report = serializer.serialize_struct("Report", 2)?;
        report.serialize_field("levels", &self.levels())?;
        report.serialize_field("cases", &self.cases)?;
        report.end()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<12} {:>6} {:>6} {:>7}  ", "level", "passed", "failed", "skipped")?;
        for LevelReport { level, reached, passed, failed, skipped } in self.levels() {
            let verdict = if reached { "reached" } else { "NOT REACHED" };
            writeln!(f, "{:<12} {passed:>6} {failed:>6} {skipped:>7}  {verdict}", level.as_str())?;
        }
        for case in &self.cases {
            let CaseReport { area, name, rules, outcome, .. } = case;
            match outcome {
                Outcome::Passed => {}
                Outcome::Skipped { reason } => writeln!(f, "skipped {area}::{name}: {reason}")?,
                Outcome::Failed(Failure { what, expected, got }) => {
                    writeln!(f, "FAILED  {area}::{name} (rules {})", rules.join(", "))?;
                    writeln!(
                        f,
                        "        {what}\n        expected: {expected}\n             got: {got}"
                    )?;
                }
            }
        }
        Ok(())
    }
}
