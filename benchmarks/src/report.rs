//! What was measured, for people or for machines.

use comfy_table::{Table, presets};
use serde::Serialize;

use crate::measure::Times;

/// One line of the report. Times are in milliseconds.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Line {
    workload: String,
    store: &'static str,
    baseline: &'static str,
    /// How many times the baseline it took.
    ratio: f64,
    /// The largest ratio that is claimed.
    bar: f64,
    holds: bool,
    /// The median.
    value: f64,
    unit: &'static str,
    median: f64,
    p50: f64,
    p99: f64,
    n: usize,
}

#[derive(Debug)]
pub(crate) struct Report {
    json: bool,
    only: Option<String>,
    lines: Vec<Line>,
}

impl Report {
    pub(crate) fn new(json: bool, only: Option<String>) -> Self {
        Self { json, only, lines: Vec::new() }
    }

    /// Whether a workload was asked for.
    pub(crate) fn wants(&self, workload: &str) -> bool {
        self.only.as_deref().is_none_or(|only| workload.contains(only))
    }

    /// Adds what a workload took, beside what its baseline took in the same rounds.
    pub(crate) fn add(
        &mut self,
        workload: String,
        store: &'static str,
        times: &Times,
        (baseline, base): (&'static str, &Times),
        bar: f64,
    ) {
        let (median, ratio) = (times.median(), times.median() / base.median());
        let line = Line {
            workload,
            store,
            baseline,
            ratio,
            bar,
            holds: ratio <= bar,
            value: median,
            unit: "ms",
            median,
            p50: times.quantile(0.5),
            p99: times.quantile(0.99),
            n: times.count(),
        };
        if self.json {
            self.print(&serde_json::to_string(&line).unwrap_or_default());
        }
        self.lines.push(line);
    }

    pub(crate) fn finish(&self) {
        if self.json {
            return;
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(["workload", "store", "median", "p99", "against", "ratio", "bar", ""]);
        for line in &self.lines {
            table.add_row([
                line.workload.clone(),
                line.store.to_owned(),
                format!("{:.2} ms", line.median),
                format!("{:.2} ms", line.p99),
                line.baseline.to_owned(),
                format!("{:.2}", line.ratio),
                format!("{:.1}", line.bar),
                if line.holds { "holds" } else { "MISSED" }.to_owned(),
            ]);
        }
        self.print(&table.to_string());
    }

    #[allow(clippy::print_stdout)] // It is what the program is for.
    fn print(&self, text: &str) {
        println!("{text}");
    }
}
