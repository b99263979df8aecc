//! Blanking what cannot be read, in place, so that everything else stays where it is.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::Duration;

use super::examine;
use super::kept_beside::{self, Lost};
use crate::error::ReadError;
use crate::header::Header;
use crate::segment;
use crate::store::faults::Faults;
use crate::store::layout::private;

/// Keeps what is lost in a rollout beside it, and puts blanks in its place: offsets of lines, which
/// forks and databases know, stay as they are. Who does this holds the thread.
pub(super) fn blank_lines(path: &Path, header: &Header, faults: &Faults) -> Result<(), ReadError> {
    let failed = |source| ReadError::io(path, source);
    let begun = kept_beside::unfinished(path);
    if !begun.is_empty() {
        blank(path, &begun, faults).map_err(failed)?;
    }
    let (map, _) = segment::scan(path, &mut |_| ())?;
    let mut lost: Vec<Lost> = Vec::new();
    examine::lost_lines(path, &map, header, &mut |line, may_go| {
        let parts = line.lost.into_iter().filter(|_| may_go);
        lost.extend(parts.map(|(offset, text)| (offset, text.to_vec())));
    })?;
    if lost.is_empty() {
        return Ok(());
    }
    let keep = || {
        faults.check()?;
        kept_beside::keep(path, &lost)?;
        blank(path, &lost, faults)
    };
    keep().map_err(failed)
}

fn blank(path: &Path, lost: &[Lost], faults: &Faults) -> io::Result<()> {
    let mut file = private().read(true).write(true).open(path)?;
    let modified = file.metadata()?.modified()?;
    for (offset, was) in lost {
        faults.check()?;
        blank_one(&mut file, *offset, was)?;
    }
    // Codex takes the time of the file for that of the last change of the thread. It has to be another
    // one all the same, for whoever knows the file as it was.
    file.set_modified(modified + Duration::from_millis(1))?;
    file.sync_all()?;
    faults.check()?;
    kept_beside::done(path)
}

/// Puts blanks where this stood. What is something else by now was written by somebody else.
fn blank_one(file: &mut File, offset: u64, was: &[u8]) -> io::Result<()> {
    let blanks = segment::blanks(was.len());
    let mut is = vec![0; was.len()];
    file.seek(SeekFrom::Start(offset))?;
    let there = match file.read_exact(&mut is) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => false,
        read => read.map(|()| true)?,
    };
    let mut bytes = is.iter().zip(was.iter().zip(&blanks));
    if there && is != blanks && bytes.all(|(is, (was, blank))| is == was || is == blank) {
        file.seek(SeekFrom::Start(offset))?;
        file.write_all(&blanks)?;
    }
    Ok(())
}
