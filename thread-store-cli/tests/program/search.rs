//! Searching, as people and scripts do it.

use serde_json::{Value, json};

use crate::cli::{ARCHIVED, CHILD, ROOT, with_samples};
use crate::common::Program;

fn found(program: &Program, args: &[&str]) -> Vec<String> {
    let hits = program.json(&[&["search"], args].concat());
    hits.iter().map(|hit| hit["thread"]["thread_id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_was_said_is_found_and_what_tools_wrote_is_not() {
    let program = with_samples();
    assert_eq!(found(&program, &["LAMP"]), [ROOT, CHILD]);
    assert_eq!(found(&program, &["two \n timers"]), [ROOT]);
    assert_eq!(found(&program, &["übersetze"]).len(), 1);
    assert_eq!(found(&program, &["日本語"]).len(), 1);
    assert_eq!(found(&program, &["rg -n"]), [""; 0]);
}

#[test]
fn filters_narrow_a_search_as_they_do_a_list() {
    let program = with_samples();
    for (args, expected) in [
        (&["lens"][..], &[][..]),
        (&["lens", "--archived"], &[ARCHIVED]),
        (&["lens", "--all"], &[ARCHIVED]),
        (&["timer", "--parent", ROOT], &[CHILD]),
        (&["timer", "--source", "exec", "--all"], &[]),
    ] {
        assert_eq!(found(&program, args), expected, "{args:?}");
    }
}

#[test]
fn a_hit_is_one_object_with_snippet_and_places() {
    let program = with_samples();
    let hit = &program.json(&["search", "timer is"])[0];
    assert_eq!(hit["thread"]["name"], "Blinking lamp");
    assert_eq!(hit["snippet"], "One timer is enough. All tests pass.");
    assert_eq!((&hit["range"], &hit["count"]), (&json!({"start": 4, "end": 12}), &json!(1)));
    let place = &hit["occurrences"][0];
    assert_eq!((&place["speaker"], &place["range"]), (&json!("agent"), &hit["range"]));
    assert!(place["turn_id"].is_string() && place["ordinal"].is_u64());
}

#[test]
fn people_see_a_block_for_each_hit() {
    let program = with_samples();
    let answer = program.run(&["search", "twice at"]);
    let first: Vec<&str> = answer.text().lines().take(4).collect();
    let when = first[1].trim();
    assert_eq!(first[0], format!("{ROOT}  Blinking lamp"));
    assert!(when.starts_with("2026-03-02 09:0") && when.ends_with(", in 1 message"), "{when}");
    assert_eq!(first[2..], ["    Why does the lamp blink twice at dawn?", ""]);
    let named = program.run(&["search", "weekly", "--all"]);
    assert!(named.text().starts_with(&format!("{ARCHIVED}  Weekly summary [archived]\n")));
    assert!(named.text().contains(", in what it is called\n    Weekly summary\n"));
}

#[test]
fn nothing_found_is_said_to_people_and_no_line_to_machines() {
    let program = with_samples();
    let said = |args: &[&str]| program.run(args).text().to_owned();
    let active = "nothing found in active threads; --all looks at archived ones too\n";
    assert_eq!(said(&["search", "lighthouse keeper"]), active);
    assert_eq!(said(&["search", "lighthouse keeper", "--all"]), "nothing found\n");
    assert_eq!(program.json(&["search", "lighthouse keeper"]), Vec::<Value>::new());
}

#[test]
fn a_search_goes_on_from_its_cursor() {
    let program = with_samples();
    let first = program.run(&["search", "e", "--limit", "2", "--json"]);
    let said: Value = serde_json::from_str(first.err.trim()).unwrap();
    let cursor = said["next_cursor"].as_str().unwrap();
    let second = program.run(&["search", "e", "--cursor", cursor, "--json"]);
    assert!(second.err.is_empty(), "{}", second.err);
    assert_eq!([first.lines(), second.lines()].concat(), program.json(&["search", "e"]));
    program.fails(&["search", "the", "--cursor", cursor], "invalid_request");
    program.fails(&["search", "e", "--all", "--cursor", cursor], "invalid_request");
}

#[test]
fn a_search_for_nothing_is_refused() {
    let program = Program::new();
    for args in [&["search", ""][..], &["search", " \t"], &["search", "x", "--limit", "0"]] {
        program.fails(args, "invalid_request");
    }
    assert_eq!(program.run(&["search"]).code, 2);
}

#[test]
fn what_was_found_cannot_steer_the_terminal() {
    let program = with_samples();
    program.json(&["rename", ROOT, "red\u{1b}[31m lantern"]);
    let answer = program.run(&["search", "lantern"]);
    assert!(answer.text().contains("red [31m lantern"));
    assert!(!answer.text().chars().any(|it| it.is_control() && it != '\n'));
}
