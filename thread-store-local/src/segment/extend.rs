//! Taking in what was added to a file.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use super::chunks::Chunks;
use super::fingerprint::{REACH, hash};
use super::map::{FileMap, Form, Tail};
use super::positional::bytes_at;
use super::scan::{CHUNK, chunk_of, is_compressed, run};
use super::scanner::{Line, Scanner};
use crate::error::ReadError;
use crate::stamp::Stamp;

/// What became of a file since it was mapped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Extended {
    /// Nothing, or its time alone.
    Unchanged,
    /// There is more behind what is known, which the map now has.
    Grown,
    /// It is another file: the map says nothing of it.
    Rewritten,
}

/// Goes on where the map ends, and tells the records that were not told. What is compressed, or a
/// document, is never continued.
pub(crate) fn extend(
    path: &Path,
    map: &mut FileMap,
    stamp: &mut Stamp,
    each: &mut dyn FnMut(Line),
) -> Result<Extended, ReadError> {
    extend_in(CHUNK, path, map, stamp, each)
}

/// The same in chunks of this size.
pub(super) fn extend_in(
    chunk: usize,
    path: &Path,
    map: &mut FileMap,
    stamp: &mut Stamp,
    each: &mut dyn FnMut(Line),
) -> Result<Extended, ReadError> {
    let failed = |source| ReadError::io(path, source);
    let mut file = File::open(path).map_err(failed)?;
    let now = Stamp::of(&file.metadata().map_err(failed)?);
    if now == *stamp && (now.is_settled() || map.form != Form::Lines) {
        return Ok(Extended::Unchanged);
    }
    if map.form != Form::Lines || now.inode != stamp.inode {
        return Ok(Extended::Rewritten);
    }
    let Some(recent) = known(&file, map, now.size).map_err(failed)? else {
        return Ok(Extended::Rewritten);
    };
    if now.size == map.len() {
        *stamp = now;
        return Ok(Extended::Unchanged);
    }
    file.seek(SeekFrom::Start(map.scanned_to)).map_err(failed)?;
    let added = now.size - map.scanned_to;
    let mut chunks = Chunks::new(file.take(added), map.scanned_to, chunk_of(chunk, added));
    if !run(path, &mut chunks, &mut Scanner::new(map, recent, each)) {
        return Ok(Extended::Rewritten);
    }
    chunks.into_end().map_err(failed)?;
    if now.size == map.scanned_to {
        map.drop_tail();
    }
    *stamp = now;
    Ok(Extended::Grown)
}

/// What stands before the end of the map, if it is what stood there, and the same tail follows.
fn known(file: &File, map: &FileMap, size: u64) -> io::Result<Option<Vec<u8>>> {
    if size < map.scanned_to || (map.scanned_to == 0 && is_compressed(file)?) {
        return Ok(None);
    }
    let counted = map.fingerprint.len();
    let len = map.scanned_to.min(counted.max(REACH) as u64);
    let recent = bytes_at(file, map.scanned_to - len, len as usize)?;
    let known = recent.len().checked_sub(counted).map(|from| &recent[from..]);
    let same = known.is_some_and(|known| map.fingerprint.is_of(known))
        && map.tail.map_or(Ok(true), |tail| tail_goes_on(file, map, tail, size))?;
    Ok(same.then_some(recent))
}

/// Whether the records of the tail are still there, and will be whatever follows.
fn tail_goes_on(file: &File, map: &FileMap, tail: Tail, size: u64) -> io::Result<bool> {
    let grown = size != map.len();
    if tail.records == 0 && grown {
        return Ok(true);
    }
    // The end of a torn record can look like a record of its own, until the rest comes.
    if tail.damage > 0 && grown {
        return Ok(false);
    }
    let text = bytes_at(file, map.scanned_to, tail.len as usize)?;
    Ok(hash(&text) == tail.hash)
}
