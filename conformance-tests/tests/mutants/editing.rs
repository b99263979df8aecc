//! Faults in editing metadata.

use serde_json::Value;
use thread_store::*;

use crate::creating::clear_empty;
use crate::mutant::Mutant as M;
use crate::store::Mutated;

impl Mutated {
    pub(crate) async fn update(&self, mut params: UpdateThreadMetadata) -> Result<StoredThread> {
        let thread_id = params.thread_id;
        if params.validate().is_err() {
            return self.memory().update_thread_metadata(params).await;
        }
        let patch = &mut params.patch;
        let before = self.memory().thread(thread_id).await;
        match (self.mutant, &before) {
            (Some(M::UpdateForgetsTheFlag), _) => params.include_archived = true,
            (Some(M::IgnoresExpectedVersion), _) => params.expected_version = None,
            (Some(M::EditForgetsItsRequest), _) => params.request_id = None,
            (Some(M::UnknownMembersAreDropped), _) => patch.extra.clear(),
            (Some(M::EmptyTextClears), _) => clear_empty(patch),
            (Some(M::ClearsAreIgnored), _) => *patch = without(patch, |_, value| value.is_null()),
            (Some(M::LosesAField), _) => {
                let mut fields = 0;
                *patch = without(patch, |_, _| std::mem::replace(&mut fields, 1) == 1);
            }
            (Some(M::TitleReplacesName), _) => {
                if let Edit::Set(Some(title)) = &patch.title {
                    patch.name = Edit::Set(Some(title.clone()));
                }
            }
            (Some(M::LabelsAreReplaced), Ok(before)) if !patch.labels.is_empty() => {
                let mut gone = ThreadMetadataPatch::default();
                before.metadata.labels.keys().for_each(|key| gone.labels.remove(key));
                *patch = gone.merge(patch.clone());
            }
            (Some(M::UnknownMembersAreLost), Ok(before)) if !patch.is_empty() => {
                for name in before.metadata.extra.keys() {
                    patch.extra.entry(name).or_insert(Value::Null);
                }
            }
            _ => {}
        }
        let (touch, empty) = (params.patch.is_touch(), params.patch.is_empty());
        let updated = self.memory().update_thread_metadata(params.clone()).await;
        match self.mutant {
            Some(M::TouchMovesVersion) if touch && updated.is_ok() => {
                self.move_version(thread_id).await
            }
            Some(M::EmptyPatchMovesVersion) if empty && updated.is_ok() => {
                self.move_version(thread_id).await
            }
            Some(M::EditMovesUpdatedAt) if !empty && updated.is_ok() => {
                self.move_updated_at(thread_id).await
            }
            Some(M::RefusedEditIsDone) if before.is_ok() && updated.is_err() => {
                self.edit(thread_id, |_| params.patch).await?;
                updated
            }
            _ => updated,
        }
    }
}

/// The patch without the members that are chosen.
fn without(
    patch: &ThreadMetadataPatch,
    mut chosen: impl FnMut(&str, &Value) -> bool,
) -> ThreadMetadataPatch {
    let Ok(Value::Object(mut members)) = serde_json::to_value(patch) else {
        return patch.clone();
    };
    members.retain(|name, value| !chosen(name, value));
    ThreadMetadataPatch::from_json(&Value::Object(members)).unwrap_or_else(|_| patch.clone())
}
