//! One rollout file as a sequence of records that can be entered anywhere.
//!
//! A *record* is a line that is one JSON object; records have the positions 0, 1, 2, … of their
//! file. [`scan`] reads the file once, checks every record, and makes a [`FileMap`]: where lines
//! start every few pages, and where something else stands than one record a line. With it [`read`]
//! costs what it answers, however long the file is, and checks nothing again; and [`extend`] takes
//! in what was added since.
//!
//! * A line is *marked* if exactly the record and one space stand before its line feed: so our
//!   writer marks what it wrote. The mark is no part of the record.
//! * A record's *line ordinal* is its top-level `ordinal`, which a file format added.
//! * A *made header* is a first line that our writer made so that others can read the file. It is
//!   no record of the history.

mod chunks;
mod cut;
mod extend;
mod fingerprint;
mod lost;
mod map;
mod numbering;
mod packed;
mod positional;
mod read;
mod scan;
mod scanner;

pub(crate) use cut::cut;
pub(crate) use extend::{Extended, extend};
pub(crate) use lost::{LostLine, blanks, lost_lines};
pub(crate) use map::{FileMap, Form};
pub(crate) use read::{Part, read};
pub(crate) use scan::scan;
pub(crate) use scanner::{Line, is_made_header};

#[cfg(test)]
mod tests;
