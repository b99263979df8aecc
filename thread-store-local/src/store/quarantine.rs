//! Bytes that are no record, set aside before they are cut off: nothing is thrown away.

use std::io::{self, Write as _};
use std::path::Path;

use serde_json::{Value, json};

use super::layout::{Layout, make_folder, private, sync_folder};

/// Keeps the bytes that stood at an offset of a file.
pub(crate) fn keep(layout: &Layout, file: &Path, offset: u64, bytes: &[u8]) -> io::Result<()> {
    keep_all(layout, file, &[(offset, bytes)])
}

/// Keeps what stood at several places of a file, all of it before this returns.
pub(crate) fn keep_all(layout: &Layout, file: &Path, places: &[(u64, &[u8])]) -> io::Result<()> {
    make_folder(&layout.own())?;
    let path = layout.relative(file).display().to_string();
    let mut lines = String::new();
    for (offset, bytes) in places {
        let mut line = entry(*offset, bytes);
        line["file"] = json!(path);
        lines.push_str(&format!("{line}\n"));
    }
    let mut kept = private().append(true).create(true).open(layout.quarantine())?;
    kept.lock()?;
    kept.write_all(lines.as_bytes())?;
    kept.sync_data()?;
    sync_folder(&layout.own())
}

/// How bytes that stood at an offset are kept: as text if they are, and a run of NUL bytes, which can
/// be very long, as its length.
pub(crate) fn entry(offset: u64, bytes: &[u8]) -> Value {
    if bytes.iter().all(|byte| *byte == 0) {
        return json!({ "offset": offset, "zeros": bytes.len() });
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => json!({ "offset": offset, "text": text }),
        Err(_) => json!({ "offset": offset, "bytes": bytes }),
    }
}
