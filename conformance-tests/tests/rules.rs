//! Every rule of the contract has a case, or a reason why it has none.

use std::collections::BTreeSet;

use thread_store_conformance::CASES;

/// The rules, by letter: so many of each, counted from 1.
const RULES: [(char, u8); 10] = [
    ('I', 9),
    ('A', 10),
    ('W', 6),
    ('H', 4),
    ('M', 9),
    ('L', 9),
    ('R', 7),
    ('T', 3),
    ('S', 2),
    ('D', 7),
];

/// Rules without a case, each with the reason.
const WITHOUT: [(&str, &str); 4] = [
    ("L8", "what a page costs in a large store is measured by benchmarks"),
    ("R7", "history by reference is a form of files; no store makes it yet"),
    ("D6", "a newer schema is a matter of each file format, and of the tests of its backend"),
    ("D7", "there is no verify and no repair yet"),
];

fn rules() -> impl Iterator<Item = String> {
    RULES.into_iter().flat_map(|(letter, count)| (1..=count).map(move |n| format!("{letter}{n}")))
}

#[test]
fn every_rule_has_a_case_or_a_reason() {
    let tried: BTreeSet<_> = CASES.iter().flat_map(|case| case.rules).copied().collect();
    for rule in rules() {
        let reason = WITHOUT.iter().find(|(without, _)| *without == rule);
        assert_ne!(tried.contains(rule.as_str()), reason.is_some(), "{rule}: {reason:?}");
    }
}

#[test]
fn every_case_names_rules_that_there_are() {
    let rules: BTreeSet<_> = rules().collect();
    for case in CASES {
        for rule in case.rules {
            assert!(rules.contains(*rule), "{}::{} names {rule}", case.area, case.name);
        }
    }
}

#[test]
fn no_two_cases_have_one_name() {
    let names: BTreeSet<_> = CASES.iter().map(|case| (case.area, case.name)).collect();
    assert_eq!(names.len(), CASES.len());
}
