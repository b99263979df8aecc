//! Bad input: a clear error of the right kind, nothing changed, exit code not 0, no panic.

use crate::common::{Program, samples};

const UNKNOWN: &str = "00000000-0000-4000-8000-00000000dead";

#[test]
fn a_malformed_id_is_an_invalid_request_everywhere() {
    let program = Program::new();
    for id in ["", "thr_123", "019cadc7", "'; DROP TABLE threads", "é"] {
        for command in ["show", "history", "archive", "unarchive", "delete", "fork", "explain"] {
            program.fails(&[command, id], "invalid_request");
        }
        program.fails(&["rename", id, "x"], "invalid_request");
        program.fails(&["list", "--parent", id], "invalid_request");
        program.fails(&["list", "--ancestor", id], "invalid_request");
    }
}

#[test]
fn an_unknown_id_is_not_found_everywhere() {
    let program = Program::new();
    for command in ["show", "history", "archive", "unarchive", "delete", "fork", "explain"] {
        program.fails(&[command, UNKNOWN], "not_found");
    }
    program.fails(&["rename", UNKNOWN, "x"], "not_found");
    program.fails(&["history", UNKNOWN, "--last", "1"], "not_found");
}

#[test]
fn nonsense_limits_cursors_times_and_names_are_refused() {
    let program = Program::new();
    program.import(&samples());
    let id = "019cadc7-84e0-7000-8000-000000000001";
    for args in [
        &["list", "--limit", "0"][..],
        &["list", "--cursor", "nonsense"],
        &["list", "--created-from", "yesterday"],
        &["history", id, "--last", "0"],
        &["fork", id, "--at", "18446744073709551615"],
        &["rename", id, ""],
        &["rename", id, "  "],
    ] {
        program.fails(args, "invalid_request");
    }
    for args in [
        &["list", "--limit", "-1"][..],
        &["list", "--source", "x"],
        &["list", "--label", "x"],
        &["nonsense"],
    ] {
        assert_eq!(program.run(args).code, 2, "{args:?}");
    }
}

#[test]
fn what_is_no_rollout_is_told_and_the_rest_is_imported() {
    let program = Program::new();
    program.file("empty.jsonl", "");
    program.file("garbage.jsonl", "not json\nnot either\n");
    program.file("latin1.jsonl", b"\xff\xfe\xfd\n");
    program.file("nulls.jsonl", [0; 4096]);
    let samples = samples();
    for path in [
        "empty.jsonl",
        "garbage.jsonl",
        "latin1.jsonl",
        "nulls.jsonl",
        "missing.jsonl",
        "missing/folder",
    ] {
        let answer = program.run(&["import", path, samples.to_str().unwrap(), "--json"]);
        assert_eq!(answer.code, 1, "{path}");
        let lines = answer.lines();
        assert_eq!(lines[0]["outcome"], "failed", "{path}");
        assert_eq!(lines[0]["error"]["code"], "invalid_request", "{path}");
        assert_eq!(lines.len(), 7, "{path}");
    }
    assert_eq!(program.json(&["list", "--all"]).len(), 6);
}

#[test]
fn damaged_records_cost_nothing_but_themselves() {
    let program = Program::new();
    let id = "019cadc7-84e0-7000-8000-0000000000bb";
    let header = format!(
        r#"{{"timestamp":"2026-03-02T09:00:00.000Z","type":"session_meta","payload":{{"id":"{id}"}}}}"#
    );
    let good = r#"{"type":"x","payload":{}}"#;
    let text = [
        header.as_bytes(),
        b"\n{\"torn\n\xff\xfe\n",
        good.as_bytes(),
        b"\r\n\r\n",
        good.as_bytes(),
        b"\n{\"tail\":",
    ]
    .concat();
    let lines = program.import(&program.file("rollout-damaged.jsonl", text));
    assert_eq!(
        (lines[0]["items"].as_u64(), lines[0]["damage"]["count"].as_u64()),
        (Some(3), Some(3))
    );
    let raw = program.run(&["history", id, "--raw"]);
    assert_eq!(raw.text(), format!("{header}\n{good}\n{good}\n"));
}

