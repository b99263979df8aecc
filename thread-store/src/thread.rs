//! The record of a thread.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::ThreadId;
use crate::metadata::ThreadMetadata;
use crate::ordinal::Ordinal;
use crate::source::SessionSource;
use crate::time::Timestamp;

/// What is set when a thread is created and never changed.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Identity {
    /// What started it.
    pub source: SessionSource,
    /// The thread that it belongs to. Only together with a spawn source it makes a *child*; see
    /// [`StoredThread::spawn_parent`].
    pub parent_thread_id: Option<ThreadId>,
    /// The thread that it continues, and from where.
    pub forked_from: Option<ForkedFrom>,
    /// When it was created.
    pub created_at: Timestamp,
    /// The session it belongs to: in Codex the id of the root thread. Opaque.
    pub session_id: Option<String>,
}

impl Identity {
    /// The identity of a thread of unknown source created at this time.
    #[must_use]
    pub fn new(created_at: Timestamp) -> Self {
        Self {
            source: SessionSource::Unknown,
            parent_thread_id: None,
            forked_from: None,
            created_at,
            session_id: None,
        }
    }

    /// The parent in the *spawn* relation: `parent_thread_id` of a thread with a spawn source.
    /// Review, guardian and compact threads are nobody's children, whatever they carry.
    #[must_use]
    pub fn spawn_parent(&self) -> Option<ThreadId> {
        self.source.spawn().and(self.parent_thread_id)
    }
}

/// Where a fork branched off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ForkedFrom {
    /// The thread it continues.
    pub thread_id: ThreadId,
    /// The ordinal in that thread before which it branched off, if known.
    pub ordinal: Option<Ordinal>,
}

impl ForkedFrom {
    /// A fork of this thread; `ordinal` is the first item that it does not have.
    #[must_use]
    pub fn new(thread_id: ThreadId, ordinal: Option<Ordinal>) -> Self {
        Self { thread_id, ordinal }
    }
}

/// A thread as a store knows it, without its history.
///
/// In JSON all is one flat object; see [`OWN_MEMBERS`](Self::OWN_MEMBERS) for the members beside
/// the metadata.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct StoredThread {
    /// Its id.
    pub thread_id: ThreadId,
    /// What never changes.
    pub identity: Identity,
    /// What can be edited.
    pub metadata: ThreadMetadata,
    /// How often the metadata were edited; a mere touch of `updated_at`, `recency_at` or `observed_to`
    /// does not count. Starts at 1.
    pub metadata_version: u64,
    /// When it was archived, if it is.
    pub archived_at: Option<Timestamp>,
    /// Where its history ends: the ordinal that the next item gets.
    pub next_ordinal: Ordinal,
    /// Where it is kept, for people and protocols: a path, for files. Opaque.
    pub location: Option<String>,
}

impl StoredThread {
    /// The members of its JSON that are not metadata, and so are in no patch.
    pub const OWN_MEMBERS: &'static [&'static str] = &[
        "thread_id",
        "source",
        "parent_thread_id",
        "forked_from_id",
        "forked_from_ordinal",
        "created_at",
        "session_id",
        "metadata_version",
        "archived_at",
        "next_ordinal",
        "location",
    ];

    /// The record of a thread that was just created, active and without history.
    #[must_use]
    pub fn new(thread_id: ThreadId, identity: Identity, metadata: ThreadMetadata) -> Self {
        Self {
            thread_id,
            identity,
            metadata,
            metadata_version: 1,
            archived_at: None,
            next_ordinal: Ordinal::ZERO,
            location: None,
        }
    }

    /// Whether it is archived.
    #[must_use]
    pub fn is_archived(&self) -> bool {
        self.archived_at.is_some()
    }

    /// Its parent in the *spawn* relation; see [`Identity::spawn_parent`].
    #[must_use]
    pub fn spawn_parent(&self) -> Option<ThreadId> {
        self.identity.spawn_parent()
    }
}

impl Serialize for StoredThread {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            thread_id,
            identity,
            metadata,
            metadata_version,
            archived_at,
            next_ordinal,
            location,
        } = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("thread_id", thread_id)?;
        identity.write_members(&mut map)?;
        metadata.write_members(&mut map)?;
        map.serialize_entry("metadata_version", metadata_version)?;
        write_some(&mut map, "archived_at", archived_at.as_ref())?;
        map.serialize_entry("next_ordinal", next_ordinal)?;
        write_some(&mut map, "location", location.as_ref())?;
        map.end()
    }
}

