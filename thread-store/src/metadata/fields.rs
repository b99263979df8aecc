//! The table of fields: the only place that lists them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::{Edit, LabelsPatch, TokenUsage, apply_extra};
use crate::options::ThreadOptions;
use crate::ordinal::Ordinal;
use crate::time::Timestamp;

macro_rules! metadata_fields {
    ($( $(#[$doc:meta])* $field:ident: $type:ty, )*) => {
        /// What can be edited about a thread, as it stands. Every `Option` can be empty.
        ///
        /// In JSON empty fields are left out, and members that this version does not know are kept
        /// in [`extra`](Self::extra).
        #[derive(Clone, PartialEq, Debug, Default)]
        #[non_exhaustive]
        pub struct ThreadMetadata {
            $( $(#[$doc])* pub $field: $type, )*
            /// A small map of the user's own.
            pub labels: BTreeMap<String, String>,
            /// Members that this version does not know.
            pub extra: Map<String, Value>,
        }

        /// An edit of [`ThreadMetadata`]: for each field keep or set.
        ///
        /// In JSON an absent member keeps, `null` clears, a value sets. Applying `a` and then `b`
        /// equals applying `a.merge(b)`.
        #[derive(Clone, PartialEq, Debug, Default)]
        #[non_exhaustive]
        pub struct ThreadMetadataPatch {
            $( $(#[$doc])* pub $field: Edit<$type>, )*
            /// Edits of labels, key by key.
            pub labels: LabelsPatch,
            /// Edits of members that this version does not know; `null` removes.
            pub extra: Map<String, Value>,
        }

        impl ThreadMetadata {
            /// The names of all fields but `labels`, as in JSON.
            pub const FIELD_NAMES: &'static [&'static str] = &[$( stringify!($field) ),*];

            /// The patch that gives every field the value it has here.
            #[must_use]
            pub fn to_patch(&self) -> ThreadMetadataPatch {
                ThreadMetadataPatch {
                    $( $field: Edit::Set(self.$field.clone()), )*
                    labels: LabelsPatch::setting(&self.labels),
                    extra: self.extra.clone(),
                }
            }

            /// Writes the fields into a JSON object that is being written.
            pub(crate) fn write_members<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
                $( if !is_empty(&self.$field) {
                    map.serialize_entry(stringify!($field), &self.$field)?;
                } )*
                if !self.labels.is_empty() {
                    map.serialize_entry("labels", &self.labels)?;
                }
                self.extra.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))
            }

            /// Takes one member of a JSON object that is being read.
            pub(crate) fn read_member<'de, M: MapAccess<'de>>(
                &mut self,
                name: &str,
                map: &mut M,
            ) -> Result<(), M::Error> {
                match name {
                    $( stringify!($field) => self.$field = map.next_value()?, )*
                    "labels" => self.labels = map.next_value()?,
                    _ => {
                        self.extra.insert(name.to_owned(), map.next_value()?);
                    }
                }
                Ok(())
            }
        }

        impl ThreadMetadataPatch {
            $(
                #[doc = concat!("Sets `", stringify!($field), "`; `None` clears it, where it can be empty.")]
                #[must_use]
                pub fn $field(mut self, value: impl Into<$type>) -> Self {
                    self.$field = Edit::Set(value.into());
                    self
                }
            )*

            /// Whether it edits nothing.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                let Self { $( $field, )* labels, extra } = self;
                $( $field.is_keep() && )* labels.is_empty() && extra.is_empty()
            }

            /// Whether it edits none but these fields.
            pub(crate) fn edits_only(&self, names: &[&str]) -> bool {
                let Self { $( $field, )* labels, extra } = self;
                $( ($field.is_keep() || names.contains(&stringify!($field))) && )*
                    labels.is_empty() && extra.is_empty()
            }

            /// Edits the metadata: exactly what it says, and nothing more.
            pub fn apply(&self, metadata: &mut ThreadMetadata) {
                let Self { $( $field, )* labels, extra } = self;
                $(
                    $field.apply(&mut metadata.$field);
                    if is_empty(&metadata.$field) {
                        metadata.$field = Default::default();
                    }
                )*
                labels.apply(&mut metadata.labels);
                apply_extra(&mut metadata.extra, extra);
            }

            /// One patch that does what this one and then `later` would do.
            #[must_use]
            pub fn merge(mut self, later: Self) -> Self {
                let Self { $( $field, )* labels, extra } = later;
                $( self.$field.merge($field); )*
                self.labels.merge(labels);
                self.extra.extend(extra);
                self
            }

            /// Leaves out what `other` says just so.
            pub(crate) fn leave_out(&mut self, other: &Self) {
                $( if self.$field == other.$field {
                    self.$field = Edit::Keep;
                } )*
            }

            /// What of it stands in a record.
            pub(crate) fn standing_in(mut self, record: &ThreadMetadata) -> Self {
                $( if self.$field.value() != Some(&record.$field) {
                    self.$field = Edit::Keep;
                } )*
                self
            }

            /// Leaves out what somebody edited between two states of a record. What `ours` may have
            /// edited counts only as far as `done` says it just so.
            pub(crate) fn yield_to(
                &mut self,
                before: &ThreadMetadata,
                after: &ThreadMetadata,
                ours: &Self,
                done: &Self,
            ) {
                $( if before.$field != after.$field
                    && (ours.$field.value() != Some(&after.$field) || self.$field == done.$field)
                {
                    self.$field = Edit::Keep;
                } )*
            }

            fn write_members<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
                $( if let Edit::Set(value) = &self.$field {
                    map.serialize_entry(stringify!($field), value)?;
                } )*
                if !self.labels.is_empty() {
                    map.serialize_entry("labels", &self.labels)?;
                }
                self.extra.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))
            }

            fn read_member<'de, M: MapAccess<'de>>(
                &mut self,
                name: &str,
                map: &mut M,
            ) -> Result<(), M::Error> {
                match name {
                    $( stringify!($field) => self.$field = Edit::Set(value_of(name, map)?), )*
                    "labels" => self.labels = value_of(name, map)?,
                    _ => {
                        self.extra.insert(name.to_owned(), map.next_value()?);
                    }
                }
                Ok(())
            }
        }
    };
}

