//! Metadata from the thread's own headers.

use super::user_message::MAX_TEXT_BYTES;
use super::{ThreadObserver, learn, text};
use crate::item::{Members, SessionMeta};
use crate::source::ThreadSpawn;

impl ThreadObserver {
    /// What the first own header says. What it leaves out stays as inherited.
    pub(super) fn learn_header(&mut self, header: &SessionMeta<'_>) {
        let members = header.members();
        if let Some(cwd) = text(members, "cwd") {
            learn!(self.cwd = Some(cwd));
        }
        if let Some(provider) = text(members, "model_provider") {
            learn!(self.model_provider = Some(provider));
        }
        if let Some(version) = text(members, "cli_version") {
            learn!(self.cli_version = Some(version));
        }
        if let Some(originator) = text(members, "originator") {
            learn!(self.originator = Some(originator));
        }
        if let Some(mode) = one_of(members, "history_mode", &["legacy", "paginated"]) {
            learn!(self.history_mode = Some(mode));
        }
        if let Some(source) = text(members, "thread_source") {
            learn!(self.thread_source = Some(source));
        }
        self.learn_agent(header);
    }

    /// The marks of a sub-agent: members of the header, else of its spawn source.
    fn learn_agent(&mut self, header: &SessionMeta<'_>) {
        let source = header.source();
        let spawn = source.as_ref().and_then(|source| source.spawn());
        let mark = |name, of: fn(&ThreadSpawn) -> &Option<String>| {
            let from_spawn = || spawn.and_then(|spawn| of(spawn).clone());
            let is_short = |text: &String| text.len() <= MAX_TEXT_BYTES;
            text(header.members(), name).or_else(from_spawn).filter(is_short)
        };
        if let Some(nickname) = mark("agent_nickname", |spawn| &spawn.agent_nickname) {
            learn!(self.agent_nickname = Some(nickname));
        }
        if let Some(role) = mark("agent_role", |spawn| &spawn.agent_role) {
            learn!(self.agent_role = Some(role));
        }
        if let Some(path) = mark("agent_path", |spawn| &spawn.agent_path) {
            learn!(self.agent_path = Some(path));
        }
    }

    /// What every own header may revise: git, as a whole, and the memory mode.
    pub(super) fn learn_revision(&mut self, header: &SessionMeta<'_>) {
        if let Some(mode) = one_of(header.members(), "memory_mode", &["enabled", "disabled"]) {
            learn!(self.memory_mode = Some(mode));
        }
        let Some(git) = header.git() else { return };
        let git = ["commit_hash", "branch", "repository_url"].map(|name| text(&git, name));
        // `{}` is written for a folder whose repository could not be asked: it says nothing.
        if git.iter().any(Option::is_some) {
            let [sha, branch, origin_url] = git;
            learn!(self.git_sha = sha);
            learn!(self.git_branch = branch);
            learn!(self.git_origin_url = origin_url);
        }
    }
}

fn one_of(members: &Members<'_>, name: &str, values: &[&str]) -> Option<String> {
    members.string(name).filter(|value| values.contains(&value.as_str()))
}
