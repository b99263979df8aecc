//! `MUTANTS.md`.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::mutant::Mutant;

/// How many cases are named for each fault.
const NAMED: usize = 3;

/// The table, as text.
pub(crate) fn of(catches: &[(Mutant, Vec<String>)]) -> String {
    let mut text = String::from(
        "# Faults that the suite catches\n\n\
         Each is one small change to the reference backend, made by a test of the suite, with the number of cases\n\
         that fail on it and the first of them. Written by `UPDATE_MUTANTS=1 cargo test -p thread-store-conformance\n\
         --test mutants`.\n",
    );
    let mut last = "";
    for (mutant, cases) in catches {
        let (area, fault) = mutant.describe();
        if area != last {
            write!(
                text,
                "\n## In {area}\n\n| fault | cases | among them |\n| --- | ---: | --- |\n"
            )
            .unwrap();
            last = area;
        }
        let named: Vec<_> = cases
            .iter()
            .take(NAMED)
            .map(|it| format!("`{it}`"))
            .collect();
        writeln!(text, "| {fault} | {} | {} |", cases.len(), named.join(", ")).unwrap();
    }
    text
}

/// Compares the table with the file, or writes it if that is asked.
pub(crate) fn compare(table: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("MUTANTS.md");
    if std::env::var_os("UPDATE_MUTANTS").is_some() {
        std::fs::write(&path, table).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == table,
        "MUTANTS.md is not what was found: write it anew with UPDATE_MUTANTS=1"
    );
}
