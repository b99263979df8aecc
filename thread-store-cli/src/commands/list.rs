//! Lists.

use super::{Done, Store};
use crate::args::{ListArgs, PAGE};
use crate::output::{Output, print_table, print_tree};

pub(super) async fn list(store: &Store, out: &mut Output, args: &ListArgs) -> Done {
    let mut params = args.to_params()?;
    let mut left = args.limit.unwrap_or(usize::MAX);
    let mut shown = Vec::new();
    let next = loop {
        let page = store.list_threads(params.clone()).await?;
        left -= page.threads.len();
        for record in &page.damage.records {
            out.damage(record)?;
        }
        // Machines get each page at once; a table needs all of them.
        if out.is_json() {
            page.threads.iter().try_for_each(|thread| out.json(thread))?;
        } else {
            shown.extend(page.threads);
        }
        match page.next_cursor {
            Some(cursor) if left > 0 && !out.is_unread() => {
                params = params.with_page_size(left.min(PAGE)).with_cursor(cursor);
            }
            next => break next,
        }
    };
    if args.tree {
        print_tree(out, &shown)?;
    } else if !out.is_json() {
        print_table(out, &shown)?;
    }
    Ok(out.more(next.as_ref())?)
}
