//! What could not be read of a rollout, kept beside it (`<rollout>.quarantine`).
//!
//! Lines of JSON: where something stood and what it was, and, when all of it was blanked, that this
//! is done. What has not been done is done by the next repair, whatever became of it half-way.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use serde::Deserialize;
use serde_json::json;

use crate::store::layout::{kept_beside, private, sync_folder};
use crate::store::quarantine;

/// What stood at an offset.
pub(super) type Lost = (u64, Vec<u8>);

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Done { done: bool },
    Text { offset: u64, text: String },
    Bytes { offset: u64, bytes: Vec<u8> },
    Zeros { offset: u64, zeros: usize },
}

/// Whether something was kept that may not be blanked yet.
pub(super) fn is_unfinished(rollout: &Path) -> bool {
    !unfinished(rollout).is_empty()
}

/// What was kept and may not be blanked yet. A line that cannot be read was not whole when its
/// process ended, and nothing was blanked then.
pub(super) fn unfinished(rollout: &Path) -> Vec<Lost> {
    let Ok(text) = fs::read(kept_beside(rollout)) else { return Vec::new() };
    let mut open = Vec::new();
    for line in text.split(|&byte| byte == b'\n') {
        match serde_json::from_slice(line) {
            Ok(Line::Done { done: true }) => open.clear(),
            Ok(Line::Text { offset, text }) => open.push((offset, text.into_bytes())),
            Ok(Line::Bytes { offset, bytes }) => open.push((offset, bytes)),
            Ok(Line::Zeros { offset, zeros }) => open.push((offset, vec![0; zeros])),
            Ok(Line::Done { .. }) | Err(_) => {}
        }
    }
    open
}

/// Keeps it: when this returns it survives loss of power.
pub(super) fn keep(rollout: &Path, lost: &[Lost]) -> io::Result<()> {
    let mut lines = String::new();
    for (offset, bytes) in lost {
        lines.push_str(&format!("{}\n", quarantine::entry(*offset, bytes)));
    }
    append(rollout, &lines)?.sync_data()?;
    rollout.parent().map_or(Ok(()), sync_folder)
}

/// All that was kept is blanked.
pub(super) fn done(rollout: &Path) -> io::Result<()> {
    append(rollout, &format!("{}\n", json!({ "done": true }))).map(drop)
}

fn append(rollout: &Path, lines: &str) -> io::Result<File> {
    let path = kept_beside(rollout);
    let is_closed = fs::read(&path).map_or(true, |text| matches!(text.last(), None | Some(b'\n')));
    let lines = if is_closed { lines.to_owned() } else { format!("\n{lines}") };
    let mut file = private().append(true).create(true).open(&path)?;
    file.write_all(lines.as_bytes())?;
    Ok(file)
}
