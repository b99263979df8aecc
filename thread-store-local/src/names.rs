//! The names in `session_index.jsonl`.

use std::collections::HashMap;
use std::path::Path;

use thread_store::ThreadId;

use crate::item_source::{self, Piece};

/// File name of the index, at the root of a home.
pub(crate) const FILE: &str = "session_index.jsonl";

/// The name of each thread: of several lines about one thread the last counts, and an empty name
/// clears. A missing or damaged index costs the names that cannot be read, and nothing else.
pub(crate) fn read(home: &Path) -> HashMap<ThreadId, String> {
    let path = home.join(FILE);
    let pieces = item_source::read(&path).unwrap_or_default();
    let mut names = HashMap::new();
    for line in pieces.iter().filter_map(Piece::record) {
        let members = line.members();
        let id = members.string("id").and_then(|id| ThreadId::parse(&id).ok());
        let name = members.string("thread_name");
        if let (Some(id), Some(name)) = (id, name) {
            names.insert(id, name);
        }
    }
    names.retain(|_, name| !name.trim().is_empty());
    names
}
