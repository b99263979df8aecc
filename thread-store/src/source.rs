//! Where a thread came from.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::id::ThreadId;

/// What started a thread, in the shapes that Codex writes into `session_meta.source`:
/// `"cli"`, `{"subagent":"review"}`, `{"subagent":{"thread_spawn":{…}}}`, … Shapes that are not
/// known are kept as they are.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum SessionSource {
    /// The terminal program.
    Cli,
    /// An editor, or any client of the app-server.
    VsCode,
    /// A run without interaction.
    Exec,
    /// The app-server or MCP server itself (`"mcp"`).
    AppServer,
    /// A client that named itself.
    Custom(String),
    /// Another agent.
    SubAgent(SubAgentSource),
    /// Not recorded.
    Unknown,
    /// A shape that this version does not know.
    Other(Value),
}

/// What kind of sub-agent.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum SubAgentSource {
    /// A reviewer.
    Review,
    /// A compaction of a history.
    Compact,
    /// A guardian, which judges what another agent does.
    Guardian,
    /// An agent spawned by another thread: the only kind that makes a thread a child.
    ThreadSpawn(ThreadSpawn),
    /// Any other, as it was written.
    Other(Value),
}

/// How a thread was spawned.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ThreadSpawn {
    /// The thread that spawned it.
    pub parent_thread_id: ThreadId,
    /// 1 for a child of a thread that was not spawned itself, and so on.
    #[serde(default)]
    pub depth: u32,
    /// The path of the agent in its tree, such as `/root/mapper`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_path: Option<String>,
    /// What the agent is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_nickname: Option<String>,
    /// What the agent is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_role: Option<String>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl ThreadSpawn {
    /// A spawn from this parent at this depth.
    #[must_use]
    pub fn new(parent_thread_id: ThreadId, depth: u32) -> Self {
        Self {
            parent_thread_id,
            depth,
            agent_path: None,
            agent_nickname: None,
            agent_role: None,
            extra: Map::new(),
        }
    }
}

/// The kinds of source that lists filter by. Every source has exactly one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)] // As in `SessionSource` and `SubAgentSource`.
pub enum SourceKind {
    Cli,
    #[serde(rename = "vscode")]
    VsCode,
    Exec,
    AppServer,
    Custom,
    SubAgentReview,
    SubAgentCompact,
    SubAgentGuardian,
    SubAgentThreadSpawn,
    SubAgentOther,
    Unknown,
}

impl SourceKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Cli,
        Self::VsCode,
        Self::Exec,
        Self::AppServer,
        Self::Custom,
        Self::SubAgentReview,
        Self::SubAgentCompact,
        Self::SubAgentGuardian,
        Self::SubAgentThreadSpawn,
        Self::SubAgentOther,
        Self::Unknown,
    ];

    /// Its stable name, as in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cli => "cli",
            Self::VsCode => "vscode",
            Self::Exec => "exec",
            Self::AppServer => "app_server",
            Self::Custom => "custom",
            Self::SubAgentReview => "sub_agent_review",
            Self::SubAgentCompact => "sub_agent_compact",
            Self::SubAgentGuardian => "sub_agent_guardian",
            Self::SubAgentThreadSpawn => "sub_agent_thread_spawn",
            Self::SubAgentOther => "sub_agent_other",
            Self::Unknown => "unknown",
        }
    }

    /// Whether it is any kind of sub-agent.
    #[must_use]
    pub const fn is_sub_agent(self) -> bool {
        matches!(
            self,
            Self::SubAgentReview
                | Self::SubAgentCompact
                | Self::SubAgentGuardian
                | Self::SubAgentThreadSpawn
                | Self::SubAgentOther
        )
    }
}

impl SessionSource {
    /// The source of a thread spawned by `parent` at this depth. A thread becomes a child by having
    /// a parent as well; see [`CreateThread::spawned_by`](crate::CreateThread::spawned_by).
    #[must_use]
    pub fn spawned_by(parent: ThreadId, depth: u32) -> Self {
        Self::SubAgent(SubAgentSource::ThreadSpawn(ThreadSpawn::new(parent, depth)))
    }

    /// The kind that lists filter by.
    #[must_use]
    pub fn kind(&self) -> SourceKind {
        match self {
            Self::Cli => SourceKind::Cli,
            Self::VsCode => SourceKind::VsCode,
            Self::Exec => SourceKind::Exec,
            Self::AppServer => SourceKind::AppServer,
            Self::Custom(_) => SourceKind::Custom,
            Self::SubAgent(SubAgentSource::Review) => SourceKind::SubAgentReview,
            Self::SubAgent(SubAgentSource::Compact) => SourceKind::SubAgentCompact,
            Self::SubAgent(SubAgentSource::Guardian) => SourceKind::SubAgentGuardian,
            Self::SubAgent(SubAgentSource::ThreadSpawn(_)) => SourceKind::SubAgentThreadSpawn,
            Self::SubAgent(SubAgentSource::Other(_)) => SourceKind::SubAgentOther,
            Self::Unknown | Self::Other(_) => SourceKind::Unknown,
        }
    }

