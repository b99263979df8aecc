//! The file: made private before SQLite touches it.
//!
//! Nothing here opens a database: whoever closes a file gives up every lock that their process has
//! on it (`fcntl(2)`; <https://www.sqlite.org/howtocorrupt.html>, section 2.2), and another handle of
//! this process may have some.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use thread_store::ThreadId;

use crate::error::{Result, SqliteError};

/// No database has fewer bytes: a page, of the smallest size
/// (<https://www.sqlite.org/fileformat2.html>, section 1.3.2).
const SMALLEST: u64 = 512;

/// Makes sure that there is a file that can be a database, and that only its owner can read what is
/// created here. Answers its absolute path: names like `:memory:` and `file:x`, which SQLite would
/// take for something else, are files like any other then.
pub(crate) fn prepare(path: &Path) -> Result<PathBuf> {
    let absolute =
        std::path::absolute(path).map_err(|error| wrong(path, "is no path", Some(error)))?;
    let path = absolute.as_path();
    if let Some(existing) = path.ancestors().find(|place| place.exists()) {
        refuse_network(existing)?;
    }
    match path.metadata() {
        // SQLite would take so short a file for an empty one.
        Ok(meta) if meta.is_file() && (1..SMALLEST).contains(&meta.len()) => {
            return Err(wrong(path, "is not a SQLite database", None));
        }
        Ok(meta) if meta.is_file() => {}
        Ok(meta) if meta.is_dir() => return Err(wrong(path, "is a folder", None)),
        Ok(_) => return Err(wrong(path, "is not a regular file", None)),
        Err(_) => create(path)?,
    }
    Ok(absolute)
}

fn create(path: &Path) -> Result<()> {
    if let Some(folder) = path.parent() {
        let created = private_folder().create(folder);
        created.map_err(|error| wrong(folder, "cannot create the folder", Some(error)))?;
    }
    place_new(path).map_err(|error| wrong(path, "cannot create the file", Some(error)))
}

/// Puts an empty file there, unless another was faster. It gets its name when it is closed already.
fn place_new(path: &Path) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", ThreadId::generate()));
    let new = path.with_file_name(name);
    private_file().open(&new)?;
    let placed = match std::fs::hard_link(&new, path) {
        // Where files have one name each, a file that is there by now is a moment's risk.
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            private_file().open(path).map(drop)
        }
        placed => placed,
    };
    std::fs::remove_file(&new)?;
    match placed {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

pub(crate) fn wrong(
    path: &Path,
    reason: &'static str,
    source: Option<std::io::Error>,
) -> SqliteError {
    SqliteError::Path { path: path.to_owned(), reason, source }
}

fn private_folder() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// SQLite gives the files beside the database the permissions of the database.
fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// The shared memory of a WAL and the locks of SQLite do not work over a network
/// (<https://www.sqlite.org/wal.html>, section 1).
#[cfg(target_os = "linux")]
fn refuse_network(path: &Path) -> Result<()> {
    let status = rustix::fs::statfs(path)
        .map_err(|error| wrong(path, "cannot tell the file system", Some(error.into())))?;
    // The type is a word of 32 bits in a field whose width and sign differ by platform.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    if is_network(status.f_type as u32) {
        return Err(wrong(path, "is on a network file system, where SQLite cannot lock", None));
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn refuse_network(_: &Path) -> Result<()> {
    Ok(())
}

/// File system types of `statfs(2)`.
#[cfg(target_os = "linux")]
fn is_network(kind: u32) -> bool {
    const NFS: u32 = 0x6969;
    const SMB: u32 = 0x517b;
    const CIFS: u32 = 0xff53_4d42;
    const SMB2: u32 = 0xfe53_4d42;
    const AFS: u32 = 0x5346_414f;
    const CODA: u32 = 0x7375_7245;
    const CEPH: u32 = 0x00c3_6400;
    const NINE_P: u32 = 0x0102_1997;
    matches!(kind, NFS | SMB | CIFS | SMB2 | AFS | CODA | CEPH | NINE_P)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn network_file_systems_are_known_by_their_number_and_local_ones_pass() {
        assert!(is_network(0x6969) && is_network(0xff53_4d42));
        for local in [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994, 0x794c_7630, 0x2fc1_2fc1] {
            assert!(!is_network(local));
        }
    }

    #[test]
    fn folder_and_file_are_private_and_an_existing_file_keeps_its_contents() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/threads.db");
        prepare(&path).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);

        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);

        for contents in ["too short for a database".to_owned(), "long enough".repeat(100)] {
            std::fs::write(&path, &contents).unwrap();
            assert_eq!(prepare(&path).is_ok(), contents.len() > 512);
            assert_eq!(std::fs::read_to_string(&path).unwrap(), contents);
        }
    }
}
