//! What is known of a file, so that it need not be read again.

use serde::{Deserialize, Serialize};

use super::fingerprint::Fingerprint;
use super::numbering::Numbering;
use super::scanner;

/// How many bytes lie between checkpoints, roughly.
pub(super) const STEP: u64 = 32 << 10;
/// How far apart irregular stretches may be that are kept as one.
const GAP: u64 = 4 << 10;

/// How the records are stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Form {
    /// A line each.
    #[serde(rename = "l")]
    Lines,
    /// The same, compressed.
    #[serde(rename = "z")]
    Compressed,
    /// In one JSON document, compressed or not.
    #[serde(rename = "d")]
    Document,
}

/// A file's records and where to find them. Offsets are those of the expanded text.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct FileMap {
    #[serde(rename = "f")]
    pub(super) form: Form,
    /// Where the last whole line ends.
    #[serde(rename = "s")]
    pub(super) scanned_to: u64,
    /// How many records stand before that.
    #[serde(rename = "r")]
    pub(super) records: u64,
    /// By their places. What lies between them is lines of one record each.
    #[serde(rename = "i", default, skip_serializing_if = "Vec::is_empty")]
    pub(super) irregular: Vec<Irregular>,
    /// By their places; none is inside an irregular stretch. The start of the file is not listed.
    #[serde(rename = "c", default, skip_serializing_if = "Vec::is_empty", with = "super::packed")]
    pub(super) checkpoints: Vec<Checkpoint>,
    /// Of the last record, or made header, that has one.
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    pub(super) last_line_ordinal: Option<u64>,
    #[serde(rename = "n", default, skip_serializing_if = "Numbering::is_none")]
    pub(super) numbering: Numbering,
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub(super) tail: Option<Tail>,
    /// Where compressed data end early, and why.
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    pub(super) cut_off: Option<CutOff>,
    #[serde(rename = "p", default, skip_serializing_if = "Fingerprint::is_empty")]
    pub(super) fingerprint: Fingerprint,
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    pub(super) made_header: Option<MadeHeader>,
}

/// Whole lines that are not one record each. Regular lines may lie between.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(from = "[u64; 5]", into = "[u64; 5]")]
pub(super) struct Irregular {
    pub(super) start: u64,
    pub(super) end: u64,
    /// How many records of the file stand before it.
    pub(super) before: u64,
    pub(super) records: u64,
    pub(super) damage: u64,
}

/// The start of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Checkpoint {
    pub(super) offset: u64,
    /// How many records stand before it.
    pub(super) record: u64,
}

