//! Checkpoints as one list of differences: what is stored of a long file stays short.

use serde::{Deserialize, Deserializer, Serializer};

use super::map::Checkpoint;

pub(super) fn serialize<S: Serializer>(
    checkpoints: &[Checkpoint],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut last = Checkpoint::default();
    serializer.collect_seq(checkpoints.iter().flat_map(|next| {
        let step = [next.offset - last.offset, next.record - last.record];
        last = *next;
        step
    }))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<Checkpoint>, D::Error> {
    let steps = Vec::<u64>::deserialize(deserializer)?;
    let mut last = Checkpoint::default();
    let checkpoints = steps.as_chunks::<2>().0.iter().map(|[offset, record]| {
        last.offset = last.offset.saturating_add(*offset);
        last.record = last.record.saturating_add(*record);
        last
    });
    Ok(checkpoints.collect())
}
