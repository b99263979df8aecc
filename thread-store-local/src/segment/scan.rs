//! Reading a whole file, once.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::chunks::{Chunk, Chunks};
use super::map::{CutOff, FileMap, Form};
use super::positional::bytes_at;
use super::scanner::{Line, Scanner};
use crate::error::ReadError;
use crate::item_source::{self, Expander};
use crate::stamp::Stamp;

/// How much of a file is read at a time.
pub(super) const CHUNK: usize = 1 << 20;

/// Reads a whole file and tells each record, in order. Memory holds a chunk of it, or its longest
/// line; a document is held whole.
pub(crate) fn scan(path: &Path, each: &mut dyn FnMut(Line)) -> Result<(FileMap, Stamp), ReadError> {
    scan_in(CHUNK, path, each)
}

/// The same in chunks of this size.
pub(super) fn scan_in(
    chunk: usize,
    path: &Path,
    each: &mut dyn FnMut(Line),
) -> Result<(FileMap, Stamp), ReadError> {
    let failed = |source| ReadError::io(path, source);
    let file = File::open(path).map_err(failed)?;
    let stamp = Stamp::of(&file.metadata().map_err(failed)?);
    let map = if is_compressed(&file).map_err(failed)? {
        compressed(chunk, path, file, each)?
    } else {
        lines(chunk, path, file, stamp.size, each)?
    };
    match map {
        Some(map) => Ok((map, stamp)),
        None => document(path, each),
    }
}

/// No more memory than there is text to come: one byte more tells that it ends.
pub(super) fn chunk_of(chunk: usize, text: u64) -> usize {
    usize::try_from(text).map_or(chunk, |text| chunk.min(text.saturating_add(1)))
}

/// Whether the contents say that the file is compressed.
pub(super) fn is_compressed(file: &File) -> io::Result<bool> {
    Ok(item_source::is_compressed(&bytes_at(file, 0, 4)?))
}

fn lines(
    chunk: usize,
    path: &Path,
    file: File,
    size: u64,
    each: &mut dyn FnMut(Line),
) -> Result<Option<FileMap>, ReadError> {
    let mut map = FileMap::new(Form::Lines);
    // What comes later is for the next look: the map is that of the stamp.
    let mut chunks = Chunks::new(file.take(size), 0, chunk_of(chunk, size));
    let go_on = run(path, &mut chunks, &mut Scanner::new(&mut map, Vec::new(), each));
    chunks.into_end().map_err(|source| ReadError::io(path, source))?;
    Ok(go_on.then_some(map))
}

fn compressed(
    chunk: usize,
    path: &Path,
    file: File,
    each: &mut dyn FnMut(Line),
) -> Result<Option<FileMap>, ReadError> {
    let mut map = FileMap::new(Form::Compressed);
    let expander = Expander::new(file).map_err(|source| ReadError::io(path, source))?;
    let mut chunks = Chunks::new(expander, 0, chunk);
    let go_on = run(path, &mut chunks, &mut Scanner::new(&mut map, Vec::new(), each));
    if let Err(error) = chunks.into_end() {
        let damage = item_source::compression_damage(map.len() as usize, &error);
        map.cut_off = Some(CutOff { offset: map.len(), reason: damage.reason });
    }
    Ok(go_on.then_some(map))
}

/// Scans all chunks, unless the text turns out to be a document.
pub(super) fn run<R: Read>(path: &Path, chunks: &mut Chunks<R>, scanner: &mut Scanner<'_>) -> bool {
    let mut is_open = scanner.map.is_blank();
    for chunk in chunks {
        if is_open && let Some(line) = first_line(&chunk) {
            if item_source::starts_document(path, Some(line)) {
                return false;
            }
            is_open = false;
        }
        scanner.chunk(&chunk);
    }
    !is_open || !item_source::starts_document(path, None)
}

/// The first line that is not blank.
fn first_line(chunk: &Chunk) -> Option<&[u8]> {
    let text = &chunk.text[..];
    let mark: &[u8] = if chunk.base == 0 { b"\xef\xbb\xbf" } else { b"" };
    let text = text.strip_prefix(mark).unwrap_or(text);
    text.split(|&byte| byte == b'\n').find(|line| !line.trim_ascii().is_empty())
}

/// A document is one irregular stretch.
fn document(path: &Path, each: &mut dyn FnMut(Line)) -> Result<(FileMap, Stamp), ReadError> {
    let meta = std::fs::metadata(path).map_err(|source| ReadError::io(path, source))?;
    let stamp = Stamp::of(&meta);
    let mut map = FileMap::new(Form::Document);
    let (records, damage) = Scanner::new(&mut map, Vec::new(), each).take(item_source::read(path)?);
    map.irregular_line(stamp.size, records, damage);
    Ok((map, stamp))
}
