//! Metadata from the settings of turns and from token counts.

use super::{MAX_VALUE_BYTES, ThreadObserver, learn, text, value};
use crate::item::Members;
use crate::metadata::{Edit, TokenUsage};
use crate::options::ThreadOptions;

impl ThreadObserver {
    /// The settings of a turn, which may be those of this turn alone: what the thread has as its own
    /// options stands, and so does a directory that is known.
    pub(super) fn observe_turn_context(&mut self, context: &Members<'_>) {
        if self.known.cwd.is_none() {
            learn!(self.cwd = text(context, "cwd"));
        }
        let own = self.known.options.clone().unwrap_or_default();
        self.learn_settings(context, "effort", &own);
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
        self.learn_settings(&settings, "reasoning_effort", &ThreadOptions::default());
        self.learn_options(&settings);
    }

    /// The options of a thread that has any follow its settings.
    fn learn_options(&mut self, settings: &Members<'_>) {
        let Some(options) = self.known.options.clone() else { return };
        let given = ThreadOptions {
            model: given(text(settings, "model")),
            model_provider: given(text(settings, "model_provider_id")),
            reasoning_effort: given(text(settings, "reasoning_effort")),
            cwd: given(text(settings, "cwd")),
            approval_policy: given(value(settings, "approval_policy")),
            sandbox_policy: given(value(settings, "sandbox_policy")),
            personality: given(text(settings, "personality")),
            ..ThreadOptions::default()
        };
        learn!(self.options = Some(options.overridden_by(given)));
    }

    /// What both have in common, where these options say nothing. What is left out stays as it was.
    fn learn_settings(&mut self, settings: &Members<'_>, effort: &str, own: &ThreadOptions) {
        if let Some(model) = text(settings, "model").filter(|_| own.model.is_keep()) {
            learn!(self.model = Some(model));
        }
        if let Some(effort) = text(settings, effort).filter(|_| own.reasoning_effort.is_keep()) {
            learn!(self.reasoning_effort = Some(effort));
        }
        let policy = |name, option: &Edit<_>| value(settings, name).filter(|_| option.is_keep());
        if let Some(policy) = policy("approval_policy", &own.approval_policy) {
            learn!(self.approval_policy = Some(policy));
        }
        if let Some(policy) = policy("sandbox_policy", &own.sandbox_policy) {
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

/// An option, if settings have it.
fn given<T>(setting: Option<T>) -> Edit<Option<T>> {
    setting.map_or(Edit::Keep, |setting| Edit::Set(Some(setting)))
}
