//! Making a plain file of a compressed one, before anything is appended to it.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thread_store::{Error, Result, ThreadId};

use super::file::unavailable;
use super::layout::{make_folder, move_file, private, sync_folder};
use super::open_home::OpenHome;
use crate::item_source::Expander;
use crate::segment::{self, Form};

impl OpenHome {
    /// Makes sure that the thread's last file can be appended to. The caller has the thread's lock.
    pub(crate) fn make_appendable(&self, thread: ThreadId) -> Result<()> {
        let file = {
            let catalog = self.read();
            Arc::clone(catalog.any(thread)?.log.head())
        };
        let (path, form) = {
            let state = file.lock();
            (state.path.clone(), state.map.form())
        };
        match form {
            Form::Lines => return Ok(()),
            // Nobody could read what stood behind the end of a document.
            Form::Document => {
                return Err(Error::unsupported("appending to a document of the oldest format"));
            }
            Form::Compressed => {}
        }
        let plain = plain_path(&path);
        self.expand(thread, &path, &plain).map_err(unavailable)?;
        let (map, stamp) = segment::scan(&plain, &mut |_| ())?;
        let mut catalog = self.write();
        catalog.files.remove(&path);
        let mut state = file.lock();
        state.path.clone_from(&plain);
        (state.map, state.stamp) = (Arc::new(map), stamp);
        (state.is_unsaved, state.is_new) = (true, true);
        drop(state);
        catalog.files.insert(plain, file);
        catalog.change(thread, |_| ());
        self.keeper.is_gone(&path);
        Ok(())
    }

    /// Writes the plain file beside, whole and synced, before it takes the place of the other one.
    fn expand(&self, thread: ThreadId, from: &Path, to: &Path) -> io::Result<()> {
        self.faults.check()?;
        let unfinished = self.layout.unfinished(thread);
        if let Some(folder) = unfinished.parent() {
            make_folder(folder)?;
        }
        let written = write_expanded(from, &unfinished).and_then(|whole| {
            // Whatever has that name is no rollout that counts.
            if to.exists() {
                move_file(to, &self.layout.set_aside(to))?;
            }
            move_file(&unfinished, to)?;
            Ok(whole)
        });
        let is_whole = written.inspect_err(|_| {
            let removed = fs::remove_file(&unfinished);
            tracing::debug!(ok = removed.is_ok(), "an unfinished rollout is taken away");
        })?;
        to.parent().map_or(Ok(()), sync_folder)?;
        // What could not be expanded is kept.
        if is_whole { fs::remove_file(from) } else { move_file(from, &self.layout.set_aside(from)) }
    }
}

/// Writes what a compressed file expands to, with its permissions and its date; answers whether that
/// is all of it.
fn write_expanded(from: &Path, to: &Path) -> io::Result<bool> {
    let compressed = File::open(from)?;
    let meta = compressed.metadata()?;
    let mut file: File = private().write(true).create_new(true).open(to)?;
    let mut text = Expander::new(compressed)?;
    let mut buffer = vec![0; 1 << 17];
    let is_whole = loop {
        match text.read(&mut buffer) {
            Ok(0) => break true,
            Ok(count) => file.write_all(&buffer[..count])?,
            Err(_) => break false,
        }
    };
    file.set_permissions(meta.permissions())?;
    file.set_modified(meta.modified()?)?;
    file.sync_data()?;
    Ok(is_whole)
}

/// The path without `.zst`; of a file that has another name, the path with `.jsonl` behind it.
fn plain_path(path: &Path) -> PathBuf {
    match path.extension() {
        Some(extension) if extension.eq_ignore_ascii_case("zst") => path.with_extension(""),
        _ => {
            let mut name = path.as_os_str().to_owned();
            name.push(".jsonl");
            name.into()
        }
    }
}
