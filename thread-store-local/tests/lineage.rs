//! Histories that span several files.

#![allow(clippy::unwrap_used, clippy::panic)] // Tests state what they expect by failing.

mod common;

use common::{A, B, C, DAY, TestHome, event, header, items, numbered, text, usual};
use serde_json::json;
use thread_store_local::{OtherFileReason, Rollout, read_file};

/// A file: its header and then events, numbered from `first`.
fn file(
    id: &str,
    second: u8,
    base: Option<(&str, u64)>,
    first: u64,
    events: &[&str],
) -> Vec<String> {
    let more = base.map_or_else(
        || json!({}),
        |(segment, end)| {
            json!({"history_base": {"thread_id": segment, "end_ordinal_exclusive": end, "end_byte_offset": 1}})
        },
    );
    let own = events.iter().map(|text| event(text));
    std::iter::once(header(id, second, more))
        .chain(own)
        .zip(first..)
        .map(|(line, ordinal)| numbered(ordinal, &line))
        .collect()
}

fn reasons(rollout: &Rollout) -> Vec<String> {
    let records = rollout.damage.records.iter();
    records.map(|record| record.reason.clone()).collect()
}

#[test]
fn a_fork_has_what_its_source_had_before_the_fork_point_and_then_its_own() {
    let home = TestHome::new();
    let source = file(A, 1, None, 0, &["a1", "a2", "a3"]);
    let fork = file(B, 2, Some((A, 2)), 2, &["b1"]);
    home.rollout(A, &source);
    let path = home.rollout(B, &fork);
    let joined = [source[..2].to_vec(), fork].concat();
    assert_eq!(items(&home.read(A)), source);
    assert_eq!(items(&home.read(B)), joined);
    let alone = read_file(&path).unwrap();
    assert_eq!(items(&alone), joined);
    assert_eq!(alone.files.len(), 2);
}

#[test]
fn a_reverted_thread_ends_with_the_segment_that_no_other_continues() {
    let home = TestHome::new();
    let first = file(A, 1, None, 0, &["a1", "a2", "a3"]);
    let second = file(A, 2, Some((A, 3)), 3, &["b1", "b2"]);
    let third = file(A, 3, Some((B, 4)), 4, &["c1"]);
    home.rollout(A, &first);
    home.rollout(&format!("{A}_{B}"), &second);
    home.rollout(&format!("{A}_{C}"), &third);
    let rollout = home.read(A);
    assert_eq!(items(&rollout), [&first[..3], &second[..1], &third[..]].concat());
    assert_eq!(rollout.files.len(), 3);
    assert!(rollout.other_files.is_empty());
}

#[test]
fn of_two_branches_the_newest_counts_and_the_other_is_named() {
    let home = TestHome::new();
    let first = file(A, 1, None, 0, &["a1", "a2"]);
    let kept = file(A, 3, Some((A, 2)), 2, &["kept"]);
    home.rollout(A, &first);
    home.rollout(&format!("{A}_{C}"), &file(A, 2, Some((A, 3)), 3, &["gone"]));
    home.rollout(&format!("{A}_{B}"), &kept);
    let rollout = home.read(A);
    assert_eq!(items(&rollout), [&first[..2], &kept[..]].concat());
    assert_eq!(rollout.other_files.len(), 1);
    assert_eq!(rollout.other_files[0].reason, OtherFileReason::Reverted);
}

#[test]
fn a_thread_that_was_reverted_to_nothing_starts_anew() {
    let home = TestHome::new();
    home.rollout(A, &file(A, 1, None, 0, &["gone"]));
    let anew = file(A, 2, None, 0, &["new"]);
    home.rollout(&format!("{A}_{B}"), &anew);
    assert_eq!(items(&home.read(A)), anew);
}

#[test]
fn a_fork_of_a_segment_sees_the_segment_and_not_the_thread() {
    let home = TestHome::new();
    let first = file(A, 1, None, 0, &["a1", "a2"]);
    let second = file(A, 2, Some((A, 1)), 1, &["b1"]);
    let fork = file(C, 3, Some((B, 2)), 2, &["c1"]);
    home.rollout(A, &first);
    home.rollout(&format!("{A}_{B}"), &second);
    home.rollout(C, &fork);
    assert_eq!(items(&home.read(C)), [&first[..1], &second[..1], &fork[..]].concat());
}

