//! The program, as people and scripts use it.

use crate::common::{Program, samples};
use serde_json::{Value, json};

pub(crate) const ROOT: &str = "019cadc7-84e0-7000-8000-000000000001";
pub(crate) const CHILD: &str = "019cadc8-6f40-7000-8000-000000000002";
pub(crate) const ARCHIVED: &str = "019cadcc-18c0-7000-8000-000000000006";
const UNKNOWN: &str = "00000000-0000-4000-8000-00000000dead";

pub(crate) fn with_samples() -> Program {
    let program = Program::new();
    assert_eq!(program.import(&samples()).len(), 6);
    program
}

fn ids(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["thread_id"].as_str().unwrap()).collect()
}

#[test]
fn an_import_stores_a_thread_once_and_adds_what_its_rollout_has_gained() {
    let program = Program::new();
    let header = r#"{"timestamp":"2026-03-02T09:00:00.000Z","type":"session_meta","payload":{"id":"019cadc7-84e0-7000-8000-0000000000aa","timestamp":"2026-03-02T09:00:00.000Z"}}"#;
    let said = r#"{"timestamp":"2026-03-02T09:00:05.000Z","type":"event_msg","payload":{"type":"user_message","message":"hello"}}"#;
    let file = program.file("rollout-a.jsonl", format!("{header}\n"));
    let outcome = |outcome: &str, added: u64| {
        let lines = program.import(&file);
        assert_eq!(
            (lines[0]["outcome"].as_str(), lines[0]["added"].as_u64()),
            (Some(outcome), Some(added))
        );
    };
    outcome("imported", 1);
    outcome("unchanged", 0);
    program.file("rollout-a.jsonl", format!("{header}\n{said}\n"));
    outcome("extended", 1);
    outcome("unchanged", 0);
    program.file("rollout-a.jsonl", format!("{header}\n"));
    outcome("unchanged", 0);
    program.file("rollout-a.jsonl", format!("{header}\n{}\n", said.replace("hello", "other")));
    outcome("differs", 0);

    let rows = program.json(&["list"]);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["preview"], "hello");
    assert_eq!(rows[0]["updated_at"], "2026-03-02T09:00:05.000Z");
    let raw = program.run(&["history", rows[0]["thread_id"].as_str().unwrap(), "--raw"]);
    assert_eq!(raw.text(), format!("{header}\n{said}\n"));
}

#[test]
fn the_history_of_an_imported_rollout_is_its_file_byte_for_byte() {
    let program = with_samples();
    for file in std::fs::read_dir(samples().join("sessions/2026/03/02")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let answer = program.run(&["history", &name[name.len() - 36..], "--raw"]);
        assert_eq!(answer.out, std::fs::read(&path).unwrap());
    }
}

#[test]
fn a_record_has_the_members_of_a_stored_thread() {
    let program = with_samples();
    let rows = program.json(&["show", CHILD]);
    let row = rows[0].as_object().unwrap();
    for (name, value) in [
        ("thread_id", json!(CHILD)),
        ("parent_thread_id", json!(ROOT)),
        ("preview", json!("Find every timer in the lamp controller.")),
        ("cwd", json!("/work/lighthouse")),
        ("model_provider", json!("acme")),
        ("model", json!("beacon-1")),
        ("created_at", json!("2026-03-02T09:02:00.000Z")),
        ("agent_nickname", json!("Fresnel")),
        ("git_branch", json!("main")),
    ] {
        assert_eq!(row[name], value, "{name}");
    }
    assert!(!row.contains_key("archived_at") && !row.contains_key("name"));
    assert_eq!(program.json(&["show", ROOT])[0]["name"], "Blinking lamp");
}

#[test]
fn a_list_has_every_match_and_each_filter_narrows_it() {
    let program = with_samples();
    let count = |args: &[&str]| program.json(&[&["list"], args].concat()).len();
    for (args, expected) in [
        (&[][..], 5),
        (&["--archived"], 1),
        (&["--all"], 6),
        (&["--parent", ROOT], 2),
        (&["--ancestor", ROOT], 3),
        (&["--parent", UNKNOWN], 0),
        (&["--source", "vscode"], 1),
        (&["--source", "vscode", "--source", "cli"], 2),
        (&["--provider", "acme"], 5),
        (&["--provider", "other"], 0),
        (&["--cwd", "/work/./lighthouse/"], 5),
        (&["--search", "timer"], 1),
        (&["--search", "TIMER"], 0),
        (&["--has-preview", "false"], 0),
        (&["--created-from", "2026-03-02T09:03:00Z", "--created-to", "2026-03-02T09:05:00Z"], 2),
        (&["--label", "a=b"], 0),
        (&["--limit", "2"], 2),
    ] {
        assert_eq!(count(args), expected, "{args:?}");
    }
    let rows = program.json(&["list", "--sort", "created", "--ascending"]);
    assert_eq!(ids(&rows)[0], ROOT);
}

#[test]
fn a_list_with_a_limit_goes_on_from_its_cursor() {
    let program = with_samples();
    let first = program.run(&["list", "--limit", "3", "--json"]);
    let said: Value = serde_json::from_str(first.err.trim()).unwrap();
    let cursor = said["next_cursor"].as_str().unwrap();
    let second = program.run(&["list", "--limit", "3", "--cursor", cursor, "--json"]);
    let both = [first.lines(), second.lines()].concat();
    assert_eq!(ids(&both), ids(&program.json(&["list"])));
    assert!(second.err.is_empty());
    program.fails(&["list", "--archived", "--limit", "3", "--cursor", cursor], "invalid_request");
}

