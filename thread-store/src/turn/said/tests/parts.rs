//! The parts that the mappings share.

use super::super::{patch, path, spelling};
use super::*;

#[test]
fn words_are_spelt_as_the_protocol_does() {
    for (word, spelt) in [
        ("in_progress", "inProgress"),
        ("InProgress", "inProgress"),
        ("inProgress", "inProgress"),
        ("WebSearch", "webSearch"),
        ("_meta", "_meta"),
        ("a__b_", "aB"),
        ("Übung_x", "übungX"),
        ("", ""),
    ] {
        assert_eq!(spelling::camel(word), spelt);
    }
}

#[test]
fn urls_of_files_are_paths() {
    for (url, expected) in [
        ("file:///a%20b/%C3%BC", "/a b/ü"),
        ("file://localhost/a", "/a"),
        ("file:///C:/Users/x", "C:\\Users\\x"),
        ("file://host/share/x", "\\\\host\\share\\x"),
        ("file:///a%2", "/a%2"),
        ("file:///a%zz", "/a%zz"),
        ("file:///%ff", "/\u{fffd}"),
        ("file://", ""),
        ("/a%20b", "/a%20b"),
        ("C:\\x", "C:\\x"),
        ("", ""),
    ] {
        assert_eq!(path::local(url), expected);
    }
}

#[test]
fn paths_are_seen_from_their_folder() {
    for (folder, path, expected) in [
        ("/w", "a", "/w/a"),
        ("/w/", "./a/../b", "/w/b"),
        ("/w", "../../../a", "/a"),
        ("/w", "/a/../b", "/a/../b"),
        ("C:\\w\\", "a", "C:\\w\\a"),
        ("/w", "C:\\a", "C:\\a"),
        ("", "a", "a"),
    ] {
        assert_eq!(path::join(folder, path), expected);
    }
}

#[test]
fn patches_change_files_in_the_order_of_their_paths() {
    let text = "intro\n*** Begin Patch\n*** Environment ID: x\n\
        *** Update File: c.rs\n*** Move to: d.rs\n@@ fn a()\n-a\n+b\n\
        *** Delete File: b.rs\n\
        *** Add File: a.rs\n+one\n+\n+two\n\
        *** End Patch\n*** Add File: after.rs\n+x\n";
    assert_eq!(
        serde_json::to_value(patch::changes(text)).unwrap(),
        json!([
            {"path": "a.rs", "kind": {"type": "add"}, "diff": "one\n\ntwo\n"},
            {"path": "b.rs", "kind": {"type": "delete"}, "diff": ""},
            {"path": "c.rs", "kind": {"type": "update", "move_path": "d.rs"},
                "diff": "@@ fn a()\n-a\n+b\n\n\nMoved to: d.rs"},
        ])
    );
}

#[test]
fn patches_that_break_off_have_what_was_there() {
    assert_eq!(patch::changes(""), []);
    assert_eq!(patch::changes("*** Begin Patch"), []);
    assert_eq!(patch::changes("*** Begin Patch\n*** Move to: x\n+y"), []);
    let changes = patch::changes("*** Begin Patch\n*** Add File: a\n+x");
    assert_eq!(changes[0].diff, "x\n");
}
