//! Files that grow, by us or by others, and files that become others.

use std::fs;

use super::*;

const A: &str = "{\"a\":1}\n";
const B: &str = "{\"b\":\"2\"}\n";

struct Followed {
    file: TestFile,
    map: FileMap,
    stamp: Stamp,
}

impl Followed {
    fn new(text: &str) -> Self {
        let file = TestFile::new("rollout.jsonl", text.as_bytes());
        let (_, map, stamp) = file.scan();
        Self { file, map, stamp }
    }

    /// What became of it, and the new records.
    fn extend(&mut self) -> (Extended, Vec<(u64, String)>) {
        let mut told = Vec::new();
        let mut each = |line: Line| told.push((line.record, line.item.text().into_owned()));
        let extended = extend(&self.file.path, &mut self.map, &mut self.stamp, &mut each).unwrap();
        (extended, told)
    }

    fn is_as_scanned(&self) {
        let (_, map, stamp) = self.file.scan();
        assert_eq!((&self.map, self.stamp), (&map, stamp));
    }

    fn write(&self, text: &str) {
        fs::write(&self.file.path, text).unwrap();
    }
}

#[test]
fn only_what_was_added_is_told() {
    let mut followed = Followed::new(A);
    assert_eq!(followed.extend(), (Extended::Unchanged, vec![]));
    followed.file.append(B.as_bytes());
    assert_eq!(followed.extend(), (Extended::Grown, vec![(1, B.trim().into())]));
    assert_eq!(followed.extend(), (Extended::Unchanged, vec![]));
    followed.is_as_scanned();
}

#[test]
fn a_whole_record_without_a_line_feed_is_told_once() {
    let mut followed = Followed::new(A);
    followed.file.append(B.trim().as_bytes());
    assert_eq!(followed.extend(), (Extended::Grown, vec![(1, B.trim().into())]));
    assert_eq!(followed.map.records(), 2);
    followed.file.append(b"\n");
    assert_eq!(followed.extend(), (Extended::Grown, vec![]));
    followed.file.append(A.as_bytes());
    assert_eq!(followed.extend(), (Extended::Grown, vec![(2, A.trim().into())]));
    followed.is_as_scanned();
}

#[test]
fn a_torn_record_is_told_when_it_is_complete() {
    let mut followed = Followed::new(A);
    for part in B.as_bytes()[..B.len() - 2].chunks(1) {
        followed.file.append(part);
        assert_eq!(followed.extend(), (Extended::Grown, vec![]));
        assert_eq!((followed.map.records(), followed.map.damage()), (1, 1));
    }
    followed.file.append(b"}");
    assert_eq!(followed.extend(), (Extended::Grown, vec![(1, B.trim().into())]));
    assert_eq!((followed.map.records(), followed.map.damage()), (2, 0));
}

#[test]
fn a_torn_record_that_is_cut_off_is_forgotten() {
    let mut followed = Followed::new(&format!("{A}{{\"torn"));
    followed.write(A);
    assert_eq!(followed.extend(), (Extended::Grown, vec![]));
    assert_eq!((followed.map.records(), followed.map.damage()), (1, 0));
    followed.is_as_scanned();
}

#[test]
fn a_file_that_is_another_is_not_gone_on_with() {
    let text = format!("{A}{B}");
    for (before, after) in [
        (text.clone(), String::new()),
        (text.clone(), A.into()),
        (text.clone(), format!("{B}{A}")),
        (text.clone(), format!("{B}{B}{B}")),
        (text.trim().into(), format!("{A}{{\"b\":\"3\"}}\n")),
        (text.trim().into(), A.into()),
    ] {
        let mut followed = Followed::new(&before);
        let map = followed.map.clone();
        followed.write(&after);
        assert_eq!(followed.extend(), (Extended::Rewritten, vec![]), "{after}");
        assert_eq!(followed.map, map);
    }
}

#[test]
fn a_file_that_was_put_in_place_of_another_is_another() {
    let mut followed = Followed::new(A);
    let other = followed.file.path.with_extension("new");
    fs::write(&other, format!("{A}{B}")).unwrap();
    fs::rename(&other, &followed.file.path).unwrap();
    assert_eq!(followed.extend(), (Extended::Rewritten, vec![]));
}

