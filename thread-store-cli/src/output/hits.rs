//! What a search found.

use std::io;

use thread_store::SearchHit;

use super::table::minute;
use super::{Output, label};

/// Prints a hit as a block of three lines, or as one line for machines.
pub(crate) fn print_hit(out: &mut Output, hit: &SearchHit) -> io::Result<()> {
    if out.is_json() {
        return out.json(hit);
    }
    let thread = &hit.thread;
    let archived = if thread.is_archived() { " [archived]" } else { "" };
    out.say(format_args!("{}  {}{archived}", thread.thread_id, label(thread)))?;
    let when = minute(thread.metadata.recency_at);
    out.say(format_args!("    {when}, {}", how_often(hit.count)))?;
    out.say_marked("    ", &hit.snippet, hit.range.clone())?;
    out.say(format_args!(""))
}

fn how_often(count: u64) -> String {
    match count {
        0 => "in what it is called".to_owned(),
        1 => "in 1 message".to_owned(),
        count => format!("in {count} messages"),
    }
}