#[test]
fn stores_that_cannot_be_opened_are_told_and_left_as_they_are() {
    let program = Program::new();
    let text = program.file("text.db", "this is a text, and longer than a header");
    let foreign = program.file("folder/x", "");
    for (store, code) in [
        ("sqlite:text.db", "invalid_request"),
        ("sqlite:folder", "invalid_request"),
        ("sqlite:text.db/threads.db", "invalid_request"),
        ("sqlite:/proc/threads.db", "invalid_request"),
        ("mysql:x", "invalid_request"),
        ("memory:x", "invalid_request"),
        ("nonsense", "invalid_request"),
    ] {
        let answer = program.run_on(store, &["list", "--json"]);
        assert_eq!(answer.code, 1, "{store}");
        let error: serde_json::Value = serde_json::from_str(answer.err.trim()).unwrap();
        assert_eq!(error["error"]["code"], code, "{store}");
    }
    assert_eq!(std::fs::read_to_string(text).unwrap(), "this is a text, and longer than a header");
    assert!(foreign.exists());
}

#[test]
fn a_record_that_is_nested_too_deep_to_be_metadata_is_kept_and_disturbs_nothing() {
    let program = Program::new();
    let id = "019cadc7-84e0-7000-8000-0000000000cc";
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let lines = [
        format!(
            r#"{{"timestamp":"2026-03-02T09:00:00.000Z","type":"session_meta","payload":{{"id":"{id}","source":{}}}}}"#,
            deep(127)
        ),
        format!(
            r#"{{"timestamp":"2026-03-02T09:00:01.000Z","type":"turn_context","payload":{{"model":"m","approval_policy":{}}}}}"#,
            deep(127)
        ),
        format!(
            r#"{{"timestamp":"2026-03-02T09:00:02.000Z","type":"turn_context","payload":{{"sandbox_policy":{}}}}}"#,
            deep(5000)
        ),
    ];
    let text = format!("{}\n", lines.join("\n"));
    let imported = program.import(&program.file("rollout-deep.jsonl", &text));
    assert_eq!(imported[0]["outcome"], "imported");
    assert_eq!(program.json(&["list"])[0]["model"], "m");
    assert_eq!(program.run(&["history", id, "--raw"]).text(), text);
}

#[test]
fn names_of_files_need_not_be_text() {
    use std::os::unix::ffi::OsStrExt as _;
    let program = Program::new();
    std::fs::create_dir(program.path("odd")).unwrap();
    let name = std::ffi::OsStr::from_bytes(b"rollout-\xff.jsonl");
    std::fs::write(program.path("odd").join(name), "").unwrap();
    let answer = program.run(&["import", "odd", "--json"]);
    assert_eq!((answer.code, &answer.lines()[0]["outcome"]), (0, &"unreadable".into()));
}

#[test]
fn a_closed_standard_error_stops_nothing() {
    let program = Program::new();
    let exe = assert_cmd::cargo::cargo_bin("thread-store");
    let damaged = "{\"type\":\"session_meta\",\"payload\":{\"id\":\"019cadc7-84e0-7000-8000-00000000000N\"}}\n#\n";
    for n in 1..9 {
        program.file(&format!("many/rollout-{n}.jsonl"), damaged.replace('N', &n.to_string()));
    }
    let script =
        format!("'{}' --store sqlite:data/threads.db import many 2>&1 | true", exe.display());
    std::process::Command::new("sh")
        .current_dir(program.folder.path())
        .args(["-c", &script])
        .output()
        .unwrap();
    assert_eq!(program.json(&["list"]).len(), 8);
}

#[test]
fn a_folder_without_rollouts_is_told() {
    let program = Program::new();
    program.file("folder/config.toml", "");
    assert_eq!(program.run(&["import", "folder"]).code, 1);
}

#[test]
fn people_are_told_in_one_line_with_the_code() {
    let program = Program::new();
    let answer = program.run(&["show", UNKNOWN]);
    assert_eq!(answer.code, 1);
    assert_eq!(
        answer.err.trim(),
        format!("error: read_thread: thread {UNKNOWN}: no such thread [not_found]")
    );
    assert!(answer.out.is_empty());
}
