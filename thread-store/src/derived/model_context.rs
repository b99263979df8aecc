//! What a model is to be told, read from the end.

use tracing::instrument;

use super::backward::{BackwardReader, Source};
use crate::error::{Error, Operation, Result};
use crate::history::DamageReport;
use crate::item::{Record, RolloutItem};
use crate::ordinal::Ordinal;
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
    let mut reader = BackwardReader::open(store, source).await?;
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
    Ok(context.with_damage(damage_after(reader.into_damage(), from)))
}

/// Whether a record is a compaction that carries what it stands for.
fn replaces_history(item: &RolloutItem) -> bool {
    match item.record() {
        Record::Compacted(compacted) => compacted.array("replacement_history").is_some(),
        _ => false,
    }
}

/// The page on which the compaction stands may have damage before it, which does not matter.
fn damage_after(damage: DamageReport, from: Option<Ordinal>) -> DamageReport {
    let Some(from) = from else { return damage };
    // What is not described may stand anywhere.
    let hidden = damage.count - damage.records.len() as u64;
    let mut after = DamageReport { count: hidden, ..DamageReport::default() };
    let is_after = |at: Option<Ordinal>| at.is_some_and(|at| at >= from);
    for record in damage.records.into_iter().filter(|record| is_after(record.after)) {
        after.push(record);
    }
    after
}
