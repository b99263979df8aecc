//! One run: what was asked for, how long it may take, and what came of it.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::Failure;
use crate::measure::{Plan, Rounds, Side, Unit, paired};
use crate::report::{Line, Report};
use crate::stores::Kind;

pub(crate) struct Bench {
    pub(crate) quick: bool,
    only: Option<String>,
    pub(crate) report: Report,
    progress: ProgressBar,
}

impl Bench {
    pub(crate) fn new(quick: bool, only: Option<String>, json: bool) -> Self {
        // It draws on standard error, and only on a terminal.
        let progress = ProgressBar::new_spinner();
        progress.set_style(
            ProgressStyle::with_template("{elapsed} {msg}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner()),
        );
        Self { quick, only, report: Report::new(json), progress }
    }

    /// Whether a workload was asked for.
    pub(crate) fn wants(&self, workload: &str) -> bool {
        self.only.as_deref().is_none_or(|only| workload.contains(only))
    }

    /// Says what is going on, to whoever watches.
    pub(crate) fn tell(&self, what: impl Into<String>) {
        self.progress.set_message(what.into());
        self.progress.tick();
    }

    /// Bars are medians of at least seven rounds.
    pub(crate) fn plan(&self) -> Plan {
        match self.quick {
            true => Plan { rounds: 7, budget: Duration::from_secs(12) },
            false => Plan { rounds: 21, budget: Duration::from_secs(60) },
        }
    }

    /// The numbers of threads that lists are measured with.
    pub(crate) fn sizes(&self) -> &'static [usize] {
        const SIZES: &[usize] = &[1_000, 10_000, 100_000, 1_000_000];
        if self.quick { &SIZES[..3] } else { SIZES }
    }

    /// Those that a store of this kind is measured with: a home has a file for each thread.
    pub(crate) fn sizes_of(&self, kind: Kind) -> &'static [usize] {
        let sizes = self.sizes();
        if kind == Kind::Local { &sizes[..2] } else { sizes }
    }

    /// Runs the sides, of which the first is ours, and adds a line for each of the others, or one
    /// for ours alone.
    pub(crate) async fn compare(
        &mut self,
        workload: &str,
        kind: Kind,
        unit: Unit,
        mut sides: Vec<Side<'_>>,
    ) -> Result<Vec<Rounds>, Failure> {
        self.tell(format!("{workload} ({})", kind.name()));
        let rounds = paired(self.plan(), &mut sides).await?;
        let Some((ours, bases)) = rounds.split_first() else { return Ok(rounds) };
        for (side, base) in sides[1..].iter().zip(bases) {
            let named = (side.name, side.bar);
            self.report.push(Line::against(workload, kind.name(), unit, (ours, base), named));
        }
        if bases.is_empty() {
            self.report.push(match sides[0].bar {
                Some(bar) => Line::absolute(workload, kind.name(), unit, ours, bar),
                None => Line::new(workload, kind.name(), unit, ours),
            });
        }
        Ok(rounds)
    }
}