/// Text behind the last line feed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Tail {
    #[serde(rename = "l")]
    pub(super) len: u64,
    #[serde(rename = "r")]
    pub(super) records: u64,
    #[serde(rename = "d")]
    pub(super) damage: u64,
    /// Whether it is one record, and needs but its line feed.
    #[serde(rename = "w")]
    pub(super) is_regular: bool,
    /// Of its text.
    #[serde(rename = "h")]
    pub(super) hash: u64,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct CutOff {
    #[serde(rename = "o")]
    pub(super) offset: u64,
    #[serde(rename = "r")]
    pub(super) reason: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct MadeHeader {
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    pub(super) line_ordinal: Option<u64>,
}

impl FileMap {
    /// Of an empty file.
    pub(super) fn new(form: Form) -> Self {
        Self {
            form,
            scanned_to: 0,
            records: 0,
            irregular: Vec::new(),
            checkpoints: Vec::new(),
            last_line_ordinal: None,
            numbering: Numbering::default(),
            tail: None,
            cut_off: None,
            fingerprint: Fingerprint::default(),
            made_header: None,
        }
    }

    pub(crate) fn form(&self) -> Form {
        self.form
    }

    /// How many records there are, that of a last line without a line feed included.
    pub(crate) fn records(&self) -> u64 {
        self.records.saturating_add(self.tail.map_or(0, |tail| tail.records))
    }

    /// How many places cannot be read.
    pub(crate) fn damage(&self) -> u64 {
        let lines: u64 = self.irregular.iter().map(|irregular| irregular.damage).sum();
        lines + self.tail.map_or(0, |tail| tail.damage) + u64::from(self.cut_off.is_some())
    }

    /// Length of the text.
    pub(crate) fn len(&self) -> u64 {
        self.scanned_to.saturating_add(self.tail.map_or(0, |tail| tail.len))
    }

    /// Where the last whole line ends, in bytes of the text.
    pub(crate) fn lines_end(&self) -> u64 {
        self.scanned_to
    }

    /// Whether the text ends inside a line of which nothing can be read.
    pub(crate) fn has_torn_tail(&self) -> bool {
        self.tail.is_some_and(|tail| tail.records == 0 && !tail.is_regular)
    }

    /// Where a torn line starts that the text ends in, and its length.
    pub(crate) fn torn_tail(&self) -> Option<(u64, u64)> {
        let tail = self.tail.filter(|tail| tail.records == 0 && tail.damage > 0)?;
        (self.form == Form::Lines).then_some((self.scanned_to, tail.len))
    }

    /// Whether two maps say the same of a file. How they came about may differ.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        let tail = |map: &Self| map.tail.map(|it| (it.len, it.records, it.damage, it.hash));
        let facts = |map: &Self| (map.form, map.scanned_to, map.records(), map.damage());
        let ordinals = |map: &Self| (map.last_line_ordinal, map.numbering, map.made_header);
        facts(self) == facts(other)
            && ordinals(self) == ordinals(other)
            && tail(self) == tail(other)
            && self.cut_off == other.cut_off
    }

    /// Whether lines can be added to the file as it is.
    pub(crate) fn is_appendable(&self) -> bool {
        self.form == Form::Lines
    }

    /// Whether the text ends without a line feed, which must come before what is appended.
    pub(crate) fn has_tail(&self) -> bool {
        self.tail.is_some()
    }

    pub(crate) fn has_made_header(&self) -> bool {
        self.made_header.is_some()
    }

    /// The line ordinal of the last record, or made header, that has one.
    pub(crate) fn last_line_ordinal(&self) -> Option<u64> {
        self.last_line_ordinal
    }

    /// Takes in what our own writer appended: whole lines of one record each, with these lengths,
    /// line feeds included. If there was a [tail](Self::has_tail), a line feed that ends it comes
    /// before them in `bytes` and is no line. Either the lines have no line ordinals, or they run
    /// up to this one without a gap.
    pub(crate) fn appended(&mut self, bytes: &[u8], lines: &[u32], last_line_ordinal: Option<u64>) {
        self.end_tail();
        let lines = match lines {
            [first, rest @ ..] if self.scanned_to == 0 => {
                let line = bytes.get(..*first as usize).unwrap_or_default();
                let header = scanner::made_header(line);
                header.map_or(lines, |header| {
                    self.header_line(u64::from(*first), header);
                    rest
                })
            }
            _ => lines,
        };
        for len in lines {
            self.regular_line(self.scanned_to + u64::from(*len));
        }
        if !lines.is_empty() {
            self.numbering.appended(self.records, lines.len() as u64, last_line_ordinal);
        }
        self.last_line_ordinal = last_line_ordinal.or(self.last_line_ordinal);
        self.fingerprint.append(bytes);
    }

    /// Nothing is appended any more: what was kept for the next append is let go of.
    pub(crate) fn settle(&mut self) {
        self.fingerprint.settle();
    }

    /// The line feed has come that the tail wanted.
    fn end_tail(&mut self) {
        let Some(tail) = self.tail.take() else { return };
        let end = self.scanned_to + tail.len + 1;
        self.fingerprint.append_hashed(tail.len, tail.hash);
        match self.made_header {
            Some(header) if self.scanned_to == 0 => self.header_line(end, header),
            _ if tail.is_regular => self.regular_line(end),
            _ => self.irregular_line(end, tail.records, tail.damage),
        }
    }

    /// The next line, to `end`, is the made header.
    pub(super) fn header_line(&mut self, end: u64, header: MadeHeader) {
        self.made_header = Some(header);
        self.last_line_ordinal = header.line_ordinal;
        self.scanned_to = end;
        self.checkpoint(end);
    }

    /// The next line, to `end`, is one record.
    pub(super) fn regular_line(&mut self, end: u64) {
        self.before_line(end);
        self.records += 1;
        self.after_line(end);
    }

    /// The next line, to `end`, is anything else.
    pub(super) fn irregular_line(&mut self, end: u64, records: u64, damage: u64) {
        self.before_line(end);
        let (start, before) = (self.scanned_to, self.records);
        let checkpoint = self.last_checkpoint().offset;
        self.records += records;
        match self.irregular.last_mut() {
            Some(last) if last.start >= checkpoint && start - last.end <= GAP => {
                last.end = end;
                last.records = self.records - last.before;
                last.damage += damage;
            }
            _ => self.irregular.push(Irregular { start, end, before, records, damage }),
        }
        self.after_line(end);
    }

    /// Who wants the line before a long one need not read the long one.
    fn before_line(&mut self, end: u64) {
        let start = self.scanned_to;
        if end - start >= STEP && start > self.last_checkpoint().offset {
            self.checkpoint(start);
        }
    }

    fn after_line(&mut self, end: u64) {
        self.scanned_to = end;
        if end - self.last_checkpoint().offset >= STEP {
            self.checkpoint(end);
        }
    }

    fn checkpoint(&mut self, offset: u64) {
        self.checkpoints.push(Checkpoint { offset, record: self.records });
    }

    pub(super) fn last_checkpoint(&self) -> Checkpoint {
        self.checkpoints.last().copied().unwrap_or_default()
    }

    /// The tail was cut off.
    pub(super) fn drop_tail(&mut self) {
        self.tail = None;
        if self.scanned_to == 0 {
            self.made_header = None;
            self.last_line_ordinal = None;
        }
    }

    /// Whether there were only blank lines: then it is still open what the file is.
    pub(super) fn is_blank(&self) -> bool {
        let header = self.made_header.is_some() && self.scanned_to > 0;
        self.records == 0 && !header && self.irregular.iter().all(|it| it.damage == 0)
    }
}

impl From<[u64; 5]> for Irregular {
    fn from([start, len, before, records, damage]: [u64; 5]) -> Self {
        Self { start, end: start.saturating_add(len), before, records, damage }
    }
}

impl From<Irregular> for [u64; 5] {
    fn from(it: Irregular) -> Self {
        [it.start, it.end - it.start, it.before, it.records, it.damage]
    }
}
