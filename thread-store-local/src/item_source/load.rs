//! The text of a file, expanded if it is compressed.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::Path;

use bytes::Bytes;

use super::{Damage, DamageKind};
use crate::error::ReadError;

/// What a zstd frame starts with (RFC 8878, 3.1.1).
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The text of a file, as far as it could be read.
pub(super) struct Loaded {
    pub(super) bytes: Bytes,
    /// Set if compressed data end early or are damaged; `bytes` is what came before.
    pub(super) damage: Option<Damage>,
}

/// Reads a file into memory. It is the contents that say whether it is compressed, not the name.
pub(super) fn load(path: &Path) -> Result<Loaded, ReadError> {
    let failed = |source| ReadError::io(path, source);
    let (file, compressed) = open(path).map_err(failed)?;
    if compressed {
        return expand(file).map_err(failed);
    }
    let mut bytes = Vec::new();
    (&file).read_to_end(&mut bytes).map_err(failed)?;
    Ok(Loaded { bytes: bytes.into(), damage: None })
}

/// The start of a file: all up to and with the first line that is not blank, however long.
pub(crate) fn first_lines(path: &Path) -> Result<Bytes, ReadError> {
    let failed = |source| ReadError::io(path, source);
    let (file, compressed) = open(path).map_err(failed)?;
    if compressed {
        let mut decoder = BufReader::new(zstd::Decoder::new(file).map_err(failed)?);
        // Damage counts as the end here: who needs more reads the whole file.
        return Ok(read_first_lines(&mut decoder).0.into());
    }
    let (bytes, result) = read_first_lines(&mut BufReader::new(file));
    result.map_err(failed)?;
    Ok(bytes.into())
}

fn read_first_lines(reader: &mut impl BufRead) -> (Vec<u8>, io::Result<()>) {
    let mut bytes = Vec::new();
    loop {
        let start = bytes.len();
        match reader.read_until(b'\n', &mut bytes) {
            Ok(0) => return (bytes, Ok(())),
            Ok(_) if bytes[start..].trim_ascii().is_empty() => {}
            Ok(_) => return (bytes, Ok(())),
            Err(error) => return (bytes, Err(error)),
        }
    }
}

fn open(path: &Path) -> io::Result<(File, bool)> {
    let mut file = File::open(path)?;
    let mut start = Vec::with_capacity(ZSTD_MAGIC.len());
    (&file).take(ZSTD_MAGIC.len() as u64).read_to_end(&mut start)?;
    file.rewind()?;
    Ok((file, start == ZSTD_MAGIC))
}

/// Expands all frames; checksums are verified where there are any.
fn expand(file: File) -> io::Result<Loaded> {
    let mut bytes = Vec::new();
    // What was expanded before an error stays in `bytes`.
    let result = zstd::Decoder::new(file)?.read_to_end(&mut bytes);
    let damage = result.err().map(|error| Damage {
        offset: bytes.len(),
        reason: format!("compressed data are cut off or damaged from here on ({error})"),
        kind: DamageKind::Compression,
    });
    Ok(Loaded { bytes: bytes.into(), damage })
}
