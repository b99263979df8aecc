//! What was measured, for people or for machines.

mod machine;
mod markdown;
mod plot;

use std::path::Path;

use comfy_table::{Table, presets};
use serde::Serialize;

use crate::Failure;
use crate::measure::{Bar, Rounds, Unit};

/// One line of the report.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Line {
    workload: String,
    store: &'static str,
    baseline: Option<&'static str>,
    /// How many times the baseline it is: the median over the rounds.
    ratio: Option<f64>,
    bar: Option<f64>,
    holds: Option<bool>,
    /// What ours has, in the unit: the median over the rounds.
    value: f64,
    unit: &'static str,
    /// The same of the baseline.
    baseline_value: Option<f64>,
    /// Of single operations: times in the unit, or in milliseconds where a rate is counted.
    median: f64,
    p50: f64,
    p99: f64,
    /// Rounds.
    n: usize,
    #[serde(skip)]
    limit: Option<Bar>,
}

impl Line {
    pub(crate) fn new(workload: &str, store: &'static str, unit: Unit, ours: &Rounds) -> Self {
        Self {
            workload: workload.to_owned(),
            store,
            baseline: None,
            ratio: None,
            bar: None,
            holds: None,
            value: ours.median(unit),
            unit: unit.name(),
            baseline_value: None,
            median: ours.quantile(0.5, unit),
            p50: ours.quantile(0.5, unit),
            p99: ours.quantile(0.99, unit),
            n: ours.count(),
            limit: None,
        }
    }

    /// Beside what a baseline did in the same rounds.
    pub(crate) fn against(
        workload: &str,
        store: &'static str,
        unit: Unit,
        (ours, base): (&Rounds, &Rounds),
        (name, bar): (&'static str, Option<Bar>),
    ) -> Self {
        let ratio = ours.against(base);
        Self {
            baseline_value: Some(base.median(unit)),
            ..Self::new(workload, store, unit, ours).limited(name, ratio, bar)
        }
    }

    /// Beside a baseline that is to be so many times slower: the ratio is the inverse.
    pub(crate) fn faster(
        workload: &str,
        store: &'static str,
        unit: Unit,
        (ours, base): (&Rounds, &Rounds),
        (name, bar): (&'static str, Option<Bar>),
    ) -> Self {
        Self {
            baseline_value: Some(base.median(unit)),
            ..Self::new(workload, store, unit, ours).limited(name, base.against(ours), bar)
        }
    }

    /// Beside a number that is wished for: the value is the ratio.
    pub(crate) fn absolute(
        workload: &str,
        store: &'static str,
        unit: Unit,
        ours: &Rounds,
        bar: Bar,
    ) -> Self {
        let value = ours.median(unit);
        Self::new(workload, store, unit, ours).limited("the number itself", value, Some(bar))
    }

    fn limited(self, baseline: &'static str, ratio: f64, limit: Option<Bar>) -> Self {
        Self {
            baseline: Some(baseline),
            ratio: Some(ratio),
            bar: limit.map(|bar| bar.limit),
            holds: limit.map(|bar| bar.holds(ratio)),
            limit,
            ..self
        }
    }

    /// What to say where the bar is not reached.
    fn note(&self) -> Option<&'static str> {
        self.limit.filter(|_| self.holds == Some(false)).and_then(|bar| bar.note)
    }

    fn cells(&self) -> [String; 8] {
        let ratio = self.ratio.map(number);
        let verdict = match self.holds {
            Some(true) => "holds",
            Some(false) => "MISSED",
            None => "",
        };
        [
            self.workload.clone(),
            self.store.to_owned(),
            format!("{} {}", number(self.value), self.unit),
            number(self.p99),
            self.baseline.unwrap_or_default().to_owned(),
            ratio.unwrap_or_default(),
            self.limit.map(Bar::text).unwrap_or_default(),
            verdict.to_owned(),
        ]
    }
}

/// Three digits that say something.
fn number(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        middle if middle >= 10.0 => format!("{value:.1}"),
        small if small >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

const HEADER: [&str; 8] =
    ["workload", "store", "value", "p99 of one", "against", "ratio", "bar", ""];

/// A point of the plot: what something costs at a size.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    series: String,
    size: usize,
    millis: f64,
}

#[derive(Debug)]
pub(crate) struct Report {
    json: bool,
    lines: Vec<Line>,
    points: Vec<Point>,
}

impl Report {
    pub(crate) fn new(json: bool) -> Self {
        Self { json, lines: Vec::new(), points: Vec::new() }
    }

    pub(crate) fn push(&mut self, line: Line) {
        if self.json {
            self.print(&serde_json::to_string(&line).unwrap_or_default());
        }
        self.lines.push(line);
    }

    /// Adds a point to the plot of cost against size.
    pub(crate) fn point(&mut self, series: String, size: usize, cost: &Rounds) {
        self.points.push(Point { series, size, millis: cost.median(Unit::Millis) });
    }

    pub(crate) fn finish(&self) {
        if self.json {
            return;
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(HEADER);
        for line in &self.lines {
            table.add_row(line.cells());
        }
        self.print(&table.to_string());
    }

    /// Writes what people read of a run: `BENCHMARKS.md`, and the plot.
    pub(crate) fn write(&self, root: &Path, command: &str) -> Result<(), Failure> {
        plot::write(&root.join("benchmarks/cost-against-size.svg"), &self.points)?;
        let page = markdown::page(&self.lines, &machine::Machine::look()?, command);
        Ok(std::fs::write(root.join("BENCHMARKS.md"), page)?)
    }

    #[allow(clippy::print_stdout)] // It is what the program is for.
    fn print(&self, text: &str) {
        println!("{text}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Sample;

    fn rounds(value: f64) -> Rounds {
        [Sample::value(value)].into_iter().collect()
    }

    #[test]
    fn a_line_has_the_members_that_are_promised() {
        let bar = Bar::at_least(0.9).note("why");
        let unit = Unit::Rate("appends/s");
        let pair = (&rounds(80.0), &rounds(100.0));
        let line = Line::against("w", "sqlite", unit, pair, ("b", Some(bar)));
        assert_eq!(line.note(), Some("why"));
        let json = serde_json::to_value(&line).unwrap();
        for (member, value) in [
            ("workload", serde_json::json!("w")),
            ("store", "sqlite".into()),
            ("baseline", "b".into()),
            ("ratio", 0.8.into()),
            ("bar", 0.9.into()),
            ("holds", false.into()),
            ("value", 80.0.into()),
            ("unit", "appends/s".into()),
            ("median", 80.0.into()),
            ("p50", 80.0.into()),
            ("p99", 80.0.into()),
            ("n", 1.into()),
        ] {
            assert_eq!(json[member], value, "{member}");
        }
    }

    #[test]
    fn a_line_without_a_bar_neither_holds_nor_misses() {
        let line = Line::new("w", "memory", Unit::Millis, &rounds(1.0));
        let json = serde_json::to_value(&line).unwrap();
        assert!(json["bar"].is_null() && json["holds"].is_null() && json["ratio"].is_null());
    }

    #[test]
    fn numbers_have_about_three_digits() {
        assert_eq!(
            [12345.6, 12.345, 1.2345, 0.01234].map(number),
            ["12346", "12.3", "1.23", "0.012"]
        );
    }
}
