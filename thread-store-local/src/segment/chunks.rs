//! The text of a file in chunks of whole lines.

use std::io::{self, Read};
use std::ops::Range;

use bytes::Bytes;
use memchr::memrchr;

/// Reads a text chunk by chunk, so that memory holds one, or the longest line.
pub(super) struct Chunks<R> {
    reader: R,
    size: usize,
    /// Where the next chunk starts.
    base: u64,
    /// The start of a line whose end was not read yet.
    rest: Vec<u8>,
    /// Set at the end of the text: why it ends, if that is an error.
    end: Option<io::Result<()>>,
}

/// Whole lines, and at the end of the text what stands behind the last line feed.
pub(super) struct Chunk {
    pub(super) base: u64,
    pub(super) text: Bytes,
    /// Of `text`: to behind the last line feed.
    pub(super) lines: Range<usize>,
}

impl<R: Read> Chunks<R> {
    pub(super) fn new(reader: R, base: u64, size: usize) -> Self {
        Self { reader, size, base, rest: Vec::new(), end: None }
    }

    /// How the text ended.
    pub(super) fn into_end(self) -> io::Result<()> {
        self.end.unwrap_or(Ok(()))
    }

    /// Reads on until there is a line feed.
    fn fill(&mut self, text: &mut Vec<u8>) -> usize {
        let (mut searched, mut size) = (0, self.size);
        loop {
            text.reserve_exact(size);
            let before = text.len();
            let result = self.reader.by_ref().take(size as u64).read_to_end(text);
            if result.is_err() || text.len() - before < size {
                self.end = Some(result.map(|_| ()));
            }
            if let Some(at) = memrchr(b'\n', &text[searched..]) {
                return searched + at + 1;
            }
            if self.end.is_some() {
                return 0;
            }
            searched = text.len();
            size = size.max(text.len());
        }
    }
}

impl<R: Read> Iterator for Chunks<R> {
    type Item = Chunk;

    fn next(&mut self) -> Option<Chunk> {
        if self.end.is_some() {
            return None;
        }
        let mut text = Vec::with_capacity(self.rest.len() + self.size);
        text.append(&mut self.rest);
        let lines = self.fill(&mut text);
        if self.end.is_none() {
            self.rest = text.split_off(lines);
        }
        let base = self.base;
        self.base += text.len() as u64;
        (!text.is_empty()).then(|| Chunk { base, text: text.into(), lines: 0..lines })
    }
}
