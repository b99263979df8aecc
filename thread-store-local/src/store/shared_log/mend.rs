//! Completing a rollout from what the log has of it.
//!
//! Where the rollout ends too early, or has NULs, the bytes are written where they belong. Where
//! another program has written something else since, the lines that are missing are appended behind
//! it. Both can be interrupted and done again.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use super::extents::{Extent, Extents};
use crate::store::layout::private;

/// Completes a rollout, and syncs it. Answers what cannot be placed: the rollout ends before it, or
/// says something else there and must not be appended to.
pub(super) fn mend<'a>(
    path: &Path,
    extents: &'a Extents,
    may_append: bool,
) -> io::Result<Vec<&'a Extent>> {
    let file = private().read(true).write(true).open(path)?;
    let len = file.metadata()?.len();
    let mut mending = Mending { file, len, may_append, displaced: None };
    let mut unplaced = Vec::new();
    for extent in extents.iter() {
        if !mending.place(extent)? {
            unplaced.push(extent);
        }
    }
    mending.append_missing()?;
    mending.file.sync_data()?;
    Ok(unplaced)
}

struct Mending<'a> {
    file: File,
    len: u64,
    may_append: bool,
    displaced: Option<Displaced<'a>>,
}

/// What does not stand where it belongs.
struct Displaced<'a> {
    /// From where on the rollout has other lines.
    from: u64,
    lines: Vec<&'a [u8]>,
}

impl<'a> Mending<'a> {
    fn place(&mut self, extent: &'a Extent) -> io::Result<bool> {
        if let Some(displaced) = &mut self.displaced {
            displaced.lines.extend(lines(&extent.bytes));
            return Ok(true);
        }
        if extent.start > self.len {
            return Ok(false);
        }
        let there = self.read(extent.start, extent.end().min(self.len))?;
        let other = there
            .iter()
            .zip(&extent.bytes)
            .position(|(there, logged)| there != logged && *there != 0);
        if other.is_some() && !self.may_append {
            return Ok(false);
        }
        let (ours, others) = extent.bytes.split_at(match other {
            Some(at) => memchr::memrchr(b'\n', &extent.bytes[..at]).map_or(0, |end| end + 1),
            None => extent.bytes.len(),
        });
        if there.get(..ours.len()) != Some(ours) {
            self.file.write_all_at(ours, extent.start)?;
            self.len = self.len.max(extent.start + ours.len() as u64);
        }
        if other.is_some() {
            let from = extent.start + ours.len() as u64;
            self.displaced = Some(Displaced { from, lines: lines(others).collect() });
        }
        Ok(true)
    }

    /// Appends the lines that stand nowhere behind where they belong.
    fn append_missing(&self) -> io::Result<()> {
        let Some(displaced) = &self.displaced else { return Ok(()) };
        let rest = self.read(displaced.from, self.len)?;
        let mut there: HashMap<&[u8], usize> = HashMap::new();
        lines(&rest).for_each(|line| *there.entry(line).or_default() += 1);
        let mut text = Vec::new();
        for line in &displaced.lines {
            match there.get_mut(line) {
                Some(count) if *count > 0 => *count -= 1,
                _ => {
                    text.extend_from_slice(line);
                    text.push(b'\n');
                }
            }
        }
        if text.is_empty() {
            return Ok(());
        }
        tracing::warn!("another program has written first: what was missing is appended behind it");
        if rest.last() != Some(&b'\n') {
            text.insert(0, b'\n');
        }
        self.file.write_all_at(&text, self.len)
    }

    fn read(&self, start: u64, end: u64) -> io::Result<Vec<u8>> {
        let len = usize::try_from(end.saturating_sub(start)).map_err(io::Error::other)?;
        let mut bytes = vec![0; len];
        self.file.read_exact_at(&mut bytes, start)?;
        Ok(bytes)
    }
}

/// The lines of a text, without their ends.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = text.split(|&byte| byte == b'\n');
    lines.filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of a rollout, mended twice.
    fn mended(there: &[u8], logged: &[(u64, &[u8])]) -> (String, usize) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rollout");
        std::fs::write(&path, there).unwrap();
        let mut extents = Extents::default();
        logged.iter().for_each(|(start, bytes)| extents.add(*start, bytes));
        let unplaced = mend(&path, &extents, true).unwrap().len();
        let once = std::fs::read(&path).unwrap();
        mend(&path, &extents, true).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), once);
        (String::from_utf8(once).unwrap(), unplaced)
    }

    #[test]
    fn a_rollout_that_ends_too_early_is_completed() {
        for there in ["", "o", "one", "one\n", "one\ntw", "one\ntwo\n"] {
            let logged: &[(u64, &[u8])] = &[(0, b"one\n"), (4, b"two\n")];
            assert_eq!(mended(there.as_bytes(), logged), ("one\ntwo\n".into(), 0), "{there}");
        }
    }

    #[test]
    fn what_follows_stays() {
        assert_eq!(mended(b"one\ntwo\nth", &[(4, b"two\n")]), ("one\ntwo\nth".into(), 0));
    }

    #[test]
    fn nuls_are_filled() {
        for there in [&b"one\n\0\0\0\0"[..], b"one\ntw\0\0", b"\0\0\0\0two\n", b"on\0\0\0\0"] {
            assert_eq!(mended(there, &[(0, b"one\ntwo\n")]), ("one\ntwo\n".into(), 0));
        }
    }

    #[test]
    fn lines_that_another_program_wrote_over_are_appended() {
        let logged: &[(u64, &[u8])] = &[(4, b"two\nthree\n"), (14, b"four\n")];
        for (there, expected) in [
            ("one\nother\n", "one\nother\ntwo\nthree\nfour\n"),
            ("one\ntwo\nother", "one\ntwo\nother\nthree\nfour\n"),
            (
                "one\ntwo\nthother, longer than all\n",
                "one\ntwo\nthother, longer than all\nthree\nfour\n",
            ),
            // Interrupted before.
            ("one\nother\ntwo\nthr", "one\nother\ntwo\nthr\nthree\nfour\n"),
        ] {
            assert_eq!(mended(there.as_bytes(), logged), (expected.into(), 0));
        }
    }

    #[test]
    fn equal_lines_are_counted() {
        let logged: &[(u64, &[u8])] = &[(0, b"one\none\none\n")];
        assert_eq!(mended(b"one\nother\n", logged), ("one\nother\none\none\n".into(), 0));
    }

    #[test]
    fn what_begins_behind_the_end_is_not_placed() {
        assert_eq!(mended(b"one\n", &[(5, b"two\n")]), ("one\n".into(), 1));
    }
}
