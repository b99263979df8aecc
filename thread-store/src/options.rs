//! What a thread is run with: defaults of the thread, and what a turn differs in.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::metadata::{Edit, ThreadMetadataPatch};
use crate::thread::StoredThread;

macro_rules! thread_options {
    ($( $(#[$doc:meta])* $option:ident: $type:ty, )*) => {
        /// What a thread is run with. Of each option it says whether it was given, and if so,
        /// whether as a value or as `null`, by which a client asks for the default on purpose.
        ///
        /// As the *options of a thread* they hold until they are changed, and are stored with it
        /// (`options` of its metadata); as *overrides* they hold for one turn and are stored
        /// nowhere but in the records of that turn.
        ///
        /// In JSON an option that was not given is left out. Members that this version does not
        /// know are options like the others.
        #[derive(Clone, PartialEq, Default, Serialize, Deserialize)]
        #[non_exhaustive]
        pub struct ThreadOptions {
            $(
                $(#[$doc])*
                #[serde(default, skip_serializing_if = "Edit::is_keep")]
                pub $option: Edit<Option<$type>>,
            )*
            /// Options that this version does not know.
            #[serde(flatten)]
            pub extra: Map<String, Value>,
        }

        impl ThreadOptions {
            /// The names of all options, as in JSON.
            pub const NAMES: &'static [&'static str] = &[$( stringify!($option) ),*];

            $(
                #[doc = concat!("Gives `", stringify!($option), "`: a value, or `None` for `null`.")]
                #[must_use]
                pub fn $option(mut self, value: impl Into<Option<$type>>) -> Self {
                    self.$option = Edit::Set(value.into());
                    self
                }
            )*

            /// Whether none was given.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                let Self { $( $option, )* extra } = self;
                $( $option.is_keep() && )* extra.is_empty()
            }

            /// These options, and over them what was given later: what was given there counts.
            #[must_use]
            pub fn overridden_by(mut self, later: Self) -> Self {
                let Self { $( $option, )* extra } = later;
                $( self.$option.merge($option); )*
                self.extra.extend(extra);
                self
            }

            /// The names of the options that were given.
            fn given(&self) -> Vec<&str> {
                let known = [$( (stringify!($option), self.$option.is_keep()) ),*];
                let known = known.into_iter().filter(|(_, keep)| !keep).map(|(name, _)| name);
                known.chain(self.extra.keys().map(String::as_str)).collect()
            }
        }
    };
}

thread_options! {
    /// The model.
    model: String,
    /// Who serves the model.
    model_provider: String,
    /// How hard the model is asked to think, in the provider's words.
    reasoning_effort: String,
    /// The working directory.
    cwd: String,
    /// When the agent asks before it acts, in the protocol's form.
    approval_policy: Value,
    /// What the agent may touch, in the protocol's form.
    sandbox_policy: Value,
    /// How the agent talks: `friendly`, `pragmatic`, `none`.
    personality: String,
    /// What metrics of the thread are counted under.
    service_name: String,
    /// The instructions that take the place of the model's own.
    base_instructions: String,
    /// Instructions beside those.
    developer_instructions: String,
}

impl ThreadOptions {
    /// The options that a stored thread is run with: those that were stored with it or, of a thread
    /// that never had any (an imported one), what its last turns were run with.
    #[must_use]
    pub fn of(thread: &StoredThread) -> Self {
        thread.metadata.options.clone().unwrap_or_else(|| Self::observed(thread))
    }

    fn observed(thread: &StoredThread) -> Self {
        fn known<T: Clone>(value: &Option<T>) -> Edit<Option<T>> {
            value.as_ref().map_or(Edit::Keep, |value| Edit::Set(Some(value.clone())))
        }
        let metadata = &thread.metadata;
        Self {
            model: known(&metadata.model),
            model_provider: known(&metadata.model_provider),
            reasoning_effort: known(&metadata.reasoning_effort),
            cwd: known(&metadata.cwd),
            approval_policy: known(&metadata.approval_policy),
            sandbox_policy: known(&metadata.sandbox_policy),
            ..Self::default()
        }
    }

    /// The edit that gives a thread with these options others over them, and what they are then.
    pub(crate) fn changed_by(self, given: Self) -> (ThreadMetadataPatch, Self) {
        if given.is_empty() {
            return (ThreadMetadataPatch::default(), self);
        }
        let changed = self.overridden_by(given.clone());
        (given.to_patch().options(changed.clone()), changed)
    }

    /// The edit that stores these as the options of a thread, and shows what lists show of them.
    #[must_use]
    pub fn to_patch(&self) -> ThreadMetadataPatch {
        ThreadMetadataPatch {
            model: self.model.clone(),
            model_provider: self.model_provider.clone(),
            reasoning_effort: self.reasoning_effort.clone(),
            cwd: self.cwd.clone(),
            approval_policy: self.approval_policy.clone(),
            sandbox_policy: self.sandbox_policy.clone(),
            options: Edit::Set(Some(self.clone())),
            ..ThreadMetadataPatch::default()
        }
    }
}

impl std::fmt::Debug for ThreadOptions {
    /// Instructions are contents: only which options were given is shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ThreadOptions").field(&self.given()).finish()
    }
}

#[cfg(test)]
mod tests;
