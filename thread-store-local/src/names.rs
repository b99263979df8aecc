//! The names in `session_index.jsonl`, which Codex and we write.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use serde_json::json;
use thread_store::{ThreadId, Timestamp};

use crate::error::ReadError;
use crate::item_source::{self, Piece};
use crate::store::layout::{Layout, lock_patiently, private};

/// File name of the index, at the root of a home.
pub(crate) const FILE: &str = "session_index.jsonl";
/// File name of its lock, which Codex takes for every change.
pub(crate) const LOCK: &str = "session_index.jsonl.lock";

/// What the index says of one thread last.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Named {
    /// Empty where the name was cleared.
    pub(crate) name: String,
    /// When, if the line says so.
    pub(crate) at: Option<Timestamp>,
}

/// The name of each thread: of several lines about one thread the last counts, and an empty name
/// clears. A missing or damaged index costs the names that cannot be read, and nothing else.
pub(crate) fn read(home: &Path) -> HashMap<ThreadId, String> {
    let named = read_lines(home).unwrap_or_default().into_iter();
    named
        .filter(|(_, named)| !named.name.trim().is_empty())
        .map(|(id, named)| (id, named.name))
        .collect()
}

/// What the index says of each thread last, cleared names too.
///
/// # Errors
///
/// If there is an index that cannot be read.
pub(crate) fn read_lines(home: &Path) -> Result<HashMap<ThreadId, Named>, ReadError> {
    let pieces = match item_source::read(&home.join(FILE)) {
        Err(ReadError::Missing { .. }) => Vec::new(),
        pieces => pieces?,
    };
    let lines = pieces.iter().filter_map(Piece::record);
    let named = lines.filter_map(|line| {
        let members = line.members();
        let id = ThreadId::parse(&members.string("id")?).ok()?;
        let name = members.string("thread_name")?;
        Some((id, Named { name, at: members.timestamp("updated_at") }))
    });
    Ok(named.collect())
}

/// Adds a name.
pub(crate) fn add(layout: &Layout, thread: ThreadId, name: &str, at: Timestamp) -> io::Result<()> {
    let _lock = lock(layout)?;
    let line = json!({ "id": thread, "thread_name": name, "updated_at": at });
    let path = layout.session_index();
    let mut text = String::new();
    if fs::read(&path).is_ok_and(|there| there.last().is_some_and(|&byte| byte != b'\n')) {
        text.push('\n');
    }
    text.push_str(&format!("{line}\n"));
    private().append(true).create(true).open(path)?.write_all(text.as_bytes())
}

/// Every line about a thread, by where it starts.
pub(crate) fn lines_about_threads(layout: &Layout) -> io::Result<Vec<(u64, ThreadId)>> {
    let text = match fs::read(layout.session_index()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        text => text?,
    };
    Ok(lines(&text).filter_map(|(at, line)| Some((at, about(line)?))).collect())
}

/// Takes out every line about these threads. What is no line about a thread stays as it is.
pub(crate) fn forget(layout: &Layout, threads: &HashSet<ThreadId>) -> io::Result<()> {
    forget_kept(layout, threads, |_| Ok(()))
}

/// The same of lines that are kept elsewhere first.
pub(crate) fn forget_kept(
    layout: &Layout,
    threads: &HashSet<ThreadId>,
    keep: impl FnOnce(&[(u64, &[u8])]) -> io::Result<()>,
) -> io::Result<()> {
    if !layout.session_index().exists() {
        return Ok(());
    }
    let _lock = lock(layout)?;
    let path = layout.session_index();
    let text = fs::read(&path)?;
    let is_gone = |line: &[u8]| about(line).is_some_and(|id| threads.contains(&id));
    let (gone, stay): (Vec<_>, Vec<_>) = lines(&text).partition(|(_, line)| is_gone(line));
    if gone.is_empty() {
        return Ok(());
    }
    keep(&gone)?;
    let kept: Vec<u8> = stay.into_iter().flat_map(|(_, line)| line).copied().collect();
    let mut new = tempfile::NamedTempFile::new_in(layout.home())?;
    new.write_all(&kept)?;
    new.as_file().sync_data()?;
    new.persist(&path).map(drop).map_err(|error| error.error)
}

/// The lines with their line feeds, each with where it starts.
fn lines(text: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    text.split_inclusive(|&byte| byte == b'\n').scan(0, |next, line| {
        let at = *next;
        *next += line.len() as u64;
        Some((at, line))
    })
}

fn about(line: &[u8]) -> Option<ThreadId> {
    let line: serde_json::Value = serde_json::from_slice(line.trim_ascii()).ok()?;
    ThreadId::parse(line.get("id")?.as_str()?).ok()
}

/// Takes the lock, as Codex does.
fn lock(layout: &Layout) -> io::Result<File> {
    let path = layout.session_index_lock();
    let file = private().read(true).write(true).create(true).truncate(false).open(path)?;
    lock_patiently(&file, File::try_lock)?;
    Ok(file)
}
