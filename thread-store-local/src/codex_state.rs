//! Stub.
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::Path;
use thread_store::{ThreadId, Timestamp};
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct CodexFacts {
    pub(crate) name: Option<String>,
    pub(crate) git_sha: Option<String>,
    pub(crate) git_branch: Option<String>,
    pub(crate) git_origin_url: Option<String>,
    pub(crate) memory_mode: Option<String>,
    pub(crate) archived_at: Option<Timestamp>,
    pub(crate) paginated: bool,
}
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct StateStamp;
pub(crate) fn state_stamp(_: &Path) -> Option<StateStamp> {
    None
}
pub(crate) async fn read_state(_: &Path) -> std::io::Result<HashMap<ThreadId, CodexFacts>> {
    Ok(HashMap::new())
}
