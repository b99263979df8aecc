//! Metadata from the settings of turns and from token counts.

use super::{MAX_VALUE_BYTES, ThreadObserver, learn, text, value};
use crate::item::Members;
use crate::metadata::TokenUsage;
use crate::options::ThreadOptions;

impl ThreadObserver {
    /// The settings of a turn. Its directory may be that of this turn alone, so it counts only if
    /// no other is known.
    pub(super) fn observe_turn_context(&mut self, context: &Members<'_>) {
        if self.known.cwd.is_none() {
            learn!(self.cwd = text(context, "cwd"));
        }
        self.learn_settings(context, "effort");
    }

    /// The settings of the thread, as they are from now on.
    pub(super) fn observe_settings(&mut self, event: &Members<'_>) {
        let Some(settings) = event.object("thread_settings") else {
            return;
        };
        if let Some(cwd) = text(&settings, "cwd") {
            learn!(self.cwd = Some(cwd));
        }
        if let Some(provider) = text(&settings, "model_provider_id") {
            learn!(self.model_provider = Some(provider));
        }
        self.learn_settings(&settings, "reasoning_effort");
        self.learn_options(&settings);
    }

    /// The options of a thread that has any follow its settings.
    fn learn_options(&mut self, settings: &Members<'_>) {
        let Some(options) = self.known.options.clone() else { return };
        let mut given = ThreadOptions::default();
        if let Some(model) = text(settings, "model") {
            given = given.model(model);
        }
        if let Some(provider) = text(settings, "model_provider_id") {
            given = given.model_provider(provider);
        }
        if let Some(effort) = text(settings, "reasoning_effort") {
            given = given.reasoning_effort(effort);
        }
        if let Some(cwd) = text(settings, "cwd") {
            given = given.cwd(cwd);
        }
        if let Some(policy) = value(settings, "approval_policy") {
            given = given.approval_policy(policy);
        }
        if let Some(policy) = value(settings, "sandbox_policy") {
            given = given.sandbox_policy(policy);
        }
        if let Some(personality) = text(settings, "personality") {
            given = given.personality(personality);
        }
        learn!(self.options = Some(options.overridden_by(given)));
    }

    /// What both have in common. What is left out stays as it was.
    fn learn_settings(&mut self, settings: &Members<'_>, effort: &str) {
        if let Some(model) = text(settings, "model") {
            learn!(self.model = Some(model));
        }
        if let Some(effort) = text(settings, effort) {
            learn!(self.reasoning_effort = Some(effort));
        }
        if let Some(policy) = value(settings, "approval_policy") {
            learn!(self.approval_policy = Some(policy));
        }
        if let Some(policy) = value(settings, "sandbox_policy") {
            learn!(self.sandbox_policy = Some(policy));
        }
        if let Some(profile) = value(settings, "permission_profile") {
            learn!(self.permission_profile = Some(profile));
        }
    }

    /// The totals so far. `info` is null or left out where the provider told nothing.
    pub(super) fn observe_tokens(&mut self, event: &Members<'_>) {
        let Some(info) = event.object("info") else { return };
        let total =
            info.get("total_token_usage").filter(|json| json.get().len() <= MAX_VALUE_BYTES);
        let total = total.and_then(|_| info.parse::<TokenUsage>("total_token_usage"));
        if total.is_some() {
            learn!(self.token_usage = total);
        }
    }
}
