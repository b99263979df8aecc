//! What a map says is what the reader of whole files says.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::extend::extend_in;
use super::read::PartDamage;
use super::scan::scan_in;
use super::*;
use crate::item_source::{self, Piece};
use crate::stamp::Stamp;

mod cuts;
mod generated;
mod growth;
mod layout;

/// A file in a folder of its own.
struct TestFile {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl TestFile {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        Self { _folder: folder, path }
    }

    fn scan(&self) -> (Vec<Line>, FileMap, Stamp) {
        self.scan_in(super::scan::CHUNK)
    }

    fn scan_in(&self, chunk: usize) -> (Vec<Line>, FileMap, Stamp) {
        let mut lines = Vec::new();
        let (map, stamp) = scan_in(chunk, &self.path, &mut |line| lines.push(line)).unwrap();
        (lines, map, stamp)
    }

    fn read(&self, map: &FileMap, range: Range<u64>) -> Part {
        read(&self.path, map, range).unwrap()
    }

    fn append(&self, bytes: &[u8]) {
        use std::io::Write;
        let mut file = std::fs::File::options().append(true).open(&self.path).unwrap();
        file.write_all(bytes).unwrap();
    }
}

/// A first line that our writer makes.
const HEADER: &str = r#"{"timestamp":"t","ordinal":0,"type":"session_meta","payload":{"id":"x","made_by":"thread-store"}}"#;

/// All that the reader of whole files finds, in the form of a part, without a made header.
fn whole(path: &Path) -> Part {
    let mut part = Part::default();
    let pieces = item_source::read(path).unwrap();
    let header = pieces.first().and_then(Piece::record).is_some_and(|it| it.text() == HEADER);
    for piece in pieces.into_iter().skip(usize::from(header)) {
        let before = part.items.len() as u64;
        match piece {
            Piece::Record(item) => part.items.push(item),
            Piece::Damage(damage) => part.damage.push(PartDamage {
                offset: damage.offset as u64,
                reason: damage.reason,
                before,
            }),
        }
    }
    part
}

/// What of it belongs to a range.
fn part_of(whole: &Part, range: Range<u64>) -> Part {
    let all = whole.items.len() as u64;
    let range = range.start.min(all)..range.end.min(all);
    let belongs = |damage: &&PartDamage| {
        range.contains(&damage.before) || (damage.before == all && range.end == all)
    };
    Part {
        items: whole.items[range.start as usize..range.end as usize].to_vec(),
        damage: whole.damage.iter().filter(belongs).cloned().collect(),
    }
}
