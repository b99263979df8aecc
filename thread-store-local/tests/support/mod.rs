//! A home as the suite needs it: opened twice, stopped, full, damaged.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tempfile::TempDir;
use thread_store::{ManualClock, Ordinal, Result, ThreadId, ThreadStore, Timestamp};
use thread_store_conformance::{Harness, NotOffered};
use thread_store_local::{Faults, LocalOptions, LocalStore};

pub(crate) struct Local {
    /// Where the home is now; the last of all.
    folders: Mutex<Vec<TempDir>>,
    clock: ManualClock,
    options: LocalOptions,
    faults: Faults,
}

impl Local {
    pub(crate) fn new(options: LocalOptions) -> Self {
        let clock = ManualClock::new(Timestamp::from_millis(1_800_000_000_000));
        let faults = Faults::default();
        let options = options.with_clock(Arc::new(clock.clone())).with_faults(faults.clone());
        let folders = Mutex::new(vec![tempfile::tempdir().unwrap()]);
        Self { folders, clock, options, faults }
    }

    fn home(&self) -> PathBuf {
        self.folders.lock().unwrap().last().unwrap().path().join("home")
    }

    async fn handle(&self, options: LocalOptions) -> Result<Arc<dyn ThreadStore>> {
        Ok(Arc::new(LocalStore::open_with(self.home(), options).await?))
    }
}

#[async_trait]
impl Harness for Local {
    async fn open(&self) -> Result<Arc<dyn ThreadStore>> {
        self.handle(self.options.clone()).await
    }

    fn clock(&self) -> Option<ManualClock> {
        Some(self.clock.clone())
    }

    /// A handle with leases and knowledge of its own; the real thing is in `processes.rs`.
    async fn open_elsewhere(&self) -> Result<Arc<dyn ThreadStore>, NotOffered> {
        self.handle(self.options.clone().apart()).await.map_err(|_| NotOffered)
    }

    /// What the next process finds after this one was killed: the files as they are. The real thing
    /// is in `processes.rs`.
    async fn crash(&self) -> Result<(), NotOffered> {
        let from = self.home();
        let folder = tempfile::tempdir().unwrap();
        copy(&from, &folder.path().join("home"));
        self.folders.lock().unwrap().push(folder);
        Ok(())
    }

    async fn fail_writes(&self, failing: bool) -> Result<(), NotOffered> {
        self.faults.fail_writes(failing);
        Ok(())
    }

    /// The first character of the record becomes another one.
    async fn damage(&self, thread_id: ThreadId, ordinal: Ordinal) -> Result<(), NotOffered> {
        let name = thread_id.to_string();
        let path = files(&self.home()).into_iter().find(|path| {
            let path = path.to_string_lossy();
            path.contains(&name) && path.contains("sessions/")
        });
        let path = path.unwrap();
        let mut lines: Vec<Vec<u8>> =
            fs::read(&path).unwrap().split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        let made = lines[0].windows(12).any(|part| part == br#""thread-stor"#);
        lines[ordinal.get() as usize + usize::from(made)][0] = b'#';
        fs::write(&path, lines.join(&b'\n')).unwrap();
        Ok(())
    }
}

/// Every file below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Copies what is there now. Files may come and go meanwhile.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            let _ = fs::copy(&path, target);
        }
    }
}
