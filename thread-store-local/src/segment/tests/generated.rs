//! Files of all that was ever found in one, in any order.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// What a line, or less, or more, can be.
fn stretch() -> impl Strategy<Value = Vec<u8>> {
    let fixed: Vec<&'static [u8]> = vec![
        b"{\"timestamp\":\"t\",\"type\":\"a\",\"payload\":{}} \n",
        b"{\"timestamp\":\"t\",\"type\":\"a\",\"payload\":{}} \n",
        b"{\"a\":1}\n",
        b"{\"a\":1}\n",
        b"{\"ordinal\":3}\n",
        b" {\"a\":2}\t\n",
        b"{\"a\":3}\r\n",
        b"{\"a\":3} \r\n",
        b"{\"a\":4}",
        b"{\"a\":4}{\"b\":5}\n",
        b"{\"a\":",
        b"{",
        b"}",
        b"\"",
        b"\\",
        b"{\n",
        b"{\"session\":{\"id\":1},\"items\":[{\"a\":1}]}\n",
        b"\n",
        b"\n",
        b" \n",
        b"\r\n",
        b" ",
        b"garbage\n",
        b"\0\0\0",
        b"\0\n",
        b"\xff\xfe\n",
        b"{\"a\":\"\xff\"}\n",
        b"\xef\xbb\xbf",
        b"{\"a\":\"\xe2\x80\xa8\"}\n",
        b"{\"timestamp\":\"t\",\"q\":{\"timestamp\":\"t\",\"type\":\"a\",\"payload\":{}}",
        b"\x28\xb5\x2f\xfd",
    ];
    let long = (0_usize..300).prop_map(|len| format!("{{\"l\":\"{}\"}}\n", "x".repeat(len)).into());
    prop_oneof![
        8 => proptest::sample::select(fixed).prop_map(<[u8]>::to_vec),
        2 => long,
        1 => vec(any::<u8>(), 0..20),
    ]
}

/// Mostly without a made header. One is made where it is the whole first line.
fn start() -> impl Strategy<Value = Vec<u8>> {
    let header = |end: &str| Just(format!("{HEADER}{end}").into_bytes());
    prop_oneof![
        8 => Just(Vec::new()),
        1 => header("\n"),
        1 => header(" \n"),
        1 => header(""),
        1 => Just(b"\xef\xbb\xbf".to_vec()),
    ]
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    (start(), vec(stretch(), 0..24)).prop_filter_map(
        "a header with more on its line",
        |(start, parts)| {
            let rest = parts.concat();
            let alone = !start.ends_with(b"}") || rest.is_empty() || rest.starts_with(b"\n");
            alone.then(|| [start, rest].concat())
        },
    )
}

/// Text over many checkpoints: lines of all lengths, and the same line again and again.
fn long_text() -> impl Strategy<Value = Vec<u8>> {
    let long = (0_usize..60_000)
        .prop_map(|len| format!("{{\"l\":\"{}\"}}\n", "x".repeat(len)).into_bytes());
    let many = (stretch(), 0_usize..3000)
        .prop_map(|(it, times)| it.repeat(times.min(40_000 / it.len().max(1))));
    vec(prop_oneof![2 => long, 2 => many, 4 => stretch()], 0..40).prop_map(|parts| parts.concat())
}

fn name() -> impl Strategy<Value = &'static str> {
    prop_oneof![9 => Just("rollout.jsonl"), 1 => Just("rollout.json")]
}

