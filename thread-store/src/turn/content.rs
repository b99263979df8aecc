//! What an item of a turn is.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What an item of a turn is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum ItemContent {
    /// What a person said.
    UserMessage {
        /// The id that the client gave it.
        client_id: Option<String>,
        /// Its parts: texts, images, mentions.
        content: Vec<Value>,
    },
    /// What the agent thought.
    Reasoning {
        /// Its summary, in parts.
        summary: Vec<String>,
        /// Its text, in parts.
        content: Vec<String>,
    },
    /// What the agent said.
    AgentMessage {
        /// The text.
        text: String,
    },
}
