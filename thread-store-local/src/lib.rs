//! Codex rollout files and homes, read whatever state they are in.
