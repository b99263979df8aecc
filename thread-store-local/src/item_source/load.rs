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
    Ok((file, is_compressed(&start)))
}

/// Whether a file that starts with these bytes is compressed.
pub(crate) fn is_compressed(start: &[u8]) -> bool {
    start.starts_with(&ZSTD_MAGIC)
}

/// Expands all frames; checksums are verified where there are any.
fn expand(file: File) -> io::Result<Loaded> {
    let mut bytes = Vec::new();
    // What was expanded before an error stays in `bytes`.
    let result = Expander::new(file)?.read_to_end(&mut bytes);
    let damage = result.err().map(|error| compression_damage(bytes.len(), &error));
    Ok(Loaded { bytes: bytes.into(), damage })
}

/// What is lost where compressed data cannot be expanded any further.
pub(crate) fn compression_damage(offset: usize, error: &io::Error) -> Damage {
    Damage {
        offset,
        reason: format!("compressed data are cut off or damaged from here on ({error})"),
        kind: DamageKind::Compression,
    }
}

/// The text of compressed data. However it is read, the decoder is asked for equal steps: how much
/// it gives of damaged data depends on them.
pub(crate) struct Expander<R: Read>(BufReader<zstd::Decoder<'static, BufReader<R>>>);

impl<R: Read> Expander<R> {
    const STEP: usize = 1 << 17;

    pub(crate) fn new(compressed: R) -> io::Result<Self> {
        Ok(Self(BufReader::with_capacity(Self::STEP, zstd::Decoder::new(compressed)?)))
    }
}

impl<R: Read> Read for Expander<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let len = self.0.fill_buf()?.read(out)?;
        self.0.consume(len);
        Ok(len)
    }
}
