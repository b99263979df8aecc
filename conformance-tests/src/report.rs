//! What came of a run.

use std::fmt;

use serde::Serialize;

use crate::case::{Case, Failure, Level};

/// The outcome of every case of a run. Printed it is a table for people; serialised it is stable.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// One entry for each case, in the order of the suite.
    pub cases: Vec<CaseReport>,
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
        let Case {
            area,
            level,
            name,
            rules,
            run: _,
        } = case;
        Self {
            area,
            name,
            rules,
            level: *level,
            outcome,
        }
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

    /// How many cases passed, failed and were skipped.
    #[must_use]
    pub fn counts(&self) -> (usize, usize, usize) {
        self.cases
            .iter()
            .fold((0, 0, 0), |(passed, failed, skipped), case| {
                match case.outcome {
                    Outcome::Passed => (passed + 1, failed, skipped),
                    Outcome::Failed(_) => (passed, failed + 1, skipped),
                    Outcome::Skipped { .. } => (passed, failed, skipped + 1),
                }
            })
    }

    fn of_level(&self, level: Level) -> Self {
        Self {
            cases: self
                .cases
                .iter()
                .filter(|case| case.level == level)
                .cloned()
                .collect(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<12} {:>6} {:>6} {:>7}  ",
            "level", "passed", "failed", "skipped"
        )?;
        for level in Level::ALL {
            let (passed, failed, skipped) = self.of_level(level).counts();
            let verdict = if self.reaches(level) {
                "reached"
            } else {
                "NOT REACHED"
            };
            writeln!(
                f,
                "{:<12} {passed:>6} {failed:>6} {skipped:>7}  {verdict}",
                level.as_str()
            )?;
        }
        for case in &self.cases {
            let CaseReport {
                area,
                name,
                rules,
                outcome,
                ..
            } = case;
            match outcome {
                Outcome::Passed => {}
                Outcome::Skipped { reason } => writeln!(f, "skipped {area}::{name}: {reason}")?,
                Outcome::Failed(Failure {
                    what,
                    expected,
                    got,
                }) => {
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
