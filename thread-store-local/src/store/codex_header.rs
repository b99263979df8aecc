//! What Codex reads as the header of a rollout. Of a file whose first line is none it reads nothing.

use serde::{Deserialize, Deserializer};
use thread_store::ThreadId;

/// A header, with the members whose types Codex insists on. What it does not know it does not mind.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "what counts is that it can be read")]
pub(crate) struct CodexHeader {
    id: ThreadId,
    timestamp: String,
    cwd: String,
    originator: String,
    cli_version: String,
    #[serde(default, deserialize_with = "present")]
    session_id: Option<ThreadId>,
    #[serde(default, deserialize_with = "present")]
    source: Option<Source>,
    #[serde(default, deserialize_with = "present")]
    history_mode: Option<Mode>,
    #[serde(default)]
    account_scoped: bool,
    #[serde(default)]
    attached_thread: bool,
    forked_from_id: Option<ThreadId>,
    forked_from_ordinal_exclusive: Option<u64>,
    parent_thread_id: Option<ThreadId>,
    subagent_history_start_ordinal: Option<u64>,
    model_provider: Option<String>,
    thread_source: Option<String>,
    agent_nickname: Option<String>,
    agent_role: Option<String>,
    agent_path: Option<String>,
    memory_mode: Option<String>,
    multi_agent_version: Option<AgentVersion>,
    git: Option<Git>,
    base_instructions: Option<Instructions>,
    context_window: Option<ContextWindow>,
    runtime_workspace_roots: Option<Vec<String>>,
    dynamic_tools: Option<Vec<Tool>>,
    #[serde(default)]
    selected_capability_roots: Vec<Never>,
    /// A thread is copied without the files that it continued.
    history_base: Option<Never>,
}

/// What started the thread.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "what counts is that it can be read")]
pub(crate) enum Source {
    Named(String),
    Shape(Shape),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "what counts is that it can be read")]
pub(crate) enum Shape {
    Custom(String),
    SubAgent(SubAgent),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "what counts is that it can be read")]
pub(crate) enum SubAgent {
    Review,
    Compact,
    MemoryConsolidation,
    Other(String),
    ThreadSpawn(Spawn),
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "what counts is that it can be read")]
pub(crate) struct Spawn {
    parent_thread_id: ThreadId,
    depth: i32,
    agent_path: Option<AgentPath>,
    agent_nickname: Option<String>,
    agent_role: Option<String>,
}

/// A path of agents from the root.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct AgentPath;

impl TryFrom<String> for AgentPath {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let plain = |name: &str| {
            !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        let names = text.strip_prefix("/root/").ok_or("not below the root")?;
        names.split('/').all(plain).then_some(Self).ok_or("no path of names")
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Legacy,
    Paginated,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum AgentVersion {
    V1,
    V2,
    Disabled,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "what counts is that it can be read")]
struct Git {
    commit_hash: Option<String>,
    branch: Option<String>,
    repository_url: Option<String>,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "what counts is that it can be read")]
struct Instructions {
    text: String,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "what counts is that it can be read")]
struct ContextWindow {
    window_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "what counts is that it can be read")]
struct Tool {
    name: String,
    description: String,
    input_schema: serde_json::Value,
}

/// What is not read at all: Codex would, but what it takes is not known, or would not be right here.
#[derive(Debug, Deserialize)]
enum Never {}

/// A member that may be missing and must not be `null`.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    value: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}