fn agrees(file: &TestFile, lines: &[Line], map: &FileMap) {
    let whole = whole(&file.path);
    let told: Vec<_> = lines.iter().map(|line| line.item.clone()).collect();
    assert_eq!(told, whole.items);
    assert!(lines.iter().enumerate().all(|(at, line)| line.record == at as u64));
    assert_eq!((map.records(), map.damage()), (told.len() as u64, whole.damage.len() as u64));
    // All ranges of a short file; some of a long one.
    let step = 1 + map.records() as usize / 30;
    for from in (0..=map.records()).step_by(step) {
        for to in [from, from + 1, from + 3, from + 70, u64::MAX] {
            assert!(file.read(map, from..to) == part_of(&whole, from..to), "{from}..{to}");
        }
    }
    let stored: FileMap = serde_json::from_str(&serde_json::to_string(map).unwrap()).unwrap();
    assert_eq!(stored, *map);
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Lines without their marks, which come with their line feeds.
fn unmarked(lines: &[Line]) -> Vec<Line> {
    lines.iter().map(|line| Line { marked: false, ..line.clone() }).collect()
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn a_scan_tells_what_the_reader_of_whole_files_finds(text in text(), name in name()) {
        let file = TestFile::new(name, &text);
        let (lines, map, _) = file.scan();
        agrees(&file, &lines, &map);
        for chunk in [1, 7, 64] {
            let (in_chunks, chunk_map, _) = file.scan_in(chunk);
            prop_assert_eq!(&in_chunks, &lines);
            prop_assert_eq!(&chunk_map, &map);
        }
    }

    #[test]
    fn compression_makes_no_difference(text in text(), cut in 0.0..1.2) {
        let compressed = zstd::encode_all(&text[..], 0).unwrap();
        let len = compressed.len();
        let cut = ((len as f64 * cut) as usize).clamp(4, len);
        let file = TestFile::new("rollout.jsonl.zst", &compressed[..cut]);
        let (lines, map, _) = file.scan();
        agrees(&file, &lines, &map);
    }

    #[test]
    fn a_file_that_grows_is_the_same_as_one_that_is_read_at_once(
        text in text(),
        name in name(),
        step in 1_usize..30,
        chunk in prop_oneof![Just(3_usize), Just(1 << 20)],
    ) {
        let file = TestFile::new(name, b"");
        let (mut lines, mut map, mut stamp) = file.scan();
        for added in text.chunks(step) {
            file.append(added);
            let extended =
                extend_in(chunk, &file.path, &mut map, &mut stamp, &mut |line| lines.push(line));
            if extended.unwrap() == Extended::Rewritten {
                (lines, map, stamp) = file.scan();
            }
            let (all, whole_map, whole_stamp) = file.scan();
            prop_assert_eq!(unmarked(&lines), unmarked(&all));
            prop_assert_eq!(&map, &whole_map);
            prop_assert_eq!(stamp, whole_stamp);
        }
    }
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn what_a_scan_says_of_a_long_file_is_right_everywhere(
        text in long_text(),
        compressed: bool,
        kept in 0.5..1.5,
        flip in proptest::option::weighted(0.2, any::<proptest::sample::Index>()),
    ) {
        let mut text = if compressed { zstd::encode_all(&text[..], 0).unwrap() } else { text };
        text.truncate((text.len() as f64 * kept) as usize);
        if let Some(at) = flip.filter(|_| text.len() > 4) {
            let at = 4 + at.index(text.len() - 4);
            text[at] ^= 0x10;
        }
        let file = TestFile::new("rollout.jsonl", &text);
        let (lines, map, _) = file.scan();
        agrees(&file, &lines, &map);
        let (in_chunks, chunk_map, _) = file.scan_in(50_000);
        prop_assert!(in_chunks == lines);
        prop_assert_eq!(&chunk_map, &map);
    }

    #[test]
    fn a_long_file_that_grows_is_the_same_as_one_that_is_read_at_once(
        text in long_text(),
        step in 1000_usize..200_000,
    ) {
        let file = TestFile::new("rollout.jsonl", b"");
        let (mut lines, mut map, mut stamp) = file.scan();
        for added in text.chunks(step) {
            file.append(added);
            let mut each = |line| lines.push(line);
            if extend(&file.path, &mut map, &mut stamp, &mut each).unwrap() == Extended::Rewritten {
                (lines, map, stamp) = file.scan();
            }
        }
        let (all, whole_map, _) = file.scan();
        prop_assert!(unmarked(&lines) == unmarked(&all));
        prop_assert_eq!(&map, &whole_map);
        agrees(&file, &lines, &map);
    }
}