    /// How it was spawned, if it was.
    #[must_use]
    pub fn spawn(&self) -> Option<&ThreadSpawn> {
        match self {
            Self::SubAgent(SubAgentSource::ThreadSpawn(spawn)) => Some(spawn),
            _ => None,
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Self::Cli => json!("cli"),
            Self::VsCode => json!("vscode"),
            Self::Exec => json!("exec"),
            Self::AppServer => json!("mcp"),
            Self::Custom(name) => json!({ "custom": name }),
            Self::SubAgent(sub_agent) => json!({ "subagent": sub_agent.to_json() }),
            Self::Unknown => json!("unknown"),
            Self::Other(value) => value.clone(),
        }
    }

    fn from_json(value: Value) -> Self {
        match (value.as_str(), single_member(&value)) {
            (Some("cli"), _) => Self::Cli,
            (Some("vscode"), _) => Self::VsCode,
            (Some("exec"), _) => Self::Exec,
            (Some("mcp"), _) => Self::AppServer,
            (Some("unknown"), _) => Self::Unknown,
            (_, Some(("custom", Value::String(name)))) => Self::Custom(name.clone()),
            (_, Some(("subagent", inner))) => Self::SubAgent(SubAgentSource::from_json(inner)),
            _ => Self::Other(value),
        }
    }
}

impl SubAgentSource {
    fn to_json(&self) -> Value {
        match self {
            Self::Review => json!("review"),
            Self::Compact => json!("compact"),
            Self::Guardian => json!({ "other": "guardian" }),
            Self::ThreadSpawn(spawn) => json!({ "thread_spawn": spawn }),
            Self::Other(value) => value.clone(),
        }
    }

    fn from_json(value: &Value) -> Self {
        match (value.as_str(), single_member(value)) {
            (Some("review"), _) => Self::Review,
            (Some("compact"), _) => Self::Compact,
            (_, Some(("other", Value::String(name)))) if name == "guardian" => Self::Guardian,
            (_, Some(("thread_spawn", spawn))) => ThreadSpawn::deserialize(spawn)
                .map_or_else(|_| Self::Other(value.clone()), Self::ThreadSpawn),
            _ => Self::Other(value.clone()),
        }
    }
}

/// The name and value of an object that has exactly one member.
fn single_member(value: &Value) -> Option<(&str, &Value)> {
    let object = value.as_object().filter(|object| object.len() == 1)?;
    object.iter().next().map(|(name, value)| (name.as_str(), value))
}

impl Serialize for SessionSource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SessionSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from_json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_that_was_seen_in_the_wild_has_its_kind_and_is_written_back_as_it_was() {
        let parent = "01a1f9ce-a29c-7b52-b511-1dacc7a3f321";
        for (shape, kind) in [
            (json!("cli"), SourceKind::Cli),
            (json!("vscode"), SourceKind::VsCode),
            (json!("exec"), SourceKind::Exec),
            (json!("mcp"), SourceKind::AppServer),
            (json!("unknown"), SourceKind::Unknown),
            (json!({"custom": "chatgpt"}), SourceKind::Custom),
            (json!({"subagent": "review"}), SourceKind::SubAgentReview),
            (json!({"subagent": "compact"}), SourceKind::SubAgentCompact),
            (json!({"subagent": "memory_consolidation"}), SourceKind::SubAgentOther),
            (json!({"subagent": {"other": "guardian"}}), SourceKind::SubAgentGuardian),
            (json!({"subagent": {"other": "x"}}), SourceKind::SubAgentOther),
            (
                json!({"subagent": {"thread_spawn": {"parent_thread_id": parent, "depth": 1}}}),
                SourceKind::SubAgentThreadSpawn,
            ),
            (
                json!({"subagent": {"thread_spawn": {"parent_thread_id": parent, "depth": 2, "agent_path": "/root/a",
                "agent_nickname": "N", "agent_role": "r", "new_member": [1]}}}),
                SourceKind::SubAgentThreadSpawn,
            ),
            (
                json!({"subagent": {"thread_spawn": {"parent_thread_id": "nonsense"}}}),
                SourceKind::SubAgentOther,
            ),
            (json!({"internal": "memory"}), SourceKind::Unknown),
            (json!(["?"]), SourceKind::Unknown),
        ] {
            let source: SessionSource = serde_json::from_value(shape.clone()).unwrap();
            assert_eq!(source.kind(), kind, "{shape}");
            assert_eq!(serde_json::to_value(&source).unwrap(), shape);
        }
    }

    #[test]
    fn the_name_of_a_kind_is_its_json() {
        for kind in SourceKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), json!(kind.as_str()));
        }
    }
}
