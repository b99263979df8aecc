//! Editing metadata, of loaded threads and of others.

use tracing::instrument;

use super::events::ThreadEvent;
use super::hub::Hub;
use super::loaded::Loaded;
use super::{Inner, ThreadManager};
use crate::error::{Error, Result};
use crate::id::ThreadId;
use crate::live::request_id;
use crate::metadata::ThreadMetadataPatch;
use crate::params::{ReadThread, UpdateThreadMetadata};
use crate::thread::StoredThread;

impl ThreadManager {
    /// Edits the metadata of a thread: of a loaded one after what is derived so far.
    ///
    /// # Errors
    ///
    /// As [`update_thread_metadata`](crate::ThreadStore::update_thread_metadata); *invalid request*
    /// (field `thread_id`) for an ephemeral thread.
    #[instrument(skip_all, fields(thread_id = %update.thread_id))]
    pub async fn update_metadata(&self, update: UpdateThreadMetadata) -> Result<StoredThread> {
        self.0.finish(move |inner| async move { inner.update(update).await }).await
    }

    /// Gives a thread a name, or takes it away. White space around a name is left off.
    ///
    /// # Errors
    ///
    /// *Invalid request* (field `name`) for an empty name; *archived*; as
    /// [`update_metadata`](Self::update_metadata).
    pub async fn rename(&self, thread_id: ThreadId, name: Option<&str>) -> Result<StoredThread> {
        let name = name.map(str::trim);
        if name == Some("") {
            return Err(Error::invalid("name", "must not be empty").about(thread_id));
        }
        let patch = ThreadMetadataPatch::default().name(name.map(str::to_owned));
        self.update_metadata(UpdateThreadMetadata::new(thread_id, patch)).await
    }
}

impl Inner {
    async fn update(&self, update: UpdateThreadMetadata) -> Result<StoredThread> {
        let _gate = self.gates.pass(update.thread_id).await;
        match self.stored(update.thread_id)? {
            Some(loaded) if self.has(&loaded).await? => {
                if !update.include_archived {
                    self.check_archived(&loaded).await?;
                }
                loaded.live.update_thread_metadata(update).await
            }
            _ => self.update_stored(update).await,
        }
    }

    async fn update_stored(&self, update: UpdateThreadMetadata) -> Result<StoredThread> {
        let thread_id = update.thread_id;
        let request = update.request_id.clone().unwrap_or_else(request_id);
        let update = update.with_request_id(request);
        let call = || self.store.update_thread_metadata(update.clone());
        let thread = self.retry().run(thread_id, call).await?;
        self.hub.tell_edited(&update.patch, &thread);
        Ok(thread)
    }

    /// Refuses an archived thread: one that is loaded may be archived as well.
    pub(super) async fn check_archived(&self, loaded: &Loaded) -> Result<()> {
        if !loaded.live.thread().await?.is_archived() {
            return Ok(());
        }
        // It may have been unarchived since.
        self.store.read_thread(ReadThread::new(loaded.live.thread_id())).await.map(drop)
    }
}

impl Hub {
    /// Tells what of an edit is told, after it was stored.
    pub(super) fn tell_edited(&self, patch: &ThreadMetadataPatch, thread: &StoredThread) {
        let thread_id = thread.thread_id;
        if !patch.name.is_keep() {
            let name = thread.metadata.name.clone();
            self.send(ThreadEvent::NameUpdated { thread_id, name });
        }
        if let Some(Some(token_usage)) = patch.token_usage.value().cloned() {
            self.send(ThreadEvent::TokenUsageUpdated { thread_id, token_usage });
        }
    }
}
