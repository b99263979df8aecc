use super::*;

const R1: &str = r#"{"timestamp":"t","type":"a","payload":{"n":1}}"#;
const R2: &str = r#"{"timestamp":"t","type":"b","payload":{"n":2}}"#;

/// Records as text, damage as its offset.
fn split(text: &[u8]) -> (Vec<String>, Vec<usize>) {
    let pieces = pieces(&Bytes::copy_from_slice(text));
    let records =
        pieces.iter().filter_map(Piece::record).map(|item| item.text().into_owned()).collect();
    let damage = pieces
        .iter()
        .filter_map(|piece| match piece {
            Piece::Damage(damage) => Some(damage.offset),
            Piece::Record(_) => None,
        })
        .collect();
    (records, damage)
}

fn whole(text: &str) -> Vec<String> {
    let (records, damage) = split(text.as_bytes());
    assert!(damage.is_empty(), "{damage:?}");
    records
}

#[test]
fn line_ends_marks_and_blank_lines_are_no_part_of_a_record() {
    for text in [
        format!("{R1}\n{R2}\n"),
        format!("{R1}\n{R2}"),
        format!("{R1}\r\n{R2}\r\n"),
        format!("\u{feff}{R1}\n\n  \n\r\n{R2}\n\n"),
        format!("\n\t{R1} \n {R2} "),
    ] {
        assert_eq!(whole(&text), [R1, R2]);
    }
    assert!(whole("").is_empty());
    assert!(whole("\u{feff}").is_empty());
}

#[test]
fn only_a_line_feed_ends_a_line() {
    let record = "{\"a\":\"\u{2028}\u{2029}\u{85}\"}";
    assert_eq!(whole(&format!("{record}\n")), [record]);
}

#[test]
fn records_share_the_memory_of_the_file() {
    let text = Bytes::from(format!("{R1}\n{R2}\n"));
    let pieces = pieces(&text);
    let second = pieces[1].record().unwrap();
    assert_eq!(second.as_bytes().as_ptr(), text[R1.len() + 1..].as_ptr());
}

#[test]
fn a_damaged_line_costs_that_record_only() {
    for bad in [
        &b"garbage"[..],
        b"{\"a\":",
        b"[1]",
        b"{\"a\":\"\xff\"}",
        b"\xff\xfe\x01",
        b"{\"a\":\"\x01\"}",
        b"}",
    ] {
        let text = [R1.as_bytes(), bad, R2.as_bytes()].join(&b'\n');
        let (records, damage) = split(&text);
        assert_eq!(records, [R1, R2], "{bad:?}");
        assert_eq!(damage, [R1.len() + 1]);
    }
}

#[test]
fn a_torn_tail_is_told_from_garbage() {
    let text = format!("{R1}\n{}", &R2[..20]);
    let pieces = pieces(&text.into());
    let Piece::Damage(damage) = &pieces[1] else { panic!("no damage") };
    assert_eq!(damage.reason, "the file ends inside the record");
    assert_eq!(damage.offset, R1.len() + 1);
}

#[test]
fn nul_runs_hide_nothing() {
    let nul = "\0".repeat(512);
    for (text, offset) in [
        (format!("{nul}{R1}\n{R2}\n"), 0),
        (format!("{R1}{nul}\n{R2}\n"), 0),
        (format!("{R1}{nul}{R2}\n"), 0),
        (format!("{R1}\n{nul}\n{R2}\n"), R1.len() + 1),
        (format!("{R1}\n{R2}\n{nul}"), R1.len() + R2.len() + 2),
        (format!("{R1}\r{nul}\r\n{R2}\n"), 0),
    ] {
        let (records, damage) = split(text.as_bytes());
        assert_eq!(records, [R1, R2]);
        assert_eq!(damage, [offset]);
    }
    let (records, damage) = split(format!("{R1}\n{}{nul}{R2}\n", &R1[..9]).as_bytes());
    assert_eq!(records, [R1, R2]);
    assert_eq!(damage.len(), 2);
}

#[test]
fn a_lost_line_feed_loses_no_record() {
    assert_eq!(whole(&format!("{R1}{R2}\n")), [R1, R2]);
    let (records, damage) = split(format!("{R1}{}{R2}\n{R1}", &R2[..20]).as_bytes());
    assert_eq!(records, [R1, R2, R1]);
    assert_eq!(damage, [R1.len()]);
    let (records, damage) = split(format!("{R1}garbage\n{R2}").as_bytes());
    assert_eq!(records, [R1, R2]);
    assert_eq!(damage, [R1.len()]);
}

#[test]
fn a_member_of_a_torn_record_is_no_record() {
    let torn = r#"{"type":"session_meta","payload":{"timestamp":"t","id":"x"}"#;
    let (records, damage) = split(format!("{torn}\n{R1}").as_bytes());
    assert_eq!(records, [R1]);
    assert_eq!(damage, [0]);
}

#[test]
fn reasons_carry_no_contents() {
    for piece in pieces(&Bytes::from_static(b"{\"s3cret\":s3cret}\ns3cret")) {
        let Piece::Damage(damage) = piece else { panic!("a record") };
        assert!(!damage.reason.contains("s3cret"));
    }
}

#[test]
fn long_lines_are_read_whole() {
    let record = format!("{{\"a\":\"{}\"}}", "x".repeat(3 << 20));
    assert_eq!(whole(&format!("{record}\n{R1}\n")), [record.as_str(), R1]);
}
