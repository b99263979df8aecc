//! What the program does, one file for each command or family of commands.

mod change;
mod demo;
mod explain;
mod history;
mod import;
mod list;
mod repair;
mod search;
mod show;
mod turns;
mod verify;

use std::sync::Arc;

use thread_store::ThreadStore;

use crate::args::{Args, Command};
use crate::failure::Failure;
use crate::output::Output;
use crate::store_url::{self, Opened};

type Store = Arc<dyn ThreadStore>;
type Done = Result<(), Failure>;

pub(crate) async fn run(args: Args) -> Done {
    let mut out = Output::new(args.json);
    let opened = store_url::open(&args.store, &out, args.command.is_look()).await?;
    let done = run_on(&opened, &mut out, args.command).await;
    let finished = out.finish();
    opened.close().await;
    done?;
    Ok(finished?)
}

async fn run_on(opened: &Opened, out: &mut Output, command: Command) -> Done {
    let store = Arc::clone(&opened.store);
    match command {
        Command::Import { paths } => {
            let imported = import::import(&store, out, &paths).await;
            opened.settle(out).await?;
            imported?;
        }
        Command::List(list) => list::list(&store, out, &list).await?,
        Command::Search(search) => search::search(&store, out, &search).await?,
        Command::Show { thread, turns: false, .. } => {
            show::show(&store, out, thread.id()?).await?;
        }
        Command::Show { thread, turns: true, last } => {
            turns::turns(&store, out, thread.id()?, last).await?;
        }
        Command::History { thread, last, from, raw } => {
            let part = history::Part { last, from, raw };
            history::history(&store, out, thread.id()?, &part).await?;
        }
        Command::Rename { thread, name, clear: _ } => {
            change::rename(&store, out, thread.id()?, name).await?;
        }
        Command::Archive(args) => change::set_archived(&store, out, &args, true).await?,
        Command::Unarchive(args) => change::set_archived(&store, out, &args, false).await?,
        Command::Delete(args) => change::delete(&store, out, &args).await?,
        Command::Fork { thread, point } => {
            change::fork(&store, out, thread.id()?, point.into()).await?;
        }
        Command::Revert { thread, to } => {
            change::revert(&store, out, thread.id()?, to.into()).await?;
        }
        Command::Explain { thread, filter } => {
            explain::explain(&store, out, thread.id()?, &filter).await?;
        }
        Command::Verify => verify::verify(opened.home("verify")?, out).await?,
        Command::Repair { dry_run } => repair::repair(opened.home("repair")?, out, dry_run).await?,
        Command::Demo { samples } => demo::demo(&store, out, &samples).await?,
    }
    Ok(())
}
