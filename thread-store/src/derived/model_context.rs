//! What a model is to be told, read from the end.

use tracing::instrument;

use super::backward::{BackwardReader, Source};
use crate::error::{Error, Operation, Result};
use crate::item::{Record, RolloutItem};
use crate::store::ThreadStore;
use crate::turn::{LoadModelContext, ModelContext};

#[instrument(skip_all, fields(thread_id = %params.thread_id))]
pub(crate) async fn load_model_context<S: ThreadStore + ?Sized>(
    store: &S,
    params: LoadModelContext,
) -> Result<ModelContext> {
    let strict = params.strict;
    let during = |error: Error| error.during(Operation::LoadModelContext);
    let context = load(store, params).await.map_err(during)?;
    if strict {
        context.damage.strict().map_err(during)?;
    }
    Ok(context)
}

async fn load<S: ThreadStore + ?Sized>(
    store: &S,
    params: LoadModelContext,
) -> Result<ModelContext> {
    let source = Source::new(params.thread_id, params.include_archived);
    let mut reader = BackwardReader::open(store, source).await?.without_turns();
    let (mut items, mut compaction) = (Vec::new(), None);
    while let Some(record) = reader.next().await? {
        if replaces_history(&record.item.item) {
            compaction = Some(record.item);
            break;
        }
        items.push(record.item);
    }
    items.reverse();
    let from = compaction.as_ref().map(|compaction| compaction.ordinal);
    let context = ModelContext::new(compaction, items, reader.end());
    // The page on which the compaction stands may have damage before it, which does not matter.
    let damage = reader.into_damage();
    Ok(context.with_damage(match from {
        Some(from) => damage.after(from),
        None => damage,
    }))
}

/// Whether a record is a compaction that carries what it stands for.
fn replaces_history(item: &RolloutItem) -> bool {
    match item.record() {
        Record::Compacted(compacted) => compacted.array("replacement_history").is_some(),
        _ => false,
    }
}
