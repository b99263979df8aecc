//! Epochs: one counter for the whole home, and for all processes.

use std::io::{self, Read as _, Seek as _, Write as _};

use thread_store::{Epoch, Timestamp};

use super::layout::{Layout, make_folder, private};

/// An epoch that no lease of this home ever had.
///
/// It is at least the time in milliseconds: so it is new also where the counter was lost, or the last
/// numbers of it were with the power.
pub(crate) fn next(layout: &Layout, now: Timestamp) -> io::Result<Epoch> {
    let path = layout.epochs();
    make_folder(&layout.own())?;
    let mut file = private().read(true).write(true).create(true).truncate(false).open(path)?;
    // Given up when the file is closed.
    file.lock()?;
    let mut text = String::new();
    // Whatever is no number counts as none.
    let _ = (&file).take(64).read_to_string(&mut text);
    let last: u64 = text.trim().parse().unwrap_or(0);
    let epoch = last.saturating_add(1).max(u64::try_from(now.as_millis()).unwrap_or(0));
    file.rewind()?;
    // Always as long as before: there is no moment at which the file has less than a number.
    file.write_all(format!("{epoch:020}\n").as_bytes())?;
    Ok(Epoch::new(epoch))
}
