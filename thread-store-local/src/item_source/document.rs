//! The oldest format: one JSON document `{"session":{…},"items":[…]}`, written by the TypeScript
//! program, indented, over many lines.

use std::ops::Range;
use std::path::Path;

use bytes::Bytes;
use thread_store::RolloutItem;

use super::Piece;

/// Whether a text is such a document: by the file's name, or because its first line is a lone `{`.
pub(super) fn is_document(path: &Path, text: &[u8]) -> bool {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let first_line = text.split(|&byte| byte == b'\n').find(|line| !line.trim_ascii().is_empty());
    starts_document(path, first_line)
}

/// The same by the first line that is not blank, if there is one.
pub(crate) fn starts_document(path: &Path, first_line: Option<&[u8]>) -> bool {
    let named = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let alone = first_line.is_some_and(|line| line.trim_ascii() == b"{");
    alone || (named && !first_line.is_some_and(is_record))
}

/// A file may have the name of a document and hold lines.
fn is_record(line: &[u8]) -> bool {
    let line = Bytes::copy_from_slice(line.trim_ascii());
    RolloutItem::from_bytes(line).is_ok_and(|item| !item.members().has("items"))
}

/// Its records: the session, as the header, and then the items, each on one line: line breaks and
/// the indentation after them are left out, and nothing else is changed. A document that is cut
/// off gives the records before the cut.
pub(super) fn pieces(text: &Bytes) -> Vec<Piece> {
    let mut scan = Scan::new(text);
    let mut found: Vec<Found> = scan.by_ref().collect();
    // The header comes first, wherever the session stands.
    found.sort_by_key(|found| !found.is_session);
    let mut out: Vec<Piece> = found
        .into_iter()
        .map(|Found { range, .. }| {
            let start = range.start;
            match RolloutItem::from_bytes(one_line(text, range)) {
                Ok(item) => Piece::Record(item),
                Err(_) => Piece::damage(start, "no record"),
            }
        })
        .collect();
    if scan.depth > 0 || text.trim_ascii().is_empty() {
        let offset = scan.open.unwrap_or(text.len());
        out.push(Piece::damage(offset, "the document ends early"));
    }
    out
}

/// The text of an object without its line breaks. They can only stand between tokens: a string
/// holds none that are not escaped.
fn one_line(text: &Bytes, range: Range<usize>) -> Bytes {
    let slice = text.slice(range);
    if !slice.contains(&b'\n') {
        return slice;
    }
    let mut lines = slice.split(|&byte| byte == b'\n');
    let mut line: Vec<u8> = lines.next().unwrap_or_default().to_vec();
    for next in lines {
        while line.last() == Some(&b'\r') {
            line.pop();
        }
        line.extend_from_slice(next.trim_ascii_start());
    }
    line.into()
}

/// A record in the text.
struct Found {
    is_session: bool,
    range: Range<usize>,
}

/// Finds the object `session` and the elements of `items`, by brackets and strings alone.
struct Scan<'a> {
    text: &'a [u8],
    at: usize,
    depth: usize,
    /// The last string at the top level: the name of the member whose value comes.
    name: Range<usize>,
    in_items: bool,
    /// Where the object starts that is being scanned.
    open: Option<usize>,
}

impl<'a> Scan<'a> {
    fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, depth: 0, name: 0..0, in_items: false, open: None }
    }

    fn is_named(&self, name: &[u8]) -> bool {
        self.text[self.name.clone()] == *name
    }

    /// Passes a string; the opening quote was passed.
    fn string(&mut self) {
        let start = self.at;
        while let Some(&byte) = self.text.get(self.at) {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                break;
            }
        }
        self.at = self.at.min(self.text.len());
        if self.depth == 1 {
            self.name = start..self.at.saturating_sub(1).max(start);
        }
    }

    fn opening(&mut self, bracket: u8) {
        let record = match self.depth {
            1 => bracket == b'{' && self.is_named(b"session"),
            2 => bracket == b'{' && self.in_items,
            _ => false,
        };
        if record {
            self.open = Some(self.at - 1);
        }
        if self.depth == 1 {
            self.in_items = bracket == b'[' && self.is_named(b"items");
        }
        self.depth += 1;
    }

    /// The record that a closing bracket completes, if it does.
    fn closing(&mut self) -> Option<Found> {
        self.depth = self.depth.saturating_sub(1);
        let record_depth = if self.in_items { 2 } else { 1 };
        (self.depth == record_depth).then_some(())?;
        Some(Found { is_session: !self.in_items, range: self.open.take()?..self.at })
    }
}

