//! What is told of lines, and what the map of odd files looks like.

use super::*;

fn told(text: &str) -> Vec<(String, bool, Option<u64>)> {
    let file = TestFile::new("rollout.jsonl", text.as_bytes());
    let (lines, ..) = file.scan();
    lines.iter().map(|it| (it.item.text().into_owned(), it.marked, it.line_ordinal)).collect()
}

#[test]
fn a_mark_is_exactly_one_space_before_the_line_feed() {
    for (text, marked) in [
        ("{} \n", true),
        ("{}\n", false),
        ("{}  \n", false),
        (" {} \n", false),
        ("{}\t\n", false),
        ("{} \r\n", false),
        ("{}\r\n", false),
        ("{} ", false),
        ("{}{} \n", false),
    ] {
        assert!(
            told(text).iter().all(|(record, is, _)| record == "{}" && *is == marked),
            "{text:?}"
        );
    }
}

#[test]
fn line_ordinals_are_told_and_the_last_is_kept() {
    let text = "{\"ordinal\":4}\n{\"ordinal\":5} \n{\"a\":1}\n";
    let ordinals: Vec<_> = told(text).into_iter().map(|(_, _, ordinal)| ordinal).collect();
    assert_eq!(ordinals, [Some(4), Some(5), None]);
    let file = TestFile::new("rollout.jsonl", text.as_bytes());
    assert_eq!(file.scan().1.last_line_ordinal(), Some(5));
}

#[test]
fn a_made_header_is_no_record_but_its_line_ordinal_counts() {
    for end in ["", "\n", " \n", "\n\n", "\n{\"a\":1}\n"] {
        let file = TestFile::new("rollout.jsonl", format!("{HEADER}{end}").as_bytes());
        let (lines, map, _) = file.scan();
        assert_eq!(lines.len() as u64, u64::from(end.contains('{')), "{end:?}");
        assert_eq!((map.records(), map.damage()), (lines.len() as u64, 0));
        assert_eq!(map.last_line_ordinal(), Some(0));
        assert!(map.has_made_header());
        assert_eq!(file.read(&map, 0..9).items.len(), lines.len());
    }
}

#[test]
fn a_header_that_is_not_made_or_not_first_is_a_record() {
    let bare = r#"{"id":"x","timestamp":"t","made_by":"thread-store"}"#;
    let others = HEADER.replace("thread-store", "codex");
    for text in [format!("{bare}\n"), format!("{others}\n"), format!("\n{HEADER}\n")] {
        let file = TestFile::new("rollout.jsonl", text.as_bytes());
        let (lines, map, _) = file.scan();
        assert_eq!((lines.len(), map.records(), map.has_made_header()), (1, 1, false), "{text}");
    }
}

#[test]
fn a_file_of_many_damaged_lines_has_a_small_map() {
    let text = "{\"a\":1}\ngarbage\n{\"b\":\"\n\n".repeat(50_000);
    let file = TestFile::new("rollout.jsonl", text.as_bytes());
    let (lines, map, _) = file.scan();
    assert_eq!((lines.len(), map.damage()), (50_000, 100_000));
    assert!(map.irregular.len() < 100, "{}", map.irregular.len());
    let part = file.read(&map, 40_000..40_002);
    assert_eq!((part.items.len(), part.damage.len()), (2, 4));
    assert_eq!(part.damage[0].before, 40_000);
}

#[test]
fn blank_lines_here_and_there_do_not_fill_the_map() {
    let line = format!("{{\"a\":\"{}\"}}\n", "x".repeat(990));
    let text = format!("{}\n", line.repeat(3)).repeat(1000);
    let file = TestFile::new("rollout.jsonl", text.as_bytes());
    let (lines, map, _) = file.scan();
    assert_eq!(lines.len(), 3000);
    assert!(map.irregular.len() <= text.len() / (32 << 10) + 1);
}

#[test]
fn a_long_line_is_only_read_by_who_wants_it() {
    let long = format!("{{\"a\":\"{}\"}}\n", "x".repeat(3 << 20));
    let text = format!("{{\"b\":1}}\n{long}{{\"c\":1}}\n");
    let file = TestFile::new("rollout.jsonl", text.as_bytes());
    let (lines, map, _) = file.scan();
    assert_eq!(lines[1].item.len(), long.len() - 1);
    let offsets: Vec<_> = map.checkpoints.iter().map(|it| (it.offset, it.record)).collect();
    assert_eq!(offsets, [(8, 1), (8 + long.len() as u64, 2)]);
    for at in 0..3 {
        assert_eq!(file.read(&map, at..at + 1).items, [lines[at as usize].item.clone()]);
    }
}

#[test]
fn a_map_is_stored_in_few_bytes() {
    let text = format!("{{\"a\":\"{}\"}}\n", "x".repeat(990)).repeat(3200);
    let file = TestFile::new("rollout.jsonl", text.as_bytes());
    let (_, map, _) = file.scan();
    assert!(serde_json::to_string(&map).unwrap().len() < text.len() / 2500);
    let file = TestFile::new("rollout.jsonl", b"{}\n");
    let stored = serde_json::to_string(&file.scan().1).unwrap();
    assert!(stored.starts_with(r#"{"f":"l","s":3,"r":1,"p":[[3,"#), "{stored}");
}

#[test]
fn documents_and_compressed_files_are_not_appended_to() {
    let document = "{\n\"session\":{\"id\":\"x\"},\n\"items\":[{\"a\":1},{\"b\":2}]}";
    let file = TestFile::new("rollout.json", document.as_bytes());
    let (lines, map, _) = file.scan();
    assert_eq!((lines.len(), map.form(), map.is_appendable()), (3, Form::Document, false));
    assert_eq!(file.read(&map, 1..2).items, [lines[1].item.clone()]);
    let packed = zstd::encode_all(&b"{}\n"[..], 0).unwrap();
    let file = TestFile::new("rollout.jsonl", &packed);
    let (_, map, _) = file.scan();
    assert_eq!((map.records(), map.form(), map.is_appendable()), (1, Form::Compressed, false));
}

#[test]
fn a_file_that_is_not_what_was_mapped_gives_an_error_and_no_records() {
    let line = format!("{{\"a\":\"{}\"}}\n", "x".repeat(90));
    let text = line.repeat(2000);
    let file = TestFile::new("rollout.jsonl", text.as_bytes());
    let (_, map, _) = file.scan();
    for changed in [
        String::new(),
        text[..text.len() - 1].into(),
        text[1..].into(),
        text.replacen('x', "xy", 1),
        "x".repeat(text.len()),
        "\n".repeat(text.len()),
        format!("{{{}}}\n", "\n".repeat(text.len() - 3)),
    ] {
        std::fs::write(&file.path, &changed).unwrap();
        for range in [1000..1001, 1990..2000, 0..2000] {
            let error = read(&file.path, &map, range.clone());
            // What stands before a change is still what it was.
            let unmoved =
                changed.len() + 1 == text.len() && range.end < 2000 && changed.starts_with(&line);
            assert!(
                unmoved || matches!(error, Err(crate::error::ReadError::Changed { .. })),
                "{range:?}"
            );
        }
    }
}

#[test]
fn what_is_missing_or_no_file_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    assert!(scan(&folder.path().join("none"), &mut |_| ()).is_err());
    assert!(scan(folder.path(), &mut |_| ()).is_err());
}
