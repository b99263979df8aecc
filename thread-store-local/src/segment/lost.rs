//! What of the lines of a file cannot be read, to the byte.

use std::fs::File;
use std::ops::Range;
use std::path::Path;

use bytes::Bytes;
use thread_store::RolloutItem;

use super::map::{FileMap, Form};
use super::positional::bytes_at;
use crate::error::ReadError;
use crate::item_source::{self, Piece};

/// A line of which something cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct LostLine {
    /// Each place that cannot be read, in bytes from the start of the file, and why.
    pub(crate) damage: Vec<(u64, String)>,
    /// What stands outside of records, by where it starts. With [`blanks`] in its place the line has
    /// the same records and no damage; empty where that is not so.
    pub(crate) lost: Vec<(u64, Bytes)>,
    /// How many records of the file stand before the line.
    pub(crate) before: u64,
    /// Whether something is lost before the first record of the line.
    pub(crate) at_start: bool,
}

/// What readers pass over. One space behind a record would be the mark of our writer.
pub(crate) fn blanks(len: usize) -> Vec<u8> {
    if len == 1 { vec![b'\t'] } else { vec![b' '; len] }
}

/// Tells the lines of which something cannot be read; not a torn one that the file ends in, and none
/// of a file that is compressed or a document.
pub(crate) fn lost_lines(
    path: &Path,
    map: &FileMap,
    each: &mut dyn FnMut(LostLine),
) -> Result<(), ReadError> {
    if map.form != Form::Lines {
        return Ok(());
    }
    let failed = |source| ReadError::io(path, source);
    let file = File::open(path).map_err(failed)?;
    let damaged = map.irregular.iter().filter(|it| it.damage > 0);
    let tail = map.tail.filter(|tail| tail.damage > 0 && tail.records > 0);
    let stretches = damaged.map(|it| (it.start..it.end, it.before));
    for (range, before) in stretches.chain(tail.map(|_| (map.scanned_to..map.len(), map.records))) {
        let len = (range.end - range.start) as usize;
        let text = Bytes::from(bytes_at(&file, range.start, len).map_err(failed)?);
        lines(&text, range.start, before, each);
    }
    Ok(())
}

fn lines(text: &Bytes, mut start: u64, mut before: u64, each: &mut dyn FnMut(LostLine)) {
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        let line = text.slice_ref(line);
        let pieces = item_source::line_pieces(&line, start);
        if pieces.iter().any(|piece| piece.record().is_none()) {
            each(lost_line(&line, &pieces, start, before));
        }
        before += pieces.iter().filter(|piece| piece.record().is_some()).count() as u64;
        start += line.len() as u64;
    }
}

fn lost_line(line: &Bytes, pieces: &[Piece], start: u64, before: u64) -> LostLine {
    let damage = pieces.iter().filter_map(|piece| match piece {
        Piece::Damage(damage) => Some((damage.offset as u64, damage.reason.clone())),
        Piece::Record(_) => None,
    });
    let gaps = gaps(line, &records(pieces), start).unwrap_or_default();
    let gaps = if can_be_blanked(line, pieces, &gaps, start) { gaps } else { Vec::new() };
    LostLine {
        damage: damage.collect(),
        lost: gaps.into_iter().map(|gap| (start + gap.start as u64, line.slice(gap))).collect(),
        before,
        at_start: pieces.first().is_some_and(|piece| piece.record().is_none()),
    }
}

fn records(pieces: &[Piece]) -> Vec<&RolloutItem> {
    pieces.iter().filter_map(Piece::record).collect()
}

/// What stands around the records, which share the memory of the line. White space and a byte order
/// mark are not lost.
fn gaps(line: &Bytes, records: &[&RolloutItem], start: u64) -> Option<Vec<Range<usize>>> {
    let mark: &[u8] = b"\xef\xbb\xbf";
    let mut at = if start == 0 && line.starts_with(mark) { mark.len() } else { 0 };
    let mut gaps = Vec::new();
    for record in records {
        let bytes = record.as_bytes();
        let from = (bytes.as_ptr() as usize).checked_sub(line.as_ptr() as usize)?;
        gaps.push(at..from);
        at = from + bytes.len();
    }
    gaps.push(at..line.len());
    let trimmed = gaps.into_iter().map(|gap| {
        let text = line.get(gap.clone())?;
        let from = gap.end - text.trim_ascii_start().len();
        Some(from..from + text.trim_ascii().len())
    });
    let gaps: Option<Vec<_>> = trimmed.collect();
    gaps.map(|gaps| gaps.into_iter().filter(|gap| !gap.is_empty()).collect())
}

/// Whether the line has the same records without what is lost, and nothing else.
fn can_be_blanked(line: &Bytes, pieces: &[Piece], gaps: &[Range<usize>], start: u64) -> bool {
    let mut blanked = line.to_vec();
    for gap in gaps {
        blanked.splice(gap.clone(), blanks(gap.len()));
    }
    let after = item_source::line_pieces(&blanked.into(), start);
    let is_whole = after.iter().all(|piece| piece.record().is_some());
    is_whole && records(&after) == records(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = r#"{"timestamp":"t","type":"x","payload":{}}"#;

    fn lost(line: &str) -> LostLine {
        let mut found = Vec::new();
        lines(&Bytes::copy_from_slice(line.as_bytes()), 100, 0, &mut |line| found.push(line));
        assert_eq!(found.len(), 1, "{line}");
        found.remove(0)
    }

    fn parts(line: &str) -> Vec<(u64, String)> {
        let lost = lost(line).lost.into_iter();
        lost.map(|(at, text)| (at - 100, String::from_utf8_lossy(&text).into_owned())).collect()
    }

    #[test]
    fn a_line_without_any_record_is_lost_but_for_white_space_around_it() {
        assert_eq!(parts(" {\"torn\r\n"), [(1, "{\"torn".into())]);
    }

    #[test]
    fn records_on_a_damaged_line_are_not_lost() {
        assert_eq!(parts(&format!("{{\"torn{RECORD}\n")), [(0, "{\"torn".into())]);
        let at = RECORD.len() as u64;
        assert_eq!(parts(&format!("{RECORD}xy\n")), [(at, "xy".into())]);
        assert_eq!(
            parts(&format!("{RECORD}\0{RECORD}\0\0\n")),
            [(at, "\0".into()), (2 * at + 1, "\0\0".into())]
        );
    }

    #[test]
    fn a_record_does_not_become_one_of_our_writer_by_what_is_blanked_behind_it() {
        assert_eq!(blanks(1), b"\t");
        assert_eq!(blanks(3), b"   ");
    }

    #[test]
    fn what_is_lost_before_the_first_record_is_told_from_what_comes_later() {
        assert!(lost(&format!("x{RECORD}\n")).at_start);
        assert!(!lost(&format!("{RECORD}x\n")).at_start);
    }
}
