//! What the index promises, whatever happens to its file.

mod damage;
mod processes;

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::error::IndexError;
use super::*;

/// A home, and where its index is.
struct Home {
    folder: TempDir,
    index: PathBuf,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let index = folder.path().join("thread-store/index.sqlite");
        Self { folder, index }
    }

    /// With these entries, closed.
    async fn with(entries: &[IndexEntry]) -> Self {
        let home = Self::new();
        home.save(entries).await;
        home
    }

    async fn open(&self) -> IndexFile {
        IndexFile::open(&self.index).await.unwrap()
    }

    async fn save(&self, entries: &[IndexEntry]) {
        let index = self.open().await;
        index.save(entries.to_vec(), Vec::new()).await.unwrap();
        index.close().await;
    }

    async fn load(&self) -> Vec<IndexEntry> {
        let index = self.open().await;
        let found = sorted(&index).await;
        index.close().await;
        found
    }

    fn beside(&self, end: &str) -> PathBuf {
        let name = format!("index.sqlite{end}");
        self.index.with_file_name(name)
    }
}

async fn sorted(index: &IndexFile) -> Vec<IndexEntry> {
    let mut found = index.load().await.unwrap();
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn entry(number: usize, version: u8) -> IndexEntry {
    let stamp = Stamp { size: 1000 + u64::from(version), modified: number as i64, inode: 5 };
    let path = format!("sessions/2026/11/20/rollout-{number:05}.jsonl").into_bytes();
    IndexEntry { path, stamp, facts: vec![version; 100 + number % 1400] }
}

fn entries(count: usize) -> Vec<IndexEntry> {
    (0..count).map(|number| entry(number, 1)).collect()
}

#[tokio::test]
async fn what_was_saved_is_loaded_also_after_it_was_opened_again() {
    let all = entries(1500);
    let home = Home::with(&all).await;
    assert_eq!(home.load().await, all);
}

#[tokio::test]
async fn the_last_entry_of_a_path_counts_and_the_others_stay() {
    let home = Home::with(&entries(50)).await;
    let index = home.open().await;
    index.save(vec![entry(7, 2), entry(7, 3)], Vec::new()).await.unwrap();
    let found = sorted(&index).await;
    assert_eq!(found.len(), 50);
    assert_eq!((&found[7], &found[8]), (&entry(7, 3), &entry(8, 1)));
}

#[tokio::test]
async fn what_is_gone_is_not_loaded() {
    let home = Home::with(&entries(3)).await;
    let index = home.open().await;
    let gone = vec![entry(1, 1).path, b"never stored".to_vec()];
    index.save(Vec::new(), gone).await.unwrap();
    assert_eq!(sorted(&index).await, [entry(0, 1), entry(2, 1)]);
    index.save(vec![entry(0, 2)], vec![entry(0, 1).path]).await.unwrap();
    assert_eq!(sorted(&index).await, [entry(0, 2), entry(2, 1)]);
}

#[tokio::test]
async fn nothing_saved_is_nothing_loaded() {
    let home = Home::new();
    assert!(home.load().await.is_empty());
    home.save(&[]).await;
    assert!(home.load().await.is_empty());
}

#[tokio::test]
async fn paths_and_facts_are_any_bytes_of_any_length() {
    let stamp = Stamp { size: u64::MAX, modified: i64::MIN, inode: u64::MAX };
    let empty = IndexEntry { path: Vec::new(), stamp, facts: Vec::new() };
    let odd = IndexEntry { path: vec![0, 0xff, b'\n'], stamp, facts: vec![0; 3 << 20] };
    let home = Home::with(&[empty.clone(), odd.clone()]).await;
    assert_eq!(home.load().await, [empty, odd]);
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_what_is_made() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new();
    let index = home.open().await;
    index.save(entries(3), Vec::new()).await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(home.index.parent().unwrap()), 0o700);
    for end in ["", "-wal", "-shm"] {
        assert_eq!(mode(&home.beside(end)), 0o600, "{end}");
    }
}

#[tokio::test]
async fn closing_leaves_one_file() {
    let home = Home::with(&entries(3)).await;
    assert_eq!(fs::read_dir(home.index.parent().unwrap()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_newer_index_is_refused_and_not_touched() {
    let home = Home::with(&entries(3)).await;
    let mut held = home.open().await.held.into_inner().unwrap();
    schema::tests::make_newer(&mut held.connection).await;
    connection::close(&Place::of(&home.index).unwrap(), held).await;
    let before = fs::read(&home.index).unwrap();

    let refused = IndexFile::open(&home.index).await.err().unwrap();
    assert!(matches!(refused, IndexError::Newer { found: 2, known: 1 }));
    assert_eq!(fs::read(&home.index).unwrap(), before);
    assert_eq!(fs::read_dir(home.index.parent().unwrap()).unwrap().count(), 1);
}

#[tokio::test]
async fn where_there_can_be_no_index_nothing_is_made() {
    let home = Home::new();
    // The folder of the home is missing.
    let missing = home.folder.path().join("missing/thread-store/index.sqlite");
    assert!(matches!(IndexFile::open(&missing).await, Err(IndexError::Place { .. })));
    assert_eq!(fs::read_dir(home.folder.path()).unwrap().count(), 0);
    // A file has the name of our folder.
    fs::write(home.folder.path().join("thread-store"), "a file").unwrap();
    assert!(matches!(IndexFile::open(&home.index).await, Err(IndexError::Place { .. })));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_folder_that_must_not_be_written_to_gives_an_error() {
    // For the superuser, too.
    let index = Path::new("/proc/thread-store/index.sqlite");
    assert!(matches!(IndexFile::open(index).await, Err(IndexError::Place { .. })));

    if !rustix::process::geteuid().is_root() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = Home::new();
        let mode = |mode| fs::set_permissions(home.folder.path(), fs::Permissions::from_mode(mode));
        mode(0o500).unwrap();
        assert!(matches!(IndexFile::open(&home.index).await, Err(IndexError::Place { .. })));
        mode(0o700).unwrap();
        assert_eq!(fs::read_dir(home.folder.path()).unwrap().count(), 0);
    }
}

#[tokio::test]
async fn a_folder_in_place_of_the_file_is_left_alone() {
    let home = Home::new();
    fs::create_dir_all(home.index.join("inside")).unwrap();
    assert!(matches!(IndexFile::open(&home.index).await, Err(IndexError::Place { .. })));
    assert!(home.index.join("inside").is_dir());
}
