//! Where a rollout is that was somewhere else when the log was written.

use std::cell::OnceCell;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::store::journal::{Entry, Place};
use crate::store::layout::{Layout, sync_folder};
use crate::walk;

/// What tells where rollouts have gone.
#[derive(Debug)]
pub(super) struct Whereabouts<'a> {
    layout: &'a Layout,
    said: &'a [(Entry, Place)],
    /// Every rollout of the home, once somebody asked.
    found: OnceCell<Vec<PathBuf>>,
}

impl<'a> Whereabouts<'a> {
    pub(super) fn new(layout: &'a Layout, said: &'a [(Entry, Place)]) -> Self {
        Self { layout, said, found: OnceCell::new() }
    }

    /// The rollout that was at this path: there, where the journal says that it was moved to, or
    /// wherever a file has its name.
    pub(super) fn of(&self, path: &Path) -> Option<PathBuf> {
        let there = self.layout.absolute(path);
        if there.is_file() {
            return Some(there);
        }
        self.moved(path).or_else(|| self.named(path, ""))
    }

    /// The same, but compressed.
    pub(super) fn compressed(&self, path: &Path) -> Option<PathBuf> {
        self.named(path, ".zst")
    }

    fn moved(&self, path: &Path) -> Option<PathBuf> {
        let mut now = path;
        for (entry, _) in self.said {
            let Entry::Move { moves, .. } = entry else { continue };
            let mut files = moves.iter().flat_map(|moved| &moved.files);
            if let Some((_, to)) = files.find(|(from, _)| from == now) {
                now = to;
            }
        }
        Some(self.layout.absolute(now)).filter(|path| path.is_file())
    }

    fn named(&self, path: &Path, suffix: &str) -> Option<PathBuf> {
        let mut name = path.file_name()?.to_owned();
        name.push(suffix);
        let find = || walk::find(self.layout.home()).map(|found| found.files).unwrap_or_default();
        let mut found = self.found.get_or_init(find).iter();
        found.find(|path| path.file_name() == Some(&name) && path.is_file()).cloned()
    }

    /// Syncs a rollout and its folder. One that is gone needs none.
    pub(super) fn sync(&self, path: &Path) -> io::Result<()> {
        let Some(path) = self.of(self.layout.relative(path)) else { return Ok(()) };
        File::open(&path)?.sync_data()?;
        path.parent().map_or(Ok(()), sync_folder)
    }
}
