//! `MUTANTS.md`.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::path::PathBuf;

use crate::mutant::Mutant;

/// How many cases are named for each fault.
const NAMED: usize = 3;

const HEAD: &str = "# Faults that the suite catches

Each is one small change to the reference backend, with the number of cases that fail on it and those of them that fail
on few others. A test tries those that are named; how to write the table anew: `tests/mutants/main.rs`.
";

/// The cases that catch a fault.
pub(crate) struct Catch {
    pub(crate) mutant: Mutant,
    pub(crate) cases: Vec<String>,
}

/// The table, as text.
pub(crate) fn of(catches: &[Catch]) -> String {
    let mut text = HEAD.to_owned();
    for area in catches.chunk_by(|a, b| a.mutant.describe().0 == b.mutant.describe().0) {
        let name = area[0].mutant.describe().0;
        write!(text, "\n## {name}\n\n| fault | cases | among them |\n| --- | ---: | --- |\n")
            .unwrap();
        for Catch { mutant, cases } in area {
            let named: Vec<_> = tellings(cases, catches).map(|it| format!("`{it}`")).collect();
            let (count, fault) = (cases.len(), mutant.describe().1);
            writeln!(text, "| {fault} | {count} | {} |", named.join(", ")).unwrap();
        }
    }
    text
}

/// Of these cases those that tell the most: they catch the fewest faults.
fn tellings<'a>(cases: &'a [String], catches: &[Catch]) -> impl Iterator<Item = &'a String> {
    let faults = |case: &&String| catches.iter().filter(|it| it.cases.contains(case)).count();
    let mut cases: Vec<_> = cases.iter().collect();
    cases.sort_by_key(faults);
    cases.into_iter().take(NAMED)
}

/// The cases that the file names for each fault.
pub(crate) fn named() -> HashMap<String, BTreeSet<String>> {
    let text = std::fs::read_to_string(path()).unwrap_or_default();
    let rows = text.lines().filter_map(|row| {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let cases =
            cells.get(3)?.split(", ").filter_map(|it| it.strip_prefix('`')?.strip_suffix('`'));
        let cases: BTreeSet<_> = cases.map(str::to_owned).collect();
        (!cases.is_empty()).then(|| (cells[1].to_owned(), cases))
    });
    rows.collect()
}

/// Compares the table with the file, or writes it if that is asked.
pub(crate) fn compare(table: &str) {
    if std::env::var_os("UPDATE_MUTANTS").is_some() {
        std::fs::write(path(), table).unwrap();
    }
    let written = std::fs::read_to_string(path()).unwrap_or_default();
    assert!(
        written == table,
        "MUTANTS.md is not what was found: write it anew with UPDATE_MUTANTS=1"
    );
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("MUTANTS.md")
}