#[test]
fn parts_of_a_history_are_what_they_say() {
    let program = with_samples();
    let ordinals = |args: &[&str]| {
        let rows = program.json(&[&["history", ROOT], args].concat());
        rows.iter().map(|row| row["ordinal"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(ordinals(&[]), (0..21).collect::<Vec<_>>());
    assert_eq!(ordinals(&["--last", "2"]), [19, 20]);
    assert_eq!(ordinals(&["--from", "18"]), [18, 19, 20]);
    assert_eq!(ordinals(&["--from", "18", "--last", "2"]), [19, 20]);
    assert_eq!(ordinals(&["--from", "99"]), [0_u64; 0]);
}

#[test]
fn threads_can_be_renamed_archived_forked_and_deleted() {
    let program = with_samples();
    assert_eq!(program.json(&["rename", ROOT, "Lamp"])[0]["name"], "Lamp");
    assert!(program.json(&["rename", ROOT, "--clear"])[0].get("name").is_none());

    let archived = program.json(&["archive", ROOT, "--descendants"]);
    assert_eq!(archived.len(), 4);
    assert!(archived.iter().all(|row| row["archived_at"].is_string()));
    assert!(program.json(&["archive", ROOT]).is_empty());
    assert_eq!(program.json(&["unarchive", ROOT, "--descendants"]).len(), 4);

    let fork = &program.json(&["fork", ROOT, "--at", "5"])[0];
    assert_eq!((&fork["forked_from_id"], &fork["next_ordinal"]), (&json!(ROOT), &json!(5)));
    program.fails(&["fork", ROOT, "--at", "22"], "invalid_request");

    assert_eq!(program.json(&["delete", ROOT, "--descendants"]).len(), 4);
    program.fails(&["show", ROOT], "not_found");
    assert_eq!(program.json(&["show", fork["thread_id"].as_str().unwrap()]).len(), 1);
}

#[test]
fn what_keeps_a_thread_off_a_list_is_told() {
    let program = with_samples();
    let explained = &program.json(&["explain", ARCHIVED, "--source", "cli"])[0];
    let filters: Vec<_> =
        explained["mismatches"].as_array().unwrap().iter().map(|it| &it["filter"]).collect();
    assert_eq!(filters, ["archived", "source_kind"]);
    assert_eq!(program.json(&["explain", ARCHIVED, "--archived"])[0]["listed"], true);
}

#[test]
fn people_see_a_tree_of_parents_and_children() {
    let program = with_samples();
    let answer = program.run(&["list", "--tree", "--ascending"]);
    let lines: Vec<&str> = answer.text().lines().collect();
    assert!(lines[0].starts_with(ROOT) && lines[0].ends_with("Blinking lamp"));
    assert!(lines[1].starts_with(&format!("├─ {CHILD}")));
    assert!(lines[2].starts_with("│  └─ "));
    assert!(lines[3].starts_with("└─ "));
}

#[test]
fn texts_of_threads_cannot_steer_the_terminal() {
    let program = with_samples();
    program.json(&["rename", ROOT, "red\u{1b}[31m\nnext"]);
    for args in [&["list"][..], &["list", "--tree"], &["show", ROOT], &["rename", ROOT, "a\u{1b}b"]]
    {
        let answer = program.run(args);
        assert!(!answer.text().chars().any(|it| it.is_control() && it != '\n'), "{args:?}");
    }
}

#[test]
fn the_demo_imports_lists_and_shows() {
    let program = Program::new();
    let answer = program.run(&["demo"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    for part in [
        "6 threads imported",
        "├─ ",
        "Blinking lamp",
        "first_user_message",
        "The last 5 of 21 items",
    ] {
        assert!(answer.text().contains(part), "{part}");
    }
    assert_eq!(program.run_on("memory:", &["demo"]).code, 0);
}

#[test]
fn a_reader_that_goes_away_stops_no_import() {
    let program = Program::new();
    let samples = std::fs::read_to_string(
        samples().join("sessions/2026/03/02").read_dir().unwrap().next().unwrap().unwrap().path(),
    )
    .unwrap();
    let header = samples.lines().next().unwrap();
    let id = &header[header.find("019cad").unwrap()..][..36];
    for n in 0..600 {
        let other = format!("{}{n:04}", &id[..32]);
        program.file(&format!("many/rollout-{n}.jsonl"), header.replace(id, &other));
    }
    let exe = assert_cmd::cargo::cargo_bin("thread-store");
    let store = format!("sqlite:{}", program.path("data/threads.db").display());
    let script = format!("'{}' --store '{store}' import many --json | head -1", exe.display());
    let status = std::process::Command::new("sh")
        .current_dir(program.folder.path())
        .args(["-c", &script])
        .output();
    assert!(status.unwrap().status.success());
    assert_eq!(program.json(&["list"]).len(), 600);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let program = with_samples();
    let exe = assert_cmd::cargo::cargo_bin("thread-store");
    let store = format!("sqlite:{}", program.path("data/threads.db").display());
    let script = format!("'{}' --store '{store}' history {ROOT} --raw; echo $? >&2", exe.display());
    let output = std::process::Command::new("sh")
        .args(["-c", &format!("({script}) | true")])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap().trim(), "0");
}
