//! How deep and how large metadata may be, everywhere alike.

use std::io;

use serde::Serialize;

use crate::error::Error;

/// The deepest nesting of JSON in metadata and sources, the record itself included. (Items have no
/// such limit.)
pub const MAX_METADATA_DEPTH: usize = 64;

/// The most bytes that the metadata of a thread may have as JSON, and a patch of them.
pub const MAX_METADATA_BYTES: usize = 4 << 20;

/// Checks depth and size of what is to be stored as JSON.
pub(crate) fn check(field: &'static str, value: &impl Serialize) -> Result<(), Error> {
    let mut measure = Measure::default();
    serde_json::to_writer(&mut measure, value)
        .map_err(|error| Error::invalid(field, "cannot be written as JSON").because(error))?;
    let Measure { bytes, deepest, .. } = measure;
    if deepest > MAX_METADATA_DEPTH {
        let reason = format!("nested {deepest} levels deep, of at most {MAX_METADATA_DEPTH}");
        return Err(Error::invalid(field, reason));
    }
    if bytes > MAX_METADATA_BYTES {
        let reason = format!("{bytes} bytes of at most {MAX_METADATA_BYTES}");
        return Err(Error::invalid(field, reason));
    }
    Ok(())
}

/// How deep the arrays and objects of a JSON text are nested.
pub(crate) fn depth(json: &str) -> usize {
    let mut measure = Measure::default();
    measure.take(json.as_bytes());
    measure.deepest
}

/// Measures the JSON that is written to it.
#[derive(Default)]
struct Measure {
    bytes: usize,
    depth: usize,
    deepest: usize,
    in_string: bool,
    escaped: bool,
}

impl Measure {
    fn take(&mut self, json: &[u8]) {
        self.bytes += json.len();
        for byte in json {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = self.in_string,
                b'"' => self.in_string = !self.in_string,
                _ if self.in_string => {}
                b'[' | b'{' => {
                    self.depth += 1;
                    self.deepest = self.deepest.max(self.depth);
                }
                b']' | b'}' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }
}

impl io::Write for Measure {
    fn write(&mut self, json: &[u8]) -> io::Result<usize> {
        self.take(json);
        Ok(json.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_count_where_they_are_no_text() {
        for (json, levels) in
            [("1", 0), ("[]", 1), (r#"{"a":[{}],"b":{}}"#, 3), (r#"["[[\"[[","\\",[]]"#, 2)]
        {
            assert_eq!(depth(json), levels, "{json}");
        }
    }
}