impl Identity {
    fn write_members<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let Self { source, parent_thread_id, forked_from, created_at, session_id } = self;
        map.serialize_entry("source", source)?;
        write_some(map, "parent_thread_id", parent_thread_id.as_ref())?;
        write_some(map, "forked_from_id", forked_from.map(|from| from.thread_id).as_ref())?;
        write_some(map, "forked_from_ordinal", forked_from.and_then(|from| from.ordinal).as_ref())?;
        map.serialize_entry("created_at", created_at)?;
        write_some(map, "session_id", session_id.as_ref())
    }
}

fn write_some<M: SerializeMap, T: Serialize>(
    map: &mut M,
    name: &'static str,
    value: Option<&T>,
) -> Result<(), M::Error> {
    value.map_or(Ok(()), |value| map.serialize_entry(name, value))
}

/// The members of an identity, as they are read.
#[derive(Default)]
struct IdentityParts {
    source: Option<SessionSource>,
    parent_thread_id: Option<ThreadId>,
    forked_from_id: Option<ThreadId>,
    forked_from_ordinal: Option<Ordinal>,
    created_at: Option<Timestamp>,
    session_id: Option<String>,
}

impl IdentityParts {
    /// Takes one member; false if it is not one of an identity.
    fn read_member<'de, M: MapAccess<'de>>(
        &mut self,
        name: &str,
        map: &mut M,
    ) -> Result<bool, M::Error> {
        match name {
            // `null` is an odd source, and none is an unknown one.
            "source" => self.source = Some(map.next_value()?),
            "parent_thread_id" => self.parent_thread_id = map.next_value()?,
            "forked_from_id" => self.forked_from_id = map.next_value()?,
            "forked_from_ordinal" => self.forked_from_ordinal = map.next_value()?,
            "created_at" => self.created_at = map.next_value()?,
            "session_id" => self.session_id = map.next_value()?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn into_identity<E: serde::de::Error>(self) -> Result<Identity, E> {
        let ordinal = self.forked_from_ordinal;
        Ok(Identity {
            source: self.source.unwrap_or(SessionSource::Unknown),
            parent_thread_id: self.parent_thread_id,
            forked_from: self.forked_from_id.map(|thread_id| ForkedFrom { thread_id, ordinal }),
            created_at: self.created_at.ok_or_else(|| E::missing_field("created_at"))?,
            session_id: self.session_id,
        })
    }
}

impl Serialize for Identity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.write_members(&mut map)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Identity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl<'de> Visitor<'de> for Read {
            type Value = Identity;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the identity of a thread")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Identity, A::Error> {
                let mut parts = IdentityParts::default();
                while let Some(name) = map.next_key::<Cow<'de, str>>()? {
                    if !parts.read_member(&name, &mut map)? {
                        map.next_value::<serde::de::IgnoredAny>()?;
                    }
                }
                parts.into_identity()
            }
        }

        deserializer.deserialize_map(Read)
    }
}

impl<'de> Deserialize<'de> for StoredThread {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl<'de> Visitor<'de> for Read {
            type Value = StoredThread;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a thread")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<StoredThread, A::Error> {
                let mut parts = IdentityParts::default();
                let mut metadata = ThreadMetadata::default();
                let mut thread_id = None;
                let (mut version, mut archived_at, mut next, mut location) =
                    (1, None, Ordinal::ZERO, None);
                while let Some(name) = map.next_key::<Cow<'de, str>>()? {
                    match name.as_ref() {
                        "thread_id" => thread_id = Some(map.next_value()?),
                        "metadata_version" => version = map.next_value()?,
                        "archived_at" => archived_at = map.next_value()?,
                        "next_ordinal" => next = map.next_value()?,
                        "location" => location = map.next_value()?,
                        name if parts.read_member(name, &mut map)? => {}
                        name => metadata.read_member(name, &mut map)?,
                    }
                }
                Ok(StoredThread {
                    thread_id: thread_id.ok_or_else(|| A::Error::missing_field("thread_id"))?,
                    identity: parts.into_identity()?,
                    metadata,
                    metadata_version: version,
                    archived_at,
                    next_ordinal: next,
                    location,
                })
            }
        }

        deserializer.deserialize_map(Read)
    }
}