impl Iterator for Scan<'_> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        while let Some(&byte) = self.text.get(self.at) {
            self.at += 1;
            match byte {
                b'"' => self.string(),
                b'{' | b'[' => self.opening(byte),
                b'}' | b']' => {
                    if let Some(record) = self.closing() {
                        return Some(record);
                    }
                }
                _ => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "{\n  \"session\": {\n    \"id\": \"x\",\n    \"timestamp\": \"t\"\n  },\n  \"items\": [\n    {\n      \"role\": \"user\",\n      \"content\": \"a ]} \\\" b\"\n    },\n    {\"role\": \"tool\", \"n\": [ {}, [1] ]}\n  ],\n  \"more\": {\"role\": \"no\"}\n}";
    const RECORDS: [&str; 3] = [
        r#"{"id": "x","timestamp": "t"}"#,
        r#"{"role": "user","content": "a ]} \" b"}"#,
        r#"{"role": "tool", "n": [ {}, [1] ]}"#,
    ];

    fn split(text: &str) -> (Vec<String>, Vec<usize>) {
        let pieces = pieces(&Bytes::copy_from_slice(text.as_bytes()));
        let records = pieces.iter().filter_map(Piece::record);
        let records = records.map(|item| item.text().into_owned()).collect();
        let damage = pieces.iter().filter_map(|piece| match piece {
            Piece::Damage(damage) => Some(damage.offset),
            Piece::Record(_) => None,
        });
        (records, damage.collect())
    }

    #[test]
    fn a_document_gives_its_session_and_items_each_on_one_line() {
        for text in [DOCUMENT.to_owned(), DOCUMENT.replace('\n', "\r\n")] {
            let (records, damage) = split(&text);
            assert_eq!(records, RECORDS);
            assert!(damage.is_empty());
        }
    }

    #[test]
    fn the_session_comes_first_wherever_it_stands() {
        let (records, _) = split(r#"{"items":[{"a":1},{"b":[]}],"session":{"id":"x"}}"#);
        assert_eq!(records, [r#"{"id":"x"}"#, r#"{"a":1}"#, r#"{"b":[]}"#]);
    }

    #[test]
    fn a_document_that_is_cut_off_gives_what_came_before() {
        for cut in 0..DOCUMENT.len() {
            let (records, damage) = split(&DOCUMENT[..cut]);
            assert_eq!(records, RECORDS[..records.len()], "{cut}");
            assert_eq!(damage.len(), 1, "{cut}");
        }
    }

    #[test]
    fn what_looks_like_a_document_is_told_from_lines() {
        let json = Path::new("rollout-2025-08-23-x.json");
        let jsonl = Path::new("rollout.jsonl");
        assert!(is_document(json, DOCUMENT.as_bytes()));
        assert!(is_document(jsonl, DOCUMENT.as_bytes()));
        assert!(is_document(json, br#"{"session":{},"items":[]}"#));
        assert!(!is_document(json, b"{\"type\":\"a\"}\n{\"type\":\"b\"}\n"));
        assert!(!is_document(jsonl, b"{\"session\":{},\"items\":[]}"));
    }

    #[test]
    fn an_element_that_is_no_record_costs_itself_only() {
        let (records, damage) = split(r#"{"items":[{"a":1},{"b":x},7,{"c":3}]}"#);
        assert_eq!(records, [r#"{"a":1}"#, r#"{"c":3}"#]);
        assert_eq!(damage, [18]);
    }
}
