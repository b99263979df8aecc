//! Editing metadata.

use thread_store::{Edit, Result, StoredThread, ThreadId, UpdateThreadMetadata, edit_metadata};

use super::compact;
use super::file::unavailable;
use super::journal::{Edited, Entry};
use super::open_home::OpenHome;
use super::told;

impl OpenHome {
    pub(crate) fn update(&self, params: &UpdateThreadMetadata) -> Result<StoredThread> {
        let thread = params.thread_id;
        let mut journal = self.lock_journal();
        let mut held = self.hold(&mut journal)?;
        // Before the edit the thread is as its history is now.
        self.observe_new(&mut self.write(), thread)?;
        let Some(edited) = self.plan_edit(params)? else {
            return Ok(self.read().any(thread)?.thread());
        };
        let (name, time) = (edited.patch.name.clone(), edited.time);
        let entry = Entry::Edit(Box::new(edited));
        held.append(std::slice::from_ref(&entry)).map_err(unavailable)?;
        self.learn_said(&mut self.write(), thread, &entry, held.place());
        let answer = self.read().any(thread)?.thread();
        compact::if_grown(self, held);
        drop(journal);
        if let Edit::Set(name) = name {
            self.tell_name(thread, name.as_deref(), time);
        }
        Ok(answer)
    }

    /// What the edit comes to; `None` if it changes nothing.
    fn plan_edit(&self, params: &UpdateThreadMetadata) -> Result<Option<Edited>> {
        let thread: ThreadId = params.thread_id;
        let catalog = self.read();
        let entry = catalog.get(thread, params.include_archived)?;
        let mut record = entry.record().clone();
        let mut request = entry.fold.update_request.clone();
        if !edit_metadata(&mut record, &mut request, params)? {
            return Ok(None);
        }
        Ok(Some(Edited {
            thread_id: thread,
            at: entry.log.end().get(),
            time: catalog.outside.name_time(thread, self.clock.now()),
            patch: params.patch.clone(),
            version: record.metadata_version,
            request_id: params.request_id.clone(),
            codex: told::at_edit(
                entry.record(),
                &params.patch,
                catalog.outside.paginated(thread),
                &entry.fold.overrides.codex,
            ),
        }))
    }
}
