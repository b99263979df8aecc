//! The README tells of every difference, and why.

use crate::{imported, lists, ours, server};

#[test]
fn the_readme_gives_the_reason_of_every_difference() {
    let readme = include_str!("../../README.md");
    let of_homes = server::threads::DIFFERENCES.iter().chain(imported::RECORDS);
    let of_homes = of_homes.map(|(_, id, field, why)| (format!("{id} {field}"), *why));
    let of_lists =
        lists::DIFFERENCES.iter().map(|(home, what, why)| (format!("{home} {what:?}"), *why));
    let of_ours = ours::RECORDS.iter().chain(ours::TURNS);
    let of_ours = of_ours.map(|(what, why)| ((*what).to_owned(), *why));
    for (what, why) in of_homes.chain(of_lists).chain(of_ours) {
        assert!(readme.contains(why), "{what}: {why}");
    }
}
