//! The records of a range.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use bytes::Bytes;
use memchr::memchr_iter;
use thread_store::RolloutItem;

use super::map::{Checkpoint, FileMap, Form};
use super::positional::{At, bytes_at};
use crate::error::ReadError;
use crate::item_source::{self, Expander, Piece};

/// What stands in a range of positions.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Part {
    /// The records, which share the memory of what was read.
    pub(crate) items: Vec<RolloutItem>,
    /// What cannot be read before one of them; at the end of the file, also behind the last.
    pub(crate) damage: Vec<PartDamage>,
}

/// A place that cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PartDamage {
    /// In bytes from the start of the expanded text.
    pub(crate) offset: u64,
    /// What is wrong, without contents.
    pub(crate) reason: String,
    /// How many records of the file stand before it.
    pub(crate) before: u64,
}

/// Reads the records of a range of positions, as far as it exists. The file must be as it was
/// mapped; where that shows not to be so, it is an error, [`ReadError::Changed`].
pub(crate) fn read(path: &Path, map: &FileMap, range: Range<u64>) -> Result<Part, ReadError> {
    let file = File::open(path).map_err(|source| ReadError::io(path, source))?;
    read_from(&file, path, map, range)
}

/// The same of a file that is open.
pub(crate) fn read_from(
    file: &File,
    path: &Path,
    map: &FileMap,
    range: Range<u64>,
) -> Result<Part, ReadError> {
    let end = range.end.min(map.records());
    let start = range.start.min(end);
    let mut part =
        Collect { range: start..end, to_end: end == map.records(), ..Collect::default() };
    if start == end && !part.to_end {
        return Ok(part.found);
    }
    if map.form == Form::Document {
        part.pieces(item_source::read(path)?);
        let whole = part.position == map.records();
        return if whole { Ok(part.found) } else { Err(changed(path)) };
    }
    let from = map.start_of(start);
    let to = if part.to_end { map.end() } else { map.end_of(end) };
    // The line feed before shows that a line starts there still.
    let base = from.offset.saturating_sub(1);
    let text = text(file, map.form, base..to.offset);
    let text = text.map_err(|source| ReadError::io(path, source))?;
    part.position = from.record;
    part.found.items.reserve(((end - start) as usize).min(text.len()));
    let walk = Walk { map, text, base, at: from.offset, to, part };
    walk.run().ok_or_else(|| changed(path))
}

fn changed(path: &Path) -> ReadError {
    ReadError::Changed { path: path.to_owned() }
}

/// A range of the expanded text, or what there is of it.
fn text(file: &File, form: Form, range: Range<u64>) -> io::Result<Bytes> {
    let len = range.end.saturating_sub(range.start) as usize;
    if form != Form::Compressed {
        // Nothing is asked for that is not there: a map may come from anywhere.
        let len = len.min(file.metadata()?.len() as usize);
        return Ok(bytes_at(file, range.start, len)?.into());
    }
    let mut expander = Expander::new(At { file, offset: 0 })?;
    let mut bytes = Vec::new();
    // The map knows where damaged data end. If they end before that now, too little is there.
    let skipped = io::copy(&mut expander.by_ref().take(range.start), &mut io::sink());
    if skipped.is_ok() {
        let _ = expander.take(len as u64).read_to_end(&mut bytes);
    }
    Ok(bytes.into())
}

impl FileMap {
    /// From where on all is found that belongs to the records from this one on.
    fn start_of(&self, record: u64) -> Checkpoint {
        let after = self.checkpoints.partition_point(|it| it.record <= record);
        let mut start =
            after.checked_sub(1).map_or_else(Checkpoint::default, |at| self.checkpoints[at]);
        // Damage right before the record may stand before the checkpoint.
        let before = self.irregular.partition_point(|it| it.start < start.offset);
        for irregular in self.irregular[..before].iter().rev() {
            if irregular.before.saturating_add(irregular.records) < record {
                break;
            }
            if irregular.damage > 0 {
                start = Checkpoint { offset: irregular.start, record: irregular.before };
            }
        }
        start
    }

    /// To where all is found that belongs to the records before this one.
    fn end_of(&self, record: u64) -> Checkpoint {
        let at = self.checkpoints.partition_point(|it| it.record < record);
        let lines = Checkpoint { offset: self.scanned_to, record: self.records };
        let behind = if record <= self.records { lines } else { self.end() };
        self.checkpoints.get(at).copied().unwrap_or(behind)
    }

