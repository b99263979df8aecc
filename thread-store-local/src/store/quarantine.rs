//! Bytes that are no record, set aside before they are cut off: nothing is thrown away.

use std::io::{self, Write as _};
use std::path::Path;

use serde_json::json;

use super::layout::{Layout, make_folder, private};

/// Keeps the bytes that stood at an offset of a file.
pub(crate) fn keep(layout: &Layout, file: &Path, offset: u64, bytes: &[u8]) -> io::Result<()> {
    make_folder(&layout.own())?;
    let path = layout.relative(file).display().to_string();
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => json!({ "file": path, "offset": offset, "text": text }),
        Err(_) => json!({ "file": path, "offset": offset, "bytes": bytes }),
    };
    let mut kept = private().append(true).create(true).open(layout.quarantine())?;
    kept.lock()?;
    kept.write_all(format!("{text}\n").as_bytes())?;
    kept.sync_data()
}
