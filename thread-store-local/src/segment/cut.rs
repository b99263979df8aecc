//! Where a later file takes over.

use std::path::Path;

use super::map::FileMap;
use super::numbering::Numbering;
use super::scan::scan;
use crate::error::ReadError;

/// How much of a file belongs to a history that a later file continues.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Cut {
    /// So many of its first records.
    pub(crate) records: u64,
    /// Whether none is missing before the end.
    pub(crate) complete: bool,
}

/// The records before the first one with a line ordinal of `end` or more; what has none belongs to
/// the record before it. `next` is the line ordinal that the first record should have.
pub(crate) fn cut(path: &Path, map: &FileMap, next: u64, end: u64) -> Result<Cut, ReadError> {
    let mut cut = Cutter { next, end, inside: next < end, records: 0 };
    if let Some(header) = map.made_header {
        cut.line(header.line_ordinal);
    }
    match map.numbering {
        Numbering::None => cut.all(map.records()),
        Numbering::Dense(first) => cut.dense(first, map.records()),
        Numbering::Mixed => {
            let mut is_over = false;
            let (now, _) = scan(path, &mut |line| {
                cut.line(line.line_ordinal);
                is_over |= !cut.inside;
                cut.records += u64::from(!is_over);
            })?;
            if now.records() != map.records() {
                return Err(ReadError::Changed { path: path.to_owned() });
            }
        }
    }
    Ok(Cut { records: cut.records, complete: cut.next >= end })
}

struct Cutter {
    next: u64,
    end: u64,
    inside: bool,
    records: u64,
}

impl Cutter {
    fn line(&mut self, line_ordinal: Option<u64>) {
        if let Some(ordinal) = line_ordinal {
            self.inside = ordinal < self.end;
            self.next = self.next.max(ordinal.saturating_add(1));
        }
    }

    /// Records without line ordinals.
    fn all(&mut self, records: u64) {
        self.records = if self.inside { records } else { 0 };
    }

    fn dense(&mut self, first: u64, records: u64) {
        self.records = self.end.saturating_sub(first).min(records);
        self.next = self.next.max(first.saturating_add(records));
    }
}