    fn end(&self) -> Checkpoint {
        Checkpoint { offset: self.len(), record: self.records() }
    }
}

/// Passes through the text of a range.
struct Walk<'a> {
    map: &'a FileMap,
    text: Bytes,
    /// Where the text starts.
    base: u64,
    at: u64,
    to: Checkpoint,
    part: Collect,
}

impl Walk<'_> {
    /// `None` if the text is not what the map says.
    fn run(mut self) -> Option<Part> {
        let starts_line = self.at == 0 || self.text.first() == Some(&b'\n');
        starts_line.then_some(())?;
        let first = self.map.irregular.partition_point(|it| it.start < self.at);
        for irregular in &self.map.irregular[first..] {
            if irregular.start >= self.to.offset || self.part.is_full() {
                break;
            }
            self.lines(irregular.start)?;
            if !self.part.is_full() {
                (self.part.position == irregular.before).then_some(())?;
                let nothing = irregular.records == 0 && irregular.damage == 0;
                self.irregular(irregular.end, irregular.records, nothing)?;
            }
        }
        self.lines(self.to.offset.min(self.map.scanned_to))?;
        self.tail()?;
        let whole = self.part.is_full() || self.part.position == self.to.record;
        whole.then_some(self.part.found)
    }

    /// Text that no line feed ends, and where compressed data end.
    fn tail(&mut self) -> Option<()> {
        if self.part.is_full() {
            return Some(());
        }
        if let Some(tail) = self.map.tail {
            let nothing = tail.records == 0 && tail.damage == 0;
            self.irregular(self.map.len(), tail.records, nothing)?;
        }
        if let Some(cut_off) = &self.map.cut_off
            && self.part.to_end
        {
            self.part.damage(cut_off.offset, cut_off.reason.clone());
        }
        Some(())
    }

    fn slice(&self, to: u64) -> Option<Bytes> {
        let range = (self.at - self.base) as usize..to.checked_sub(self.base)? as usize;
        (range.start <= range.end && range.end <= self.text.len()).then(|| self.text.slice(range))
    }

    /// Lines of one record each.
    fn lines(&mut self, to: u64) -> Option<()> {
        if self.part.is_full() {
            return Some(());
        }
        let text = self.slice(to)?;
        (text.is_empty() || text.ends_with(b"\n")).then_some(())?;
        let mut start = 0;
        for feed in memchr_iter(b'\n', &text) {
            self.part.record(|| record(&text, start..feed))?;
            start = feed + 1;
            if self.part.is_full() {
                break;
            }
        }
        self.at = to;
        Some(())
    }

    fn irregular(&mut self, end: u64, records: u64, nothing: bool) -> Option<()> {
        if !nothing {
            let position = self.part.position;
            let text = self.slice(end)?;
            self.part.pieces(item_source::line_pieces(&text, self.at));
            (self.part.position - position == records).then_some(())?;
        }
        self.at = end;
        Some(())
    }
}

/// The record of a line that was one when it was checked.
fn record(text: &Bytes, line: Range<usize>) -> Option<RolloutItem> {
    let line = &text[line];
    let record = if line.ends_with(b"}") { line } else { line.trim_ascii_end() };
    let record = if record.starts_with(b"{") { record } else { record.trim_ascii_start() };
    let whole = record.starts_with(b"{") && record.ends_with(b"}");
    whole.then(|| RolloutItem::from_stored(text.slice_ref(record)))
}

/// Keeps what belongs to a range.
#[derive(Default)]
struct Collect {
    range: Range<u64>,
    /// Whether the range ends with the file.
    to_end: bool,
    /// That of the next record.
    position: u64,
    found: Part,
}

impl Collect {
    fn is_full(&self) -> bool {
        self.position >= self.range.end && !self.to_end
    }

    fn record(&mut self, item: impl FnOnce() -> Option<RolloutItem>) -> Option<()> {
        if self.range.contains(&self.position) {
            self.found.items.push(item()?);
        }
        self.position += 1;
        Some(())
    }

    fn damage(&mut self, offset: u64, reason: String) {
        let before = self.position;
        let at_end = self.to_end && before == self.range.end;
        if at_end || self.range.contains(&before) {
            self.found.damage.push(PartDamage { offset, reason, before });
        }
    }

    fn pieces(&mut self, pieces: Vec<Piece>) {
        for piece in pieces {
            match piece {
                Piece::Record(item) => {
                    self.record(|| Some(item));
                }
                Piece::Damage(damage) => self.damage(damage.offset as u64, damage.reason),
            }
        }
    }
}
