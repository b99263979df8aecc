//! Searches.

use super::{Done, Store};
use crate::args::{PAGE, SearchArgs};
use crate::output::{Output, print_hit};

pub(super) async fn search(store: &Store, out: &mut Output, args: &SearchArgs) -> Done {
    let mut params = args.to_params()?;
    let (mut left, mut told) = (args.limit, args.cursor.is_some());
    let next = loop {
        let page = store.search_threads(params.clone()).await?;
        left -= page.hits.len();
        if !told && page.hits.is_empty() {
            out.say(format_args!("nothing found{}", args.hint()))?;
        }
        // Every page looks at everything, so each would tell the same again.
        if !told {
            page.damage.records.iter().try_for_each(|record| out.damage(record))?;
        }
        told = true;
        for hit in &page.hits {
            print_hit(out, hit)?;
        }
        match page.next_cursor {
            Some(cursor) if left > 0 && !out.is_unread() => {
                params = params.with_page_size(left.min(PAGE)).with_cursor(cursor);
            }
            next => break next,
        }
    };
    Ok(out.more(next.as_ref())?)
}
