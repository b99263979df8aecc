//! What an item of a turn is.

mod change;
mod searchable;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use change::{FileUpdateChange, PatchChangeKind};

/// What an item of a turn is.
///
/// In JSON it has the form of the app-server protocol (`ThreadItem`), without its id and its times.
/// Words from closed sets (a status, a source, the kind of an activity) are texts in the spelling
/// of the protocol, `inProgress`: one that a later version adds must not cost the item. So are
/// values opaque that the protocol does not spell out, or that only a client looks into.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum ItemContent {
    /// What a person said.
    UserMessage {
        /// The id that the client gave it.
        client_id: Option<String>,
        /// Its parts (`UserInput`): texts, images, sounds, skills, mentions.
        content: Vec<Value>,
    },
    /// What a hook asked of the agent.
    HookPrompt {
        /// Its parts (`HookPromptFragment`): texts and the runs of hooks they come from.
        fragments: Vec<Value>,
    },
    /// What the agent said to a person.
    AgentMessage {
        /// The text.
        text: String,
        /// `commentary`, `partial_answer` or `final_answer`, where the model told.
        phase: Option<String>,
        /// What of its memory the agent cites (`MemoryCitation`).
        memory_citation: Option<Value>,
        /// `async` if it was not an answer in the course of the turn.
        delivery: Option<String>,
        /// What moderation made of it (`AgentMessageModeration`).
        moderation: Option<Value>,
        /// What it asks the person (`AsyncUserInputQuestion`).
        questions: Option<Value>,
    },
    /// The output of a tool that is shown as such.
    FunctionCallOutput {
        /// The tool.
        name: String,
        /// The namespace of the tool.
        namespace: Option<String>,
        /// A text, or a list of parts.
        #[serde(default)]
        output: Value,
    },
    /// A plan that the agent proposed.
    Plan {
        /// The text.
        text: String,
    },
    /// What the model thought.
    Reasoning {
        /// The parts of the summary.
        #[serde(default)]
        summary: Vec<String>,
        /// The parts of the text itself, where the model shows it.
        #[serde(default)]
        content: Vec<String>,
    },
    /// A command that was run.
    CommandExecution {
        /// The command as one line of shell.
        command: String,
        /// Where it ran: a path of the machine it ran on.
        cwd: String,
        /// The process under a terminal, where there was one.
        process_id: Option<String>,
        /// Who ran it: `agent`, `userShell`, `unifiedExecStartup`, `unifiedExecInteraction`.
        #[serde(default = "agent")]
        source: String,
        /// `inProgress`, `completed`, `failed` or `declined`.
        status: String,
        /// What it does, as far as that was understood (`CommandAction`).
        #[serde(default)]
        command_actions: Vec<Value>,
        /// What it wrote, errors included; `None` if nothing.
        aggregated_output: Option<String>,
        /// How it exited.
        exit_code: Option<i64>,
        /// How long it ran, in milliseconds.
        duration_ms: Option<i64>,
        /// The plugin whose script it is.
        plugin_id: Option<String>,
        /// The script, from the folder of the plugin on.
        script_path: Option<String>,
    },
    /// Files that were changed.
    FileChange {
        /// The changes, in the order of their paths.
        changes: Vec<FileUpdateChange>,
        /// `inProgress`, `completed`, `failed` or `declined`.
        status: String,
    },
    /// A call of a tool of an MCP server.
    McpToolCall {
        /// The server.
        server: String,
        /// The tool.
        tool: String,
        /// `inProgress`, `completed` or `failed`.
        status: String,
        /// The arguments.
        #[serde(default)]
        arguments: Value,
        /// The app that stands behind the tool (`McpToolCallAppContext`).
        app_context: Option<Value>,
        /// What shows the result (`McpAppUi`).
        mcp_app_ui: Option<Value>,
        /// The resource of what shows the result, in older history.
        #[serde(skip_serializing_if = "Option::is_none")]
        mcp_app_resource_uri: Option<String>,
        /// The plugin that brought the server.
        plugin_id: Option<String>,
        /// Whether the tool says that it changes nothing.
        read_only_hint: Option<bool>,
        /// What came back (`McpToolCallResult`).
        result: Option<Value>,
        /// Why nothing came back: an object with a `message`.
        error: Option<Value>,
        /// How long it took, in milliseconds.
        duration_ms: Option<i64>,
    },
    /// A call of any other tool.
    DynamicToolCall {
        /// The namespace of the tool.
        namespace: Option<String>,
        /// The tool.
        tool: String,
        /// The arguments: JSON, or the text that the model gave if it is none.
        #[serde(default)]
        arguments: Value,
        /// `inProgress`, `completed` or `failed`.
        status: String,
        /// What came back (`DynamicToolCallOutputContentItem`).
        content_items: Option<Vec<Value>>,
        /// Whether the tool says that it succeeded.
        success: Option<bool>,
        /// How long it took, in milliseconds.
        duration_ms: Option<i64>,
    },
    /// A call of a tool that works with other agents.
    CollabAgentToolCall {
        /// `spawnAgent`, `sendInput`, `wait`, …
        tool: String,
        /// `inProgress`, `completed`, `failed` or `interrupted`.
        status: String,
        /// The thread of the agent that called.
        sender_thread_id: String,
        /// The threads of the agents it was about.
        #[serde(default)]
        receiver_thread_ids: Vec<String>,
        /// What the other agent was told.
        prompt: Option<String>,
        /// The model that was asked for.
        model: Option<String>,
        /// The reasoning effort that was asked for.
        reasoning_effort: Option<String>,
        /// How the other agents were, by thread (`CollabAgentState`).
        #[serde(default)]
        agents_states: Map<String, Value>,
    },
    /// Something that another agent did.
    SubAgentActivity {
        /// `started`, `interacted`, `interrupted` or `completed`.
        kind: String,
        /// The thread of the other agent.
        agent_thread_id: String,
        /// Its path among the agents.
        agent_path: String,
        /// Its model, where it started.
        model: Option<String>,
        /// Its reasoning effort, where it started.
        reasoning_effort: Option<String>,
    },
    /// A search of the web.
    WebSearch {
        /// What was searched for.
        query: String,
        /// What was done (`WebSearchAction`).
        action: Option<Value>,
        /// What was found, as the search gave it.
        results: Option<Vec<Value>>,
    },
    /// An image that the agent looked at.
    ImageView {
        /// Its path, on the machine of the agent.
        path: String,
    },
    /// A time in which the agent waited.
    Sleep {
        /// How long, in milliseconds.
        duration_ms: u64,
    },
    /// An image that was made.
    ImageGeneration {
        /// How it went, in the word of the service.
        status: String,
        /// What was asked for in the end.
        revised_prompt: Option<String>,
        /// The image, in base64. Either this or `file_id` is there.
        #[serde(skip_serializing_if = "Option::is_none")]
        result: Option<String>,
        /// Where the image is kept among the attachments.
        #[serde(skip_serializing_if = "Option::is_none")]
        file_id: Option<String>,
        /// The file it was saved to.
        #[serde(skip_serializing_if = "Option::is_none")]
        saved_path: Option<String>,
        /// The id that the service gave it.
        generation_id: Option<String>,
        /// Why there is none (`ImageGenerationFailure`).
        failure: Option<Value>,
        /// The images it was made from (`ImageGenerationInputImage`).
        #[serde(skip_serializing_if = "Option::is_none")]
        input_images: Option<Vec<Value>>,
        /// Whether its background is transparent.
        transparent_background: Option<bool>,
    },
    /// A review began.
    EnteredReviewMode {
        /// What is reviewed.
        review: String,
    },
    /// A review ended.
    ExitedReviewMode {
        /// Its outcome.
        review: String,
    },
    /// The history before it was summarised for the model.
    ContextCompaction,
    /// Anything else: its members, `type` included, in the spelling of the protocol.
    #[serde(untagged)]
    Unknown(Map<String, Value>),
}

/// Who ran a command where that is not told.
fn agent() -> String {
    "agent".into()
}

impl ItemContent {
    /// What kind of item it is, in the spelling of the protocol: `userMessage`.
    #[must_use]
    pub fn kind(&self) -> String {
        let json = serde_json::to_value(self).unwrap_or_default();
        json["type"].as_str().unwrap_or_default().to_owned()
    }
}

impl fmt::Debug for ItemContent {
    /// The kind only: contents stay out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind())
    }
}

#[cfg(test)]
mod tests;