metadata_fields! {
    /// The name a person gave.
    name: Option<String>,
    /// A title derived from the conversation; never takes the place of a name.
    title: Option<String>,
    /// What a list shows of the thread: its first user message or its goal.
    preview: Option<String>,
    /// The first thing the user said.
    first_user_message: Option<String>,
    /// The last change that a person would notice.
    updated_at: Timestamp,
    /// The last time a turn started.
    recency_at: Timestamp,
    /// The working directory, as the agent was given it.
    cwd: Option<String>,
    /// Who serves the model.
    model_provider: Option<String>,
    /// The model.
    model: Option<String>,
    /// How hard the model is asked to think, in the provider's words.
    reasoning_effort: Option<String>,
    /// When the agent asks before it acts, in the protocol's form.
    approval_policy: Option<Value>,
    /// What the agent may touch, in the protocol's form (`sandbox_policy` of older records).
    sandbox_policy: Option<Value>,
    /// What the agent may touch, in the protocol's newer form.
    permission_profile: Option<Value>,
    /// The version of the program that made the thread. Free text.
    cli_version: Option<String>,
    /// The program that made the thread. Free text.
    originator: Option<String>,
    /// What in the user interface started the thread, such as a button.
    thread_source: Option<String>,
    /// What a sub-agent is called.
    agent_nickname: Option<String>,
    /// What a sub-agent is for.
    agent_role: Option<String>,
    /// The path of a sub-agent in its tree.
    agent_path: Option<String>,
    /// The commit the working directory was at.
    git_sha: Option<String>,
    /// The branch it was on.
    git_branch: Option<String>,
    /// Where its repository came from.
    git_origin_url: Option<String>,
    /// Whether memories may be made of the thread: `enabled` or `disabled`.
    memory_mode: Option<String>,
    /// How its rollout file is written: `legacy` or `paginated`.
    history_mode: Option<String>,
    /// The tokens used in all.
    token_usage: Option<TokenUsage>,
    /// What the thread is run with, as it was given for the whole thread.
    options: Option<ThreadOptions>,
    /// How far a live thread has derived metadata from the history: what items from here on say may
    /// be missing. Empty where no live thread has written, whose metadata came along as they are.
    observed_to: Option<Ordinal>,
}

/// Whether a field has no value: it is left out of JSON.
fn is_empty<T: MaybeEmpty>(value: &T) -> bool {
    value.is_empty()
}

trait MaybeEmpty {
    fn is_empty(&self) -> bool {
        false
    }
}

impl<T: MaybeEmpty> MaybeEmpty for Option<T> {
    fn is_empty(&self) -> bool {
        self.as_ref().is_none_or(MaybeEmpty::is_empty)
    }
}

/// A JSON `null` says the same as no value.
impl MaybeEmpty for Value {
    fn is_empty(&self) -> bool {
        self.is_null()
    }
}

/// An empty text is a value.
impl MaybeEmpty for String {}
impl MaybeEmpty for Timestamp {}
impl MaybeEmpty for TokenUsage {}
impl MaybeEmpty for ThreadOptions {}
impl MaybeEmpty for Ordinal {}

/// The next value, with the member's name in the error.
fn value_of<'de, T: Deserialize<'de>, M: MapAccess<'de>>(
    name: &str,
    map: &mut M,
) -> Result<T, M::Error> {
    map.next_value().map_err(|_| M::Error::custom(format!("{name} has a value of the wrong type")))
}

macro_rules! json_object {
    ($type:ident) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                self.write_members(&mut map)?;
                map.end()
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Read;

                impl<'de> Visitor<'de> for Read {
                    type Value = $type;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<$type, A::Error> {
                        let mut object = $type::default();
                        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
                            object.read_member(&name, &mut map)?;
                        }
                        Ok(object)
                    }
                }

                deserializer.deserialize_map(Read)
            }
        }
    };
}

json_object!(ThreadMetadata);
json_object!(ThreadMetadataPatch);
