//! Editing the record of a thread.

use crate::error::{Conflict, Error};
use crate::metadata::size;
use crate::params::UpdateThreadMetadata;
use crate::thread::StoredThread;

/// Edits the record as the params say (M1 to M4): answers whether anything changed. `last_request`
/// is the request id that last moved the version of this thread; it is replaced when the version
/// moves, and has to be stored with the thread.
///
/// # Errors
///
/// *Invalid request*; *conflict* (metadata version). The record is untouched then.
pub fn edit_metadata(
    thread: &mut StoredThread,
    last_request: &mut Option<String>,
    params: &UpdateThreadMetadata,
) -> Result<bool, Error> {
    params.validate()?;
    if let Some(expected) = params.expected_version
        && expected != thread.metadata_version
    {
        return if is_repeat(thread, last_request.as_deref(), params, expected) {
            Ok(false)
        } else {
            let actual = thread.metadata_version;
            Err(Error::conflict(thread.thread_id, Conflict::MetadataVersion { expected, actual }))
        };
    }
    if params.patch.is_empty() {
        return Ok(false);
    }
    let mut metadata = thread.metadata.clone();
    params.patch.apply(&mut metadata);
    size::check("patch", &metadata)?;
    thread.metadata = metadata;
    if !params.patch.is_touch() {
        thread.metadata_version += 1;
        last_request.clone_from(&params.request_id);
    }
    Ok(true)
}

/// Whether this very edit was done before and nothing since.
fn is_repeat(
    thread: &StoredThread,
    last_request: Option<&str>,
    params: &UpdateThreadMetadata,
    expected: u64,
) -> bool {
    params.request_id.is_some()
        && params.request_id.as_deref() == last_request
        && expected.checked_add(1) == Some(thread.metadata_version)
}
