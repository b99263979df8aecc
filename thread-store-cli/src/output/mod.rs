//! What the program prints: for people, or one JSON object per line.

mod hits;
mod progress;
mod table;
mod text;
mod tree;

use std::fmt::{Arguments, Display};
use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write as _};
use std::ops::Range;
use std::path::Path;

use serde::Serialize;
use thread_store::{Cursor, DamagedRecord, Error};

pub(crate) use hits::print_hit;
pub(crate) use progress::Progress;
pub(crate) use table::print_table;
pub(crate) use text::{item_summary, label, one_line, thread_item_summary};
use text::{marked, without_controls};
pub(crate) use tree::print_tree;

/// Standard output, in one of two forms. What is beside the answer goes to standard error.
///
/// A reader that goes away ends the output and nothing else: a change that is under way goes on.
pub(crate) struct Output {
    json: bool,
    /// Whether a part of a line can be set off.
    marks: bool,
    out: BufWriter<Stdout>,
    unread: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        let out = BufWriter::with_capacity(64 << 10, io::stdout());
        Self { json, marks: can_mark(), out, unread: false }
    }

    /// Whether nobody reads any more: what only reads can stop.
    pub(crate) fn is_unread(&self) -> bool {
        self.unread
    }

    fn line(&mut self, line: &[u8]) -> io::Result<()> {
        if self.unread {
            return Ok(());
        }
        let written = self.out.write_all(line).and_then(|()| self.out.write_all(b"\n"));
        self.settle(written)
    }

    fn settle(&mut self, written: io::Result<()>) -> io::Result<()> {
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.unread = true;
                Ok(())
            }
            written => written,
        }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// One line for machines.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        self.line(&serde_json::to_vec(value)?)
    }

    /// One line for people; nothing for machines.
    pub(crate) fn say(&mut self, line: Arguments<'_>) -> io::Result<()> {
        if self.json { Ok(()) } else { self.line(without_controls(&line.to_string()).as_bytes()) }
    }

    /// One line for people: a text of which a part, in bytes, is set off on a terminal.
    pub(crate) fn say_marked(
        &mut self,
        indent: &str,
        text: &str,
        range: Range<usize>,
    ) -> io::Result<()> {
        if self.json {
            return Ok(());
        }
        let text = if self.marks { marked(text, range) } else { without_controls(text) };
        self.line(format!("{indent}{text}").as_bytes())
    }

    /// A line above others, for people.
    pub(crate) fn heading(&mut self, line: Arguments<'_>) -> io::Result<()> {
        self.say(format_args!(""))?;
        self.say(line)?;
        self.say(format_args!(""))
    }

    /// One answer, in the form that was asked for.
    pub(crate) fn record(&mut self, value: &impl Serialize, said: impl Display) -> io::Result<()> {
        if self.json { self.json(value) } else { self.say(format_args!("{said}")) }
    }

    /// A line of bytes as they are.
    pub(crate) fn bytes(&mut self, line: &[u8]) -> io::Result<()> {
        self.line(line)
    }

    /// Something to know beside the answer.
    pub(crate) fn warn(&mut self, line: Arguments<'_>) -> io::Result<()> {
        self.beside(&without_controls(&line.to_string()))
    }

    fn beside(&mut self, line: &str) -> io::Result<()> {
        let flushed = self.out.flush();
        self.settle(flushed)?;
        match writeln!(io::stderr(), "{line}") {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written,
        }
    }

    /// Something for machines to know beside the answer.
    pub(crate) fn aside(&mut self, value: &impl Serialize) -> io::Result<()> {
        self.beside(&serde_json::to_string(value)?)
    }

    /// Where to go on, if what was asked for ended at its limit.
    pub(crate) fn more(&mut self, next: Option<&Cursor>) -> io::Result<()> {
        match next {
            Some(cursor) if self.json => self.aside(&serde_json::json!({ "next_cursor": cursor })),
            Some(cursor) => self.warn(format_args!("there are more: --cursor {cursor}")),
            None => Ok(()),
        }
    }

    /// An answer for machines that is a warning for people.
    pub(crate) fn notice(&mut self, value: &impl Serialize, line: Arguments<'_>) -> io::Result<()> {
        if self.json { self.json(value) } else { self.warn(line) }
    }

    /// Something that failed while the rest goes on, and the file that it was about.
    pub(crate) fn problem(&mut self, error: &Error, path: &Path) -> io::Result<()> {
        let path = path.display().to_string();
        let value = serde_json::json!({
            "outcome": "failed", "path": path, "thread_id": error.thread_id(), "error": error,
        });
        self.notice(&value, format_args!("error: {path}: {error} [{}]", error.code()))
    }

    /// A record that cannot be read, beside those that can.
    pub(crate) fn damage(&mut self, record: &DamagedRecord) -> io::Result<()> {
        if self.json {
            return self.aside(&serde_json::json!({ "damage": record }));
        }
        self.warn(format_args!("damaged record at {}: {}", record.location, record.reason))
    }

    pub(crate) fn finish(mut self) -> io::Result<()> {
        let flushed = self.out.flush();
        self.settle(flushed)
    }
}

/// Whether standard output is a terminal of somebody who has not asked for plain text
/// (<https://no-color.org>).
fn can_mark() -> bool {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !plain && io::stdout().is_terminal()
}
