//! One rollout, read anew from its start to its end.

use std::path::{Path, PathBuf};

use thread_store::RolloutItem;

use super::finding::{PLACES, Place};
use super::kept_beside;
use crate::error::ReadError;
use crate::header::{self, Header};
use crate::segment::{self, FileMap, Form, LostLine};
use crate::stamp::Stamp;

/// What is found in a rollout.
#[derive(Debug)]
pub(crate) struct Examined {
    pub(crate) path: PathBuf,
    pub(crate) header: Header,
    pub(crate) map: FileMap,
    pub(crate) stamp: Stamp,
    /// What can be blanked.
    pub(crate) lines: Damage,
    /// What must stay, so that the file is known for what it is.
    pub(crate) header_lines: Damage,
    /// What is damaged in a file that is not written in place.
    pub(crate) fixed: Damage,
    /// Whether blanking was begun and not finished.
    pub(crate) is_unfinished: bool,
}

/// Places that cannot be read.
#[derive(Debug, Default)]
pub(crate) struct Damage {
    pub(crate) count: u64,
    pub(crate) bytes: u64,
    pub(crate) places: Vec<Place>,
}

impl Damage {
    fn add(&mut self, offset: u64, reason: String) {
        self.count += 1;
        if self.places.len() < PLACES {
            self.places.push(Place::new(offset, reason));
        }
    }

    fn add_line(&mut self, line: LostLine) {
        self.bytes += line.lost.iter().map(|(_, text)| text.len() as u64).sum::<u64>();
        line.damage.into_iter().for_each(|(offset, reason)| self.add(offset, reason));
    }
}

/// Reads a rollout.
pub(crate) fn examine(path: &Path) -> Result<Examined, ReadError> {
    let header = header::read(path)?;
    let (map, stamp) = segment::scan(path, &mut |_| ())?;
    let (mut lines, mut header_lines) = (Damage::default(), Damage::default());
    lost_lines(path, &map, &header, &mut |line, may_go| {
        let damage = if may_go { &mut lines } else { &mut header_lines };
        damage.add_line(line);
    })?;
    let mut fixed = Damage::default();
    if map.form() != Form::Lines && map.damage() > 0 {
        for damage in segment::read(path, &map, 0..u64::MAX)?.damage {
            fixed.add(damage.offset, damage.reason);
        }
    }
    let is_unfinished = kept_beside::is_unfinished(path);
    let path = path.to_owned();
    Ok(Examined { path, header, map, stamp, lines, header_lines, fixed, is_unfinished })
}

/// Tells what is lost line by line, and whether it may be blanked: not where the file would be taken
/// for another thread's then.
pub(crate) fn lost_lines(
    path: &Path,
    map: &FileMap,
    header: &Header,
    each: &mut dyn FnMut(LostLine, bool),
) -> Result<(), ReadError> {
    if map.form() != Form::Lines || map.damage() == 0 {
        return Ok(());
    }
    let stays = without_damaged_start(path, map)?.is_none_or(|other| other == *header);
    segment::lost_lines(path, map, &mut |line| {
        let is_start = line.before == 0 && line.at_start && !map.has_made_header();
        let may_go = !line.lost.is_empty() && (stays || !is_start);
        each(line, may_go);
    })
}

/// The header that the first record makes, if it makes one.
fn without_damaged_start(path: &Path, map: &FileMap) -> Result<Option<Header>, ReadError> {
    if map.has_made_header() {
        return Ok(None);
    }
    let first: Option<RolloutItem> = segment::read(path, map, 0..1)?.items.into_iter().next();
    Ok(first.and_then(|first| header::of_first_record(path, &first)))
}
