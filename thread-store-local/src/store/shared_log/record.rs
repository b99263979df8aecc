//! One record of the log: bytes of a rollout, and where they belong.
//!
//! All numbers are little-endian: `crc32 u32, length of the path u32, length of the bytes u32,
//! generation u64, thread [u8; 16], offset u64`, the path relative to the home, the bytes. The
//! checksum covers everything behind itself. A record without a path says that the thread was deleted:
//! what was logged of it before is void.

use std::ops::Range;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use thread_store::ThreadId;

/// Bytes before the path.
const FIXED: usize = 44;
const PATH_LEN: usize = 4;
const DATA_LEN: usize = 8;
const GENERATION: usize = 12;
const THREAD: usize = 20;
const OFFSET: usize = 36;

/// A record as it is read back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Record {
    pub(super) thread: ThreadId,
    pub(super) path: PathBuf,
    pub(super) offset: u64,
    /// Where its bytes stand in the text.
    pub(super) bytes: Range<usize>,
}

/// What a record takes.
pub(super) fn len_of(path: &Path, bytes: usize) -> usize {
    FIXED + path.as_os_str().len() + bytes
}

/// Adds a record that is to be [sealed](seal), without its bytes, which are to follow.
pub(super) fn begin(text: &mut Vec<u8>, thread: ThreadId, path: &Path, offset: u64, len: u32) {
    let path = path.as_os_str().as_bytes();
    text.extend_from_slice(&[0; PATH_LEN]);
    // No system has paths of 4 GiB.
    text.extend_from_slice(&u32::try_from(path.len()).unwrap_or(u32::MAX).to_le_bytes());
    text.extend_from_slice(&len.to_le_bytes());
    text.extend_from_slice(&[0; THREAD - GENERATION]);
    text.extend_from_slice(thread.as_bytes());
    text.extend_from_slice(&offset.to_le_bytes());
    text.extend_from_slice(path);
}

/// Gives the records of a text their generation and their checksums.
pub(super) fn seal(text: &mut [u8], generation: u64) {
    let mut rest = text;
    while let Some(len) = length(rest) {
        let Some((record, behind)) = std::mem::take(&mut rest).split_at_mut_checked(len) else {
            return;
        };
        record[GENERATION..THREAD].copy_from_slice(&generation.to_le_bytes());
        let crc = crc32fast::hash(&record[PATH_LEN..]);
        record[..PATH_LEN].copy_from_slice(&crc.to_le_bytes());
        rest = behind;
    }
}

/// The records of a generation from a place on: up to the first that is none.
pub(super) fn read(text: &[u8], start: usize, generation: u64) -> Vec<Record> {
    let mut records = Vec::new();
    let mut at = start;
    while let Some((record, end)) = read_one(text, at, generation) {
        records.push(record);
        at = end;
    }
    records
}

fn read_one(text: &[u8], at: usize, generation: u64) -> Option<(Record, usize)> {
    let rest = text.get(at..)?;
    let record = rest.get(..length(rest)?)?;
    let is_whole = number(record, GENERATION) == Some(generation)
        && number32(record, 0) == Some(crc32fast::hash(&record[PATH_LEN..]));
    if !is_whole {
        return None;
    }
    let data = FIXED + number32(record, PATH_LEN)? as usize;
    let path = record.get(FIXED..data)?.to_vec();
    let end = at + record.len();
    Some((
        Record {
            thread: ThreadId::from_bytes(record.get(THREAD..OFFSET)?.try_into().ok()?),
            path: std::ffi::OsString::from_vec(path).into(),
            offset: number(record, OFFSET)?,
            bytes: at + data..end,
        },
        end,
    ))
}

/// How long the record at the start of a text says it is.
fn length(text: &[u8]) -> Option<usize> {
    let (path, data) = (number32(text, PATH_LEN)?, number32(text, DATA_LEN)?);
    FIXED.checked_add(path as usize)?.checked_add(data as usize)
}

fn number32(text: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(text.get(at..at + 4)?.try_into().ok()?))
}

fn number(text: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(text.get(at..at + 8)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text() -> Vec<u8> {
        let mut text = Vec::new();
        for (n, bytes) in [(1, &b"one\n"[..]), (2, b""), (3, b"three\n")] {
            let thread = ThreadId::from_bytes([n; 16]);
            begin(&mut text, thread, Path::new("a/b"), u64::from(n), bytes.len() as u32);
            text.extend_from_slice(bytes);
        }
        seal(&mut text, 7);
        text
    }

    #[test]
    fn records_read_back_as_they_were_written() {
        let text = text();
        let records = read(&text, 0, 7);
        let bytes: Vec<_> = records.iter().map(|it| &text[it.bytes.clone()]).collect();
        assert_eq!(bytes, [&b"one\n"[..], b"", b"three\n"]);
        assert_eq!(records[2].thread, ThreadId::from_bytes([3; 16]));
        assert_eq!((records[2].path.as_path(), records[2].offset), (Path::new("a/b"), 3));
    }

    #[test]
    fn a_damaged_record_ends_the_log() {
        let whole = text();
        let third = read(&whole, 0, 7)[1].bytes.end;
        for at in third..whole.len() {
            let mut text = whole.clone();
            text[at] ^= 1;
            assert_eq!(read(&text, 0, 7).len(), 2, "{at}");
            assert_eq!(read(&whole[..at], 0, 7).len(), 2, "{at}");
        }
    }

    #[test]
    fn a_record_of_another_use_ends_the_log() {
        assert_eq!(read(&text(), 0, 8), []);
    }
}
