//! What the program does, one file for each command or family of commands.

mod change;
mod demo;
mod explain;
mod history;
mod import;
mod list;
mod search;
mod show;
mod turns;

use std::sync::Arc;

use thread_store::ThreadStore;

use crate::args::{Args, Command};
use crate::failure::Failure;
use crate::output::Output;
use crate::store_url;

type Store = Arc<dyn ThreadStore>;
type Done = Result<(), Failure>;

pub(crate) async fn run(args: Args) -> Done {
    let store = store_url::open(&args.store).await?;
    let mut out = Output::new(args.json);
    match args.command {
        Command::Import { paths } => import::import(&store, &mut out, &paths).await?,
        Command::List(list) => list::list(&store, &mut out, &list).await?,
        Command::Search(search) => search::search(&store, &mut out, &search).await?,
        Command::Show { thread, turns: false, .. } => {
            show::show(&store, &mut out, thread.id()?).await?;
        }
        Command::Show { thread, turns: true, last } => {
            turns::turns(&store, &mut out, thread.id()?, last).await?;
        }
        Command::History { thread, last, from, raw } => {
            let part = history::Part { last, from, raw };
            history::history(&store, &mut out, thread.id()?, &part).await?;
        }
        Command::Rename { thread, name, clear: _ } => {
            change::rename(&store, &mut out, thread.id()?, name).await?;
        }
        Command::Archive(args) => change::set_archived(&store, &mut out, &args, true).await?,
        Command::Unarchive(args) => change::set_archived(&store, &mut out, &args, false).await?,
        Command::Delete(args) => change::delete(&store, &mut out, &args).await?,
        Command::Fork { thread, point } => {
            change::fork(&store, &mut out, thread.id()?, point.into()).await?;
        }
        Command::Revert { thread, to } => {
            change::revert(&store, &mut out, thread.id()?, to.into()).await?;
        }
        Command::Explain { thread, filter } => {
            explain::explain(&store, &mut out, thread.id()?, &filter).await?;
        }
        Command::Demo { samples } => demo::demo(&store, &mut out, &samples).await?,
    }
    Ok(out.finish()?)
}
