//! Lists.

use futures::StreamExt as _;
use thread_store::{StoredThread, ThreadStoreExt as _};

use super::{Done, Store};
use crate::args::ListArgs;
use crate::output::{Output, print_table, print_tree};

pub(super) async fn list(store: &Store, out: &mut Output, args: &ListArgs) -> Done {
    let params = args.to_params()?;
    if args.limit.is_some() {
        let page = store.list_threads(params).await?;
        print(out, &page.threads, args.tree)?;
        if page.clamped {
            out.warn(format_args!("at most {} threads at once", page.page_size))?;
        }
        if let Some(cursor) = page.next_cursor {
            out.warn(format_args!("there are more: --cursor {cursor}"))?;
        }
        return Ok(());
    }
    let mut threads = store.all_threads(params);
    let mut shown = Vec::new();
    while let Some(thread) = threads.next().await {
        let thread = thread?;
        // Machines get each row at once; a table needs all of them.
        if out.is_json() {
            out.json(&thread)?
        } else {
            shown.push(thread)
        }
    }
    if out.is_json() {
        Ok(())
    } else {
        print(out, &shown, args.tree)
    }
}

fn print(out: &mut Output, threads: &[StoredThread], tree: bool) -> Done {
    if out.is_json() {
        threads.iter().try_for_each(|thread| out.json(thread))?;
    } else if tree {
        print_tree(out, threads)?;
    } else {
        print_table(out, threads)?;
    }
    Ok(())
}
