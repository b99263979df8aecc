//! Records on lines of their own.

use std::ops::Range;

use bytes::Bytes;
use memchr::{memchr, memchr_iter, memmem};
use serde::de::IgnoredAny;
use thread_store::{ErrorKind, RolloutItem};

use super::Piece;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// How every record in an envelope starts, from the first that Codex wrote to today.
const ENVELOPE_START: &[u8] = b"{\"timestamp\":";
/// How often a damaged line is searched for a record, so that no line costs more than this many
/// passes.
const MAX_SEARCHES: usize = 64;

/// Splits a text at line feeds (at nothing else: U+2028 is part of a record) into records, which
/// share its memory, and damage. Blank lines and a byte order mark are neither.
pub(super) fn pieces(text: &Bytes) -> Vec<Piece> {
    pieces_from(text, if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 })
}

/// The same of what stands behind this place, where a line starts.
pub(super) fn pieces_from(text: &Bytes, mut start: usize) -> Vec<Piece> {
    let mut splitter = Splitter { text, out: Vec::new() };
    for end in memchr_iter(b'\n', text) {
        if end >= start {
            splitter.line(start..end);
            start = end + 1;
        }
    }
    splitter.line(start..text.len());
    splitter.out
}

struct Splitter<'a> {
    text: &'a Bytes,
    out: Vec<Piece>,
}

impl Splitter<'_> {
    fn line(&mut self, line: Range<usize>) {
        let line = self.trim(line);
        if line.is_empty() || self.record(line.clone()).is_ok() {
            return;
        }
        match memchr(0, &self.text[line.clone()]) {
            Some(_) => self.between_nuls(line),
            None => self.damaged(line),
        }
    }

    /// Takes a range as one record, or says why it is none.
    fn record(&mut self, range: Range<usize>) -> Result<(), String> {
        let item = RolloutItem::from_bytes(self.text.slice(range)).map_err(reason)?;
        self.out.push(Piece::Record(item));
        Ok(())
    }

    /// NUL bytes are what a file system leaves of blocks that were never written. No record has
    /// one, so what stands between them is read for itself.
    fn between_nuls(&mut self, line: Range<usize>) {
        self.out.push(Piece::damage(line.start, "NUL bytes in place of text"));
        let mut at = line.start;
        for part in self.text[line].split(|&byte| byte == 0) {
            let range = self.trim(at..at + part.len());
            if !range.is_empty() && self.record(range.clone()).is_err() {
                self.damaged(range);
            }
            at += part.len() + 1;
        }
    }

    /// Keeps the whole records of a line that is not one: those before a lost line feed, and one
    /// that was written after a torn one without a line feed between them.
    fn damaged(&mut self, line: Range<usize>) {
        let mut rest = line.clone();
        while let Some(end) = self.object_end(&rest)
            && self.record(rest.start..end).is_ok()
        {
            rest = self.trim(end..line.end);
        }
        if rest.is_empty() {
            return;
        }
        let record = self.last_record(&rest);
        let lost = rest.start..record.as_ref().map_or(rest.end, |item| rest.end - item.len());
        self.out.push(Piece::damage(lost.start, self.what_is_wrong(&lost)));
        self.out.extend(record.map(Piece::Record));
    }

    /// Where the object ends that starts here, if a whole one does.
    fn object_end(&self, range: &Range<usize>) -> Option<usize> {
        let text = &self.text[range.clone()];
        let mut values = serde_json::Deserializer::from_slice(text).into_iter::<IgnoredAny>();
        (text.first() == Some(&b'{')).then_some(())?;
        values.next()?.ok()?;
        Some(range.start + values.byte_offset())
    }

    /// A whole record at the end of a line. It must be an envelope: the end of a torn record can be
    /// a whole object too, one of its members.
    fn last_record(&self, range: &Range<usize>) -> Option<RolloutItem> {
        memmem::find_iter(&self.text[range.clone()], ENVELOPE_START)
            .filter(|&at| at > 0)
            .take(MAX_SEARCHES)
            .find_map(|at| {
                let rest = self.text.slice(range.start + at..range.end);
                let item = RolloutItem::from_bytes(rest).ok()?;
                let members = item.members();
                let envelope = members.has("type") && members.has("payload");
                envelope.then_some(item)
            })
    }

    fn what_is_wrong(&self, lost: &Range<usize>) -> String {
        let text = self.text.slice(lost.clone());
        let torn = text.starts_with(b"{") && lost.end == self.text.len();
        match RolloutItem::from_bytes(text) {
            Err(_) if torn => "the file ends inside the record".into(),
            Err(error) => reason(error),
            Ok(_) => "no record".into(),
        }
    }

    fn trim(&self, range: Range<usize>) -> Range<usize> {
        let text = &self.text[range.clone()];
        let start = range.end - text.trim_ascii_start().len();
        start..start + text.trim_ascii().len()
    }
}

/// Why it is no item.
#[allow(clippy::needless_pass_by_value)] // The form that `map_err` asks for.
fn reason(error: thread_store::Error) -> String {
    match error.kind() {
        ErrorKind::InvalidRequest { reason, .. } => reason.clone(),
        kind => kind.to_string(),
    }
}

#[cfg(test)]
mod tests;