#[test]
fn compressed_files_and_documents_are_read_anew_when_they_change() {
    let packed = zstd::encode_all(A.as_bytes(), 0).unwrap();
    for (name, text, more) in [
        ("rollout.jsonl.zst", &packed[..], &packed[..]),
        ("rollout.json", &b"{\n"[..], &b"\"items\":[]}"[..]),
        // Not to be told from lines before there are four bytes, or a line.
        ("rollout.jsonl", &packed[..2], &packed[2..]),
        ("rollout.jsonl", &b"\n \n"[..], &b"{\n\"items\":[]}"[..]),
    ] {
        let file = TestFile::new(name, text);
        let (_, map, stamp) = file.scan();
        let mut followed = Followed { file, map, stamp };
        followed.file.append(more);
        assert_eq!(followed.extend(), (Extended::Rewritten, vec![]), "{name}");
    }
}

/// Lines of all lengths, with the marks and line ordinals that our writer gives.
fn batch(from: u64, count: u64) -> (String, Vec<u32>) {
    let lines = (from..from + count).map(|ordinal| {
        let text = "x".repeat((ordinal as usize * 7919) % 3000);
        format!("{{\"timestamp\":\"t\",\"ordinal\":{ordinal},\"payload\":\"{text}\"}} \n")
    });
    let lines: Vec<String> = lines.collect();
    (lines.concat(), lines.iter().map(|line| line.len() as u32).collect())
}

#[test]
fn what_we_appended_need_not_be_read() {
    for before in ["", A, "{\"ordinal\":0}\n", "\n", "garbage\n"] {
        let mut followed = Followed::new(before);
        let mut next = 1;
        for count in [1, 3, 1, 40, 2, 1] {
            let (text, lines) = batch(next, count);
            next += count;
            followed.file.append(text.as_bytes());
            followed.map.appended(text.as_bytes(), &lines, Some(next - 1));
            assert_eq!(followed.extend().0, Extended::Unchanged);
            let (lines, mut map, _) = followed.file.scan();
            map.fingerprint = followed.map.fingerprint.clone();
            assert_eq!(followed.map, map);
            let items: Vec<_> = lines.into_iter().map(|line| line.item).collect();
            assert_eq!(followed.file.read(&followed.map, 0..u64::MAX).items, items);
        }
        followed.write(&format!("{A}{}", "x".repeat(followed.map.len() as usize)));
        assert_eq!(followed.extend().0, Extended::Rewritten);
    }
}

#[test]
fn what_we_appended_to_a_tail_ends_it_first() {
    for tail in ["{\"ordinal\":0}", "{\"ordinal\":0} ", "{\"torn", "  ", "{}{}", HEADER] {
        for before in ["", "{}\n"] {
            let mut followed = Followed::new(&format!("{before}{tail}"));
            let text = "\n{\"ordinal\":1} \n";
            followed.file.append(text.as_bytes());
            followed.map.appended(text.as_bytes(), &[text.len() as u32 - 1], Some(1));
            let (_, mut map, _) = followed.file.scan();
            map.fingerprint = followed.map.fingerprint.clone();
            assert_eq!(followed.map, map, "{before}{tail}");
            assert_eq!(followed.extend().0, Extended::Unchanged);
        }
    }
}

#[test]
fn a_made_header_that_we_wrote_is_known() {
    let mut followed = Followed::new("");
    let text = format!("{HEADER} \n{{\"ordinal\":1}} \n");
    let first = HEADER.len() as u32 + 2;
    followed.file.append(text.as_bytes());
    followed.map.appended(text.as_bytes(), &[first, text.len() as u32 - first], Some(1));
    assert!(followed.map.has_made_header());
    assert_eq!(followed.map.records(), 1);
    assert_eq!(followed.extend().0, Extended::Unchanged);
    followed.is_as_scanned();
}

#[test]
fn a_map_that_was_stored_goes_on_with_appends() {
    let mut followed = Followed::new(A);
    for round in 0..30 {
        followed.map =
            serde_json::from_str(&serde_json::to_string(&followed.map).unwrap()).unwrap();
        followed.file.append(B.as_bytes());
        followed.map.appended(B.as_bytes(), &[B.len() as u32], None);
        assert_eq!(followed.extend().0, Extended::Unchanged, "{round}");
    }
    followed.file.append(A.as_bytes());
    assert_eq!(followed.extend(), (Extended::Grown, vec![(31, A.trim().into())]));
    followed.is_as_scanned();
}
