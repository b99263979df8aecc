//! `BENCHMARKS.md`: the numbers of one run, for people.

use std::fmt::Write as _;

use super::machine::Machine;
use super::{HEADER, Line, number};

pub(super) fn page(lines: &[Line], machine: &Machine, command: &str) -> String {
    let mut page = String::new();
    // Writing to a text cannot fail.
    let _ = write!(
        page,
        "# Benchmarks\n\n\
         This page is written by `{command}`. All numbers are of that one run; ratios are medians of \
         rounds in which ours and the baseline took turns.\n\n"
    );
    page.push_str(&about(machine));
    page.push_str("\n## What is claimed\n\n");
    page.push_str(&summary(lines));
    let (claimed, told): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line.limit.is_some());
    page.push_str(&table(&claimed));
    page.push_str(&notes(&claimed));
    page.push_str(
        "\n## What it costs\n\n![Cost against size](benchmarks/cost-against-size.svg)\n\n",
    );
    page.push_str(&table(&told));
    page.push_str(HOW);
    page
}

const HOW: &str = "\n## How it is measured\n\n\
    - `cargo run --release -p benchmarks -- [--quick] [--only NAME] [--store KIND] [--json]` measures again: `--quick` with \
    fewer rounds and threads, `--only` those workloads whose name has the text.\n\
    - `value` is the median of the rounds; `p99 of one` is of single operations, in the unit of the value, or in \
    milliseconds where the value is a rate.\n\
    - Short work is the best of five in each round, on both sides.\n\
    - Everything comes from one seed: the items have the kinds and sizes that agents write, log-normal around 1 KB, \
    some of 50 KB, a few of 1 MB.\n\
    - The baselines are written by hand in `benchmarks/src/baseline`: plain files, one log for all, rusqlite on the same SQLite, the \
    same schema and settings, and sqlx as one would write it first.\n";

fn about(machine: &Machine) -> String {
    let Machine { processor, cores, memory, kernel, file_system, write_and_sync, date } = machine;
    format!(
        "| | |\n|---|---|\n| date | {date} |\n| processor | {processor} |\n| cores | {cores} |\n| memory | {memory} |\n\
         | kernel | Linux {kernel} |\n| file system | {file_system} |\n\
         | write + fdatasync of 1 KB | {} ms |\n",
        number(*write_and_sync)
    )
}

fn summary(lines: &[Line]) -> String {
    let verdicts: Vec<bool> = lines.iter().filter_map(|line| line.holds).collect();
    let held = verdicts.iter().filter(|holds| **holds).count();
    format!("{held} of {} bars are reached.\n\n", verdicts.len())
}

fn table(lines: &[&Line]) -> String {
    let mut table = row(&HEADER.map(str::to_owned));
    table.push_str("|---|---|---:|---:|---|---:|---:|---|\n");
    for line in lines {
        table.push_str(&row(&line.cells()));
    }
    table
}

fn row(cells: &[String]) -> String {
    let cells: Vec<_> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// A line for each bar that is not reached.
fn notes(lines: &[&Line]) -> String {
    let missed = lines.iter().filter(|line| line.holds == Some(false));
    let mut notes = String::new();
    for line in missed {
        let why = line.note().unwrap_or("Not explained yet.");
        let against = line.baseline.unwrap_or_default();
        let _ =
            writeln!(notes, "- **{}** ({}, against {against}): {why}", line.workload, line.store);
    }
    if notes.is_empty() { notes } else { format!("\nNot reached:\n\n{notes}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::{Bar, Rounds, Sample, Unit};

    #[test]
    fn what_is_not_reached_is_explained() {
        let rounds: Rounds = [Sample::value(4.0)].into_iter().collect();
        let missed = Bar::at_most(3.0).note("Because.");
        let lines = [
            Line::absolute("a", "sqlite", Unit::Millis, &rounds, missed),
            Line::absolute("b", "sqlite", Unit::Millis, &rounds, Bar::at_most(5.0)),
            Line::new("c", "sqlite", Unit::Millis, &rounds),
        ];
        let machine = Machine {
            processor: "p".into(),
            cores: 2,
            memory: "m".into(),
            kernel: "k".into(),
            file_system: "f".into(),
            write_and_sync: 0.1,
            date: "2026-11-21".into(),
        };
        let page = page(&lines, &machine, "cargo run");
        assert!(page.contains("1 of 2 bars are reached"), "{page}");
        assert!(page.contains("- **a** (sqlite, against the number itself): Because."), "{page}");
        assert!(!page.contains("**b**"), "{page}");
    }
}
