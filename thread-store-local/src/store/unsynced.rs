//! What of a rollout may not survive loss of power.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::faults::Faults;
use super::layout::sync_folder;
use crate::walk;

/// What is to be synced.
#[derive(Debug)]
pub(crate) struct Unsynced {
    pub(crate) file: Arc<File>,
    /// Up to where it was synced before.
    pub(crate) from: u64,
    pub(crate) size: u64,
    pub(crate) folders: Vec<PathBuf>,
}

impl Unsynced {
    /// Has the system begin to write, without waiting for it: what is said not to be needed any more
    /// is written at once, and what is not written is not dropped. If it does not, the sync does.
    pub(crate) fn begin(&self) {
        #[cfg(target_os = "linux")]
        {
            let length = std::num::NonZeroU64::new(self.size.saturating_sub(self.from));
            let advice = rustix::fs::Advice::DontNeed;
            let _ = rustix::fs::fadvise(&self.file, self.from, length, advice);
        }
    }

    pub(crate) fn sync(&self, faults: &Faults) -> io::Result<()> {
        faults.check()?;
        self.file.sync_data()?;
        self.folders.iter().try_for_each(|folder| sync_folder(folder))
    }
}

/// The folders from that of a file up to its home.
pub(crate) fn folders_above(path: &Path) -> Vec<PathBuf> {
    let home = walk::home_of(path);
    let above = path.ancestors().skip(1);
    let inside = above.take_while(|folder| home.is_some_and(|home| folder.starts_with(home)));
    inside.map(Path::to_owned).collect()
}
