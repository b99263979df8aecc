//! What a newcomer sees first.

use std::path::Path;

use futures::TryStreamExt as _;
use thread_store::{ListThreads, ThreadStoreExt as _};

use super::{Done, Store, import, show};
use crate::output::{Output, print_tree};

pub(super) async fn demo(store: &Store, out: &mut Output, samples: &Path) -> Done {
    import::import(store, out, &[samples.to_owned()]).await?;
    let threads: Vec<_> = store.all_threads(ListThreads::new()).try_collect().await?;
    out.heading(format_args!("All threads, children below their parents:"))?;
    print_tree(out, &threads)?;
    if let Some(thread) = threads.iter().find(|thread| thread.spawn_parent().is_none()) {
        out.heading(format_args!("One of them:"))?;
        show::show(store, out, thread.thread_id).await?;
    }
    Ok(())
}
