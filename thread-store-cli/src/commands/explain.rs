//! Why a thread is not on a list.

use thread_store::{Explain, ThreadId};

use super::{Done, Store};
use crate::args::FilterArgs;
use crate::output::Output;

pub(super) async fn explain(
    store: &Store,
    out: &mut Output,
    id: ThreadId,
    filter: &FilterArgs,
) -> Done {
    let explanation = store.explain(Explain::new(id, filter.to_filter()?)).await?;
    let said = if explanation.listed {
        format!("{id} is on this list")
    } else {
        let reasons: Vec<_> = explanation.mismatches.iter().map(ToString::to_string).collect();
        format!("{id} is not on this list: {}", reasons.join("; "))
    };
    Ok(out.record(&explanation, said)?)
}
