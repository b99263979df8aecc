//! The records of one file.

mod document;
mod lines;
mod load;

use std::path::Path;

use bytes::Bytes;
use thread_store::RolloutItem;

pub(crate) use document::starts_document;
pub(crate) use load::{Expander, compression_damage, first_lines, is_compressed};

use crate::error::ReadError;

/// What stands in a file, in its order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Piece {
    Record(RolloutItem),
    Damage(Damage),
}

/// A place in a file that cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Damage {
    /// In bytes from the start of the file, of the expanded one if it is compressed.
    pub(crate) offset: usize,
    /// What is wrong, without contents.
    pub(crate) reason: String,
    kind: DamageKind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum DamageKind {
    Text,
    Compression,
}

impl Damage {
    /// Whether it is the compression that is damaged, and not the text.
    pub(crate) fn is_compression(&self) -> bool {
        self.kind == DamageKind::Compression
    }
}

impl Piece {
    fn damage(offset: usize, reason: impl Into<String>) -> Self {
        Self::Damage(Damage { offset, reason: reason.into(), kind: DamageKind::Text })
    }

    pub(crate) fn record(&self) -> Option<&RolloutItem> {
        match self {
            Self::Record(item) => Some(item),
            Self::Damage(_) => None,
        }
    }
}

/// Reads a whole file.
pub(crate) fn read(path: &Path) -> Result<Vec<Piece>, ReadError> {
    let loaded = load::load(path)?;
    let mut pieces = pieces(path, &loaded.bytes);
    pieces.extend(loaded.damage.map(Piece::Damage));
    Ok(pieces)
}

/// Takes lines apart that start at this place of their file.
pub(crate) fn line_pieces(text: &Bytes, base: u64) -> Vec<Piece> {
    if base == 0 {
        return lines::pieces(text);
    }
    let mut pieces = lines::pieces_from(text, 0);
    for piece in &mut pieces {
        if let Piece::Damage(damage) = piece {
            damage.offset += base as usize;
        }
    }
    pieces
}

/// Takes a text apart: a document if it looks like one, else lines.
pub(crate) fn pieces(path: &Path, text: &Bytes) -> Vec<Piece> {
    if document::is_document(path, text) { document::pieces(text) } else { lines::pieces(text) }
}
