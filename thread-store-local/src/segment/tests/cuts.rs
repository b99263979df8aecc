//! Cuts are those of the reader of histories.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::segment::cut::Cut;

/// What [`lineage`](crate::lineage) keeps, and whether it is complete.
fn expected(lines: &[Option<u64>], mut next: u64, end: u64) -> Cut {
    let (mut inside, mut is_over, mut records) = (next < end, false, 0);
    for (at, line) in lines.iter().enumerate() {
        if let Some(ordinal) = line {
            inside = *ordinal < end;
            next = next.max(ordinal + 1);
        }
        is_over |= at > 0 && !inside;
        records += u64::from(!is_over && at > 0 && inside);
    }
    Cut { records, complete: next >= end }
}

fn text(lines: &[Option<u64>]) -> String {
    let mut text = String::new();
    for (at, line) in lines.iter().enumerate() {
        let ordinal = line.map_or_else(String::new, |ordinal| format!("\"ordinal\":{ordinal},"));
        let header = r#""type":"session_meta","payload":{"made_by":"thread-store"}"#;
        let rest = if at == 0 { header } else { r#""type":"a""# };
        text += &format!("{{\"timestamp\":\"t\",{ordinal}{rest}}} \n");
    }
    text
}

/// The first is that of a made header.
fn lines() -> impl Strategy<Value = Vec<Option<u64>>> {
    let dense =
        (0_u64..9, 1_u64..12).prop_map(|(from, len)| (from..from + len).map(Some).collect());
    let mixed = vec(proptest::option::weighted(0.8, 0_u64..20), 1..12);
    let none = (1_usize..12).prop_map(|len| vec![None; len]);
    let header_only = (0_u64..9, 1_usize..5).prop_map(|(first, len)| {
        std::iter::once(Some(first)).chain(std::iter::repeat_n(None, len)).collect()
    });
    prop_oneof![dense, mixed, none, header_only]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_cut_is_where_the_reader_of_histories_cuts(lines in lines(), next in 0_u64..20, end in 0_u64..25) {
        let file = TestFile::new("rollout.jsonl", text(&lines).as_bytes());
        let (_, map, _) = file.scan();
        prop_assert_eq!(map.records() as usize, lines.len() - 1);
        prop_assert_eq!(cut(&file.path, &map, next, end).unwrap(), expected(&lines, next, end));
    }
}

#[test]
fn a_file_whose_line_ordinals_run_through_is_cut_without_being_read() {
    let lines: Vec<_> = (3..9).map(Some).collect();
    let file = TestFile::new("rollout.jsonl", text(&lines).as_bytes());
    let (_, map, _) = file.scan();
    std::fs::remove_file(&file.path).unwrap();
    assert_eq!(cut(&file.path, &map, 3, 7).unwrap(), Cut { records: 3, complete: true });
    assert_eq!(cut(&file.path, &map, 3, 10).unwrap(), Cut { records: 5, complete: false });
}
