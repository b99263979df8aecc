//! Line by line: what is one record, and what is not.

use std::ops::Range;

use bytes::Bytes;
use memchr::memchr_iter;
use thread_store::{Record, RolloutItem};

use super::chunks::Chunk;
use super::fingerprint::{Fingerprint, REACH, hash, last_of};
use super::map::{FileMap, MadeHeader, Tail};
use crate::item_source::{self, Piece};

/// A record, as it is found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Line {
    /// Its position in the file.
    pub(crate) record: u64,
    pub(crate) item: RolloutItem,
    /// Whether our writer wrote the line.
    pub(crate) marked: bool,
    pub(crate) line_ordinal: Option<u64>,
}

/// Takes in the text behind a map, and tells its records.
pub(super) struct Scanner<'a> {
    pub(super) map: &'a mut FileMap,
    each: &'a mut dyn FnMut(Line),
    /// The first record to tell: those before it were told.
    told: u64,
    /// The end of the text so far, as much of it as a fingerprint needs.
    recent: Vec<u8>,
}

impl<'a> Scanner<'a> {
    /// `recent` is what stands before the end of the map.
    pub(super) fn new(
        map: &'a mut FileMap,
        recent: Vec<u8>,
        each: &'a mut dyn FnMut(Line),
    ) -> Self {
        let told = map.records();
        Self { map, each, told, recent }
    }

    pub(super) fn chunk(&mut self, chunk: &Chunk) {
        self.map.drop_tail();
        let lines = chunk.text.slice(chunk.lines.clone());
        if !lines.is_empty() {
            self.lines(&lines);
            self.remember(&lines);
        }
        let tail = chunk.text.slice(chunk.lines.end..);
        if !tail.is_empty() {
            self.tail(&tail);
        }
    }

    fn lines(&mut self, text: &Bytes) {
        let mut start = 0;
        for feed in memchr_iter(b'\n', text) {
            self.line(text, start..feed);
            start = feed + 1;
        }
    }

    fn line(&mut self, text: &Bytes, line: Range<usize>) {
        let end = self.map.scanned_to + line.len() as u64 + 1;
        let Some((item, marked)) = regular(text, line.clone()) else {
            let pieces =
                item_source::line_pieces(&text.slice(line.start..=line.end), self.map.scanned_to);
            let (records, damage) = self.take(pieces);
            return self.map.irregular_line(end, records, damage);
        };
        if self.map.scanned_to == 0
            && let Some(header) = header_of(&item)
        {
            return self.map.header_line(end, header);
        }
        self.record(self.map.records, item, marked);
        self.map.regular_line(end);
    }

    /// Text that no line feed ends.
    fn tail(&mut self, text: &Bytes) {
        let regular = regular(text, 0..text.len());
        let header = regular.as_ref().filter(|_| self.map.scanned_to == 0);
        let header = header.and_then(|(item, _)| header_of(item));
        let (records, damage) = match header {
            Some(header) => {
                self.map.last_line_ordinal = header.line_ordinal;
                (0, 0)
            }
            None => self.take(item_source::line_pieces(text, self.map.scanned_to)),
        };
        if self.map.scanned_to == 0 {
            self.map.made_header = header;
        }
        let (len, is_regular) = (text.len() as u64, regular.is_some());
        self.map.tail = Some(Tail { len, records, damage, is_regular, hash: hash(text) });
    }

    /// Tells the records of what was taken apart. Answers how many there are, and how much damage.
    pub(super) fn take(&mut self, pieces: Vec<Piece>) -> (u64, u64) {
        let (mut records, mut damage) = (0, 0);
        for piece in pieces {
            match piece {
                Piece::Record(item) => {
                    self.record(self.map.records + records, item, false);
                    records += 1;
                }
                Piece::Damage(_) => damage += 1,
            }
        }
        (records, damage)
    }

    fn record(&mut self, record: u64, item: RolloutItem, marked: bool) {
        let line_ordinal = item.line_ordinal();
        self.map.numbering.record(record, line_ordinal);
        self.map.last_line_ordinal = line_ordinal.or(self.map.last_line_ordinal);
        if record >= self.told {
            (self.each)(Line { record, item, marked, line_ordinal });
        }
    }

    fn remember(&mut self, lines: &[u8]) {
        let lines = last_of(lines);
        let too_much = (self.recent.len() + lines.len()).saturating_sub(REACH);
        self.recent.drain(..too_much);
        self.recent.extend_from_slice(lines);
        self.map.fingerprint = Fingerprint::of(&self.recent);
    }
}

/// The record of a line that is one, and whether the line is marked.
fn regular(text: &Bytes, line: Range<usize>) -> Option<(RolloutItem, bool)> {
    let all = &text[line.clone()];
    let record = all.trim_ascii();
    if !record.starts_with(b"{") || !record.ends_with(b"}") {
        return None;
    }
    // No line feed, so no last line without one, follows a mark.
    let marked = line.end < text.len() && all.strip_suffix(b" ") == Some(record);
    RolloutItem::from_bytes(text.slice_ref(record)).ok().map(|item| (item, marked))
}

/// The header of a first line, its line feed included, that our writer made.
pub(super) fn made_header(line: &[u8]) -> Option<MadeHeader> {
    let line = Bytes::copy_from_slice(line);
    let (item, _) = regular(&line, 0..line.len())?;
    header_of(&item)
}

/// Whether a record, the first one of a file, is a header that our writer made: it is no item.
pub(crate) fn is_made_header(item: &RolloutItem) -> bool {
    header_of(item).is_some()
}

fn header_of(item: &RolloutItem) -> Option<MadeHeader> {
    (item.kind()? == "session_meta").then_some(())?;
    let Record::SessionMeta(meta) = item.record() else { return None };
    (meta.members().string("made_by")? == "thread-store").then_some(())?;
    Some(MadeHeader { line_ordinal: item.line_ordinal() })
}
