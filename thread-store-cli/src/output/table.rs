//! Threads as a table.

use std::io;

use comfy_table::{ContentArrangement, Table, presets};
use thread_store::{StoredThread, Timestamp};

use super::{Output, label, one_line};

pub(crate) fn print_table(out: &mut Output, threads: &[StoredThread]) -> io::Result<()> {
    if threads.is_empty() {
        return out.say(format_args!("no threads"));
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["ID", "CREATED", "ITEMS", "SOURCE", "CWD", "NAME"]);
    for thread in threads {
        let archived = if thread.is_archived() { " [archived]" } else { "" };
        table.add_row([
            thread.thread_id.to_string(),
            minute(thread.identity.created_at),
            thread.next_ordinal.to_string(),
            thread.identity.source.kind().as_str().to_owned(),
            one_line(thread.metadata.cwd.as_deref().unwrap_or("-")),
            format!("{}{archived}", label(thread)),
        ]);
    }
    for line in table.lines() {
        out.say(format_args!("{}", line.trim_end()))?;
    }
    Ok(())
}

/// `2026-11-20 16:33`, in UTC.
pub(super) fn minute(time: Timestamp) -> String {
    time.to_string().chars().take(16).collect::<String>().replace('T', " ")
}
