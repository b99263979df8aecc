//! Token counts.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The tokens a thread has used in all, as Codex counts them in `token_count.info.total_token_usage`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
#[allow(missing_docs)] // The names are those of the model API.
pub struct TokenUsage {
    pub input_tokens: u64,
    pub cached_input_tokens: u64,
    pub output_tokens: u64,
    pub reasoning_output_tokens: u64,
    pub total_tokens: u64,
    /// Counts that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}
