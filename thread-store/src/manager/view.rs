//! A thread as it is shown while it is in use.

use std::borrow::Cow;
use std::fmt;

use serde::{Serialize, Serializer};

use super::status::ThreadStatus;
use crate::thread::StoredThread;

/// The record of a thread, with what only this process knows of it.
///
/// In JSON all is one flat object: the members of [`StoredThread`], `status` and `ephemeral`.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct ThreadView {
    /// The record.
    pub thread: StoredThread,
    /// What it is doing.
    pub status: ThreadStatus,
    /// Whether it ends with the process: it is in no store.
    pub ephemeral: bool,
}

impl ThreadView {
    /// The members of its JSON that are not those of the record.
    const OWN_MEMBERS: [&'static str; 2] = ["status", "ephemeral"];

    /// A thread of the store.
    #[must_use]
    pub fn new(thread: StoredThread, status: ThreadStatus) -> Self {
        Self { thread, status, ephemeral: false }
    }

    /// Says whether it ends with the process.
    #[must_use]
    pub fn with_ephemeral(mut self, ephemeral: bool) -> Self {
        self.ephemeral = ephemeral;
        self
    }

    /// The record, without unknown metadata of the names that are taken here: no JSON has a member
    /// twice.
    fn record(&self) -> Cow<'_, StoredThread> {
        let extra = &self.thread.metadata.extra;
        if !Self::OWN_MEMBERS.iter().any(|name| extra.contains_key(*name)) {
            return Cow::Borrowed(&self.thread);
        }
        let mut record = self.thread.clone();
        record.metadata.extra.retain(|name, _| !Self::OWN_MEMBERS.contains(&name.as_str()));
        Cow::Owned(record)
    }
}

impl Serialize for ThreadView {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Json<'a> {
            #[serde(flatten)]
            record: Cow<'a, StoredThread>,
            status: &'a ThreadStatus,
            ephemeral: bool,
        }
        let Self { thread: _, status, ephemeral } = self;
        Json { record: self.record(), status, ephemeral: *ephemeral }.serialize(serializer)
    }
}

impl fmt::Debug for ThreadView {
    /// Which thread, and what it does: names and previews are contents.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadView")
            .field("thread_id", &self.thread.thread_id)
            .field("status", &self.status)
            .field("ephemeral", &self.ephemeral)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::id::ThreadId;
    use crate::metadata::ThreadMetadata;
    use crate::thread::Identity;
    use crate::time::Timestamp;

    fn record() -> StoredThread {
        let created = Timestamp::from_millis(0);
        let mut metadata = ThreadMetadata::new(created);
        metadata.name = Some("secret".to_owned());
        StoredThread::new(ThreadId::from_bytes([1; 16]), Identity::new(created), metadata)
    }

    #[test]
    fn in_json_it_is_the_record_with_two_members_more() {
        let mut expected = serde_json::to_value(record()).unwrap();
        expected["status"] = json!({"type": "idle"});
        expected["ephemeral"] = json!(true);
        let view = ThreadView::new(record(), ThreadStatus::Idle).with_ephemeral(true);
        assert_eq!(serde_json::to_value(view).unwrap(), expected);
    }

    #[test]
    fn no_member_is_written_twice() {
        let mut thread = record();
        for name in ["status", "ephemeral", "other"] {
            thread.metadata.extra.insert(name.to_owned(), json!("unknown"));
        }
        let json = serde_json::to_string(&ThreadView::new(thread, ThreadStatus::Idle)).unwrap();
        for member in
            [r#""status":{"type":"idle"}"#, r#""ephemeral":false"#, r#""other":"unknown""#]
        {
            assert!(json.contains(member), "{json}");
        }
        assert_eq!(json.matches(r#""status""#).count() + json.matches(r#""ephemeral""#).count(), 2);
    }

    #[test]
    fn debug_shows_no_contents() {
        let shown = format!("{:?}", ThreadView::new(record(), ThreadStatus::Idle));
        assert!(shown.contains("01010101-") && shown.contains("Idle"), "{shown}");
        assert!(!shown.contains("secret"), "{shown}");
    }
}
