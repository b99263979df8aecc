//! What the program prints: for people, or one JSON object per line.

mod progress;
mod table;
mod text;
mod tree;

use std::fmt::{Arguments, Display};
use std::io::{self, BufWriter, Stdout, Write as _};

use serde::Serialize;
use thread_store::Error;

pub(crate) use progress::Progress;
pub(crate) use table::print_table;
pub(crate) use text::{item_summary, label, one_line};
pub(crate) use tree::print_tree;

/// Standard output, in one of two forms. What is beside the answer goes to standard error.
pub(crate) struct Output {
    json: bool,
    out: BufWriter<Stdout>,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self {
            json,
            out: BufWriter::with_capacity(64 << 10, io::stdout()),
        }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// One line for machines.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, value)?;
        self.out.write_all(b"\n")
    }

    /// One line for people; nothing for machines.
    pub(crate) fn say(&mut self, line: Arguments<'_>) -> io::Result<()> {
        if self.json {
            Ok(())
        } else {
            writeln!(self.out, "{line}")
        }
    }

    /// One answer, in the form that was asked for.
    pub(crate) fn record(&mut self, value: &impl Serialize, said: impl Display) -> io::Result<()> {
        if self.json {
            self.json(value)
        } else {
            self.say(format_args!("{said}"))
        }
    }

    /// A line of bytes as they are.
    pub(crate) fn bytes(&mut self, line: &[u8]) -> io::Result<()> {
        self.out.write_all(line)?;
        self.out.write_all(b"\n")
    }

    /// Something to know beside the answer.
    pub(crate) fn warn(&mut self, line: Arguments<'_>) -> io::Result<()> {
        self.out.flush()?;
        writeln!(io::stderr(), "{line}")
    }

    /// An answer for machines that is a warning for people.
    pub(crate) fn notice(&mut self, value: &impl Serialize, line: Arguments<'_>) -> io::Result<()> {
        if self.json {
            self.json(value)
        } else {
            self.warn(line)
        }
    }

    /// Something that failed while the rest goes on.
    pub(crate) fn problem(&mut self, error: &Error) -> io::Result<()> {
        let value = serde_json::json!({ "outcome": "failed", "thread_id": error.thread_id(), "error": error });
        self.notice(&value, format_args!("error: {error} [{}]", error.code()))
    }

    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }
}
