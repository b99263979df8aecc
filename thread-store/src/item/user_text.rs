//! What of a text in the user's name the user typed.

/// Editors put context before the text that the user typed, and this line between them.
const REQUEST_MARKER: &str = "## My request for Codex:";

/// How the blocks begin that the agent itself puts into a conversation in the user's name.
const INJECTED: &[&str] = &[
    "<environment_context>",
    "<user_instructions>",
    "<user_shell_command>",
    "<turn_aborted>",
    "<subagent_notification>",
    "<skill>",
    "<permissions instructions>",
    "# AGENTS.md instructions",
];

/// What the user typed: the text without what an editor put before it, and without white space
/// around it.
pub(crate) fn typed(text: &str) -> &str {
    text.split_once(REQUEST_MARKER).map_or(text, |(_, typed)| typed).trim()
}

/// Whether the agent itself put this text, which has no white space before it, in the user's name.
pub(crate) fn is_injected(typed: &str) -> bool {
    INJECTED.iter().any(|start| typed.starts_with(start))
}