#[test]
fn a_fork_point_below_a_bases_own_start_cuts_the_base_of_the_base() {
    let home = TestHome::new();
    let first = file(A, 1, None, 0, &["a1", "a2", "a3"]);
    home.rollout(A, &first);
    home.rollout(B, &file(B, 2, Some((A, 4)), 4, &["b1"]));
    let fork = file(C, 3, Some((B, 2)), 2, &[]);
    home.rollout(C, &fork);
    let rollout = home.read(C);
    assert_eq!(items(&rollout), [&first[..2], &fork[..]].concat());
    assert!(rollout.damage.is_empty());
}

#[test]
fn an_attached_fork_is_shown_without_its_base() {
    let home = TestHome::new();
    home.rollout(A, &file(A, 1, None, 0, &["a1"]));
    let base = json!({"attached_thread": true, "forked_from_id": A,
        "history_base": {"thread_id": A, "end_ordinal_exclusive": 2, "end_byte_offset": 1}});
    let own = [numbered(2, &header(B, 2, base)), numbered(3, &event("b1"))];
    home.rollout(B, &own);
    assert_eq!(items(&home.read(B)), own);
}

#[test]
fn a_compressed_and_archived_base_is_found() {
    let home = TestHome::new();
    let source = file(A, 1, None, 0, &["a1", "a2"]);
    let packed = zstd::encode_all(text(&source).as_bytes(), 3).unwrap();
    home.write(&format!("{}.zst", usual("archived_sessions", A)), packed);
    let fork = file(B, 2, Some((A, 2)), 2, &[]);
    home.rollout(B, &fork);
    assert_eq!(items(&home.read(B)), [&source[..2], &fork[..]].concat());
}

#[test]
fn a_missing_base_costs_the_inherited_part_only() {
    let home = TestHome::new();
    for (name, base) in [(A, C), (B, "no id")] {
        let own = file(name, 2, Some((base, 5)), 5, &["own"]);
        home.rollout(name, &own);
        let rollout = home.read(name);
        assert_eq!(items(&rollout), own);
        assert_eq!(reasons(&rollout), ["the history that it continues is missing"]);
    }
}

#[test]
fn a_circle_of_bases_is_damage_and_not_endless() {
    let home = TestHome::new();
    let [one, two] = [file(A, 1, Some((B, 3)), 3, &["a"]), file(B, 2, Some((A, 9)), 0, &["b"])];
    home.rollout(A, &one);
    home.rollout(B, &two);
    let rollout = home.read(A);
    assert_eq!(items(&rollout), [&two[..], &one[..]].concat());
    assert!(reasons(&rollout).contains(&"it continues itself".to_owned()));
    let itself = file(C, 1, Some((C, 3)), 3, &[]);
    home.rollout(C, &itself);
    assert_eq!(items(&home.read(C)), itself);
}

#[test]
fn a_base_that_ends_early_is_damage() {
    let home = TestHome::new();
    let source = file(A, 1, None, 0, &["a1"]);
    home.rollout(A, &source);
    let fork = file(B, 2, Some((A, 5)), 5, &["b1"]);
    home.rollout(B, &fork);
    let rollout = home.read(B);
    assert_eq!(items(&rollout), [&source[..], &fork[..]].concat());
    assert_eq!(reasons(&rollout), ["records that a later file continues are missing at its end"]);
    assert_eq!(rollout.damage.records[0].after.unwrap().get(), 1);
}

#[test]
fn damage_in_a_base_counts_where_it_is_inherited_and_not_behind_the_cut() {
    let home = TestHome::new();
    let mut source = file(A, 1, None, 0, &["a1", "a2"]);
    source.insert(1, "garbage".into());
    source.push("more garbage".into());
    home.rollout(A, &source);
    let fork = file(B, 2, Some((A, 2)), 2, &[]);
    home.rollout(B, &fork);
    let rollout = home.read(B);
    assert_eq!(rollout.items.len(), 3);
    assert_eq!(rollout.damage.count, 1);
    assert_eq!(rollout.damage.records[0].after.unwrap().get(), 0);
    assert_eq!(home.read(A).damage.count, 2);
}

#[test]
fn an_archived_thread_is_archived_with_all_its_segments() {
    let home = TestHome::new();
    let first = file(A, 1, None, 0, &["a1"]);
    let second = file(A, 2, Some((A, 1)), 1, &[]);
    home.write(&usual("archived_sessions", A), text(&first));
    home.write(&usual("archived_sessions", &format!("{A}_{B}")), text(&second));
    let rollout = home.read(A);
    assert!(rollout.archived);
    assert_eq!(items(&rollout), [&first[..1], &second[..]].concat());
    assert!(!home.path(DAY).exists());
}
