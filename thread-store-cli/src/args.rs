//! The command line.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use thread_store::{
    Cursor, Direction, ForkPoint, ListFilter, ListThreads, Ordinal, Relation, Result, RevertTo,
    SearchThreads, SortKey, SourceKind, ThreadId, TimeRange, Timestamp,
};

/// Import, list, read and change agent threads in any store.
#[derive(Debug, Parser)]
#[command(name = "thread-store", version, propagate_version = true)]
pub(crate) struct Args {
    /// The store: `sqlite:PATH`, `local:HOME` for the home of a Codex, or `memory:`. Without a path,
    /// `sqlite:` is a file in the user's data folder and `local:` is `$CODEX_HOME`, else `~/.codex`.
    #[arg(
        long,
        global = true,
        env = "THREAD_STORE_URL",
        default_value = "sqlite:",
        value_name = "URL"
    )]
    pub(crate) store: String,
    /// One JSON object per line on standard output, and errors as JSON on standard error.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Import rollout files, folders of them, or whole Codex homes.
    ///
    /// A thread that is stored already is not stored again; what its rollout has gained since is
    /// added, and nothing else about it is changed. Damaged records are counted and reported, and
    /// cost nothing but themselves.
    Import {
        /// Rollout files (`.jsonl`, `.jsonl.zst`, `.json`), folders, or Codex homes.
        #[arg(required = true)]
        paths: Vec<PathBuf>,
    },
    /// List threads: active ones, newest first, unless asked otherwise.
    List(ListArgs),
    /// Find a text in names, titles and in what people and the agent said, whatever its case: the
    /// best threads first, active ones unless asked otherwise.
    Search(SearchArgs),
    /// Show one thread.
    Show {
        #[command(flatten)]
        thread: ThreadArg,
        /// Its turns and what was said and done in them. With --json one turn per line, in the form
        /// of the app-server protocol.
        #[arg(long)]
        turns: bool,
        /// Only the last N turns.
        #[arg(long, value_name = "N", requires = "turns", value_parser = at_least_one)]
        last: Option<usize>,
    },
    /// Show the history of a thread.
    History {
        #[command(flatten)]
        thread: ThreadArg,
        /// Only the last N items.
        #[arg(long, value_name = "N")]
        last: Option<usize>,
        /// Only from this ordinal on.
        #[arg(long, value_name = "N")]
        from: Option<u64>,
        /// The items alone, byte for byte, one per line.
        #[arg(long, conflicts_with = "json")]
        raw: bool,
    },
    /// Give a thread a name, or take it away.
    Rename {
        #[command(flatten)]
        thread: ThreadArg,
        /// The new name.
        #[arg(required_unless_present = "clear")]
        name: Option<String>,
        /// Take the name away.
        #[arg(long, conflicts_with = "name")]
        clear: bool,
    },
    /// Archive a thread.
    Archive(SubtreeArgs),
    /// Bring a thread back from the archive.
    Unarchive(SubtreeArgs),
    /// Delete a thread and its history. There is no way back.
    Delete(SubtreeArgs),
    /// Continue a thread as another.
    Fork {
        #[command(flatten)]
        thread: ThreadArg,
        #[command(flatten)]
        point: ForkPointArgs,
    },
    /// Take back the end of a thread. Its history keeps everything: a marker is added.
    Revert {
        #[command(flatten)]
        thread: ThreadArg,
        #[command(flatten)]
        to: RevertToArgs,
    },
    /// Say why a thread is not on a list.
    Explain {
        #[command(flatten)]
        thread: ThreadArg,
        #[command(flatten)]
        filter: FilterArgs,
    },
    /// Look a Codex home over: read every rollout, and what is said of threads beside them. Changes
    /// nothing; exits with 1 if anything is wrong. Only for `local:` stores.
    Verify,
    /// Mend what `verify` finds, as far as nothing is lost by it. Only for `local:` stores.
    ///
    /// What cannot be read is kept elsewhere before it is taken away; threads that somebody writes to
    /// are left alone.
    Repair {
        /// Say what would be done, and change nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Import the sample rollouts, list them as a tree and show one.
    Demo {
        /// Where the samples are.
        #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/samples"), hide_default_value = true)]
        samples: PathBuf,
    },
}

impl Command {
    /// Whether it is to change nothing at all.
    pub(crate) fn is_look(&self) -> bool {
        matches!(self, Self::Verify | Self::Repair { dry_run: true })
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ThreadArg {
    /// The id of the thread, a UUID.
    #[arg(value_name = "ID")]
    id: String,
}

impl ThreadArg {
    pub(crate) fn id(&self) -> Result<ThreadId> {
        ThreadId::parse(&self.id)
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct SubtreeArgs {
    #[command(flatten)]
    pub(crate) thread: ThreadArg,
    /// All threads that it spawned too, and those that they spawned.
    #[arg(long)]
    pub(crate) descendants: bool,
}

#[derive(Debug, ClapArgs)]
#[group(multiple = false)]
pub(crate) struct ForkPointArgs {
    /// The first ordinal that the fork does not have; the end unless given.
    #[arg(long, value_name = "N")]
    at: Option<u64>,
    /// The last turn that the fork has.
    #[arg(long, value_name = "TURN")]
    at_turn: Option<String>,
    /// The first turn that the fork does not have.
    #[arg(long, value_name = "TURN")]
    before_turn: Option<String>,
}

impl From<ForkPointArgs> for ForkPoint {
    fn from(args: ForkPointArgs) -> Self {
        let before = args.before_turn.map(Self::BeforeTurn);
        let at_turn = args.at_turn.map(Self::AfterTurn);
        let at = args.at.map(|at| Self::Before(Ordinal::new(at)));
        at.or(at_turn).or(before).unwrap_or(Self::End)
    }
}

#[derive(Debug, ClapArgs)]
#[group(required = true, multiple = false)]
pub(crate) struct RevertToArgs {
    /// The last N turns.
    #[arg(long, value_name = "N")]
    turns: Option<u64>,
    /// This turn and all that came after it.
    #[arg(long, value_name = "TURN")]
    from_turn: Option<String>,
    /// Everything from this ordinal on. What had been taken back later than that is there again.
    #[arg(long, value_name = "N")]
    from: Option<u64>,
}

impl From<RevertToArgs> for RevertTo {
    fn from(args: RevertToArgs) -> Self {
        let turn = args.from_turn.map(Self::BeforeTurn);
        let ordinal = args.from.map(|from| Self::Ordinal(Ordinal::new(from)));
        turn.or(ordinal).unwrap_or(Self::LastTurns(args.turns.unwrap_or(0)))
    }
}

/// Threads that are asked for at once.
pub(crate) const PAGE: usize = 500;

#[derive(Debug, ClapArgs)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    /// What to sort by.
    #[arg(long, value_enum, default_value_t = Sort::Created)]
    sort: Sort,
    /// Oldest first.
    #[arg(long)]
    ascending: bool,
    /// At most N threads; all unless given.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Go on where an earlier list with a limit ended. Sort and filters have to be the same;
    /// with the other direction it goes on from there and answers the other way round.
    #[arg(long)]
    cursor: Option<String>,
    /// Show children below their parents.
    #[arg(long, conflicts_with_all = ["json", "limit", "cursor"])]
    pub(crate) tree: bool,
}

impl ListArgs {
    pub(crate) fn to_params(&self) -> Result<ListThreads> {
        let direction = if self.ascending { Direction::Ascending } else { Direction::Descending };
        let params = ListThreads::new()
            .with_filter(self.filter.to_filter()?)
            .with_sort_key(SortKey::from(self.sort))
            .with_direction(direction)
            .with_cursor(self.cursor.clone().map(Cursor::new));
        Ok(params.with_page_size(self.limit.unwrap_or(PAGE).min(PAGE)))
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct SearchArgs {
    /// The text to find, literally; a run of white space is one space.
    term: String,
    #[command(flatten)]
    filter: FilterArgs,
    /// At most N threads.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) limit: usize,
    /// Go on where an earlier search ended. Text and filters have to be the same.
    #[arg(long)]
    pub(crate) cursor: Option<String>,
}

impl SearchArgs {
    pub(crate) fn to_params(&self) -> Result<SearchThreads> {
        let params = SearchThreads::new(self.term.clone())
            .with_filter(self.filter.to_filter()?)
            .with_cursor(self.cursor.clone().map(Cursor::new));
        Ok(params.with_page_size(self.limit.min(PAGE)))
    }

    /// What to try if nothing was found.
    pub(crate) fn hint(&self) -> &'static str {
        let active_only = !self.filter.all && !self.filter.archived;
        if active_only { " in active threads; --all looks at archived ones too" } else { "" }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Sort {
    Created,
    Updated,
    Recency,
}

impl From<Sort> for SortKey {
    fn from(sort: Sort) -> Self {
        match sort {
            Sort::Created => Self::Created,
            Sort::Updated => Self::Updated,
            Sort::Recency => Self::Recency,
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct FilterArgs {
    /// Archived threads instead of active ones.
    #[arg(long, conflicts_with = "all")]
    archived: bool,
    /// Active and archived threads.
    #[arg(long)]
    all: bool,
    /// Threads of this source: cli, vscode, exec, `sub_agent_review`, … Can be repeated.
    #[arg(long, value_name = "KIND", value_parser = source_kind)]
    source: Vec<SourceKind>,
    /// Threads of this model provider. Can be repeated.
    #[arg(long, value_name = "NAME")]
    provider: Vec<String>,
    /// Threads in this working directory. Can be repeated.
    #[arg(long, value_name = "PATH")]
    cwd: Vec<String>,
    /// Threads spawned by this one.
    #[arg(long, value_name = "ID", conflicts_with = "ancestor")]
    parent: Option<String>,
    /// Threads spawned by this one, by those, and so on.
    #[arg(long, value_name = "ID")]
    ancestor: Option<String>,
    /// Threads with this label. Can be repeated.
    #[arg(long, value_name = "KEY=VALUE", value_parser = label)]
    label: Vec<(String, String)>,
    /// Threads with a preview (`true`) or without one (`false`).
    #[arg(long, value_name = "BOOL")]
    has_preview: Option<bool>,
    /// Threads whose name, title or preview contains this text. Case counts.
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Threads created at this time (RFC 3339) or later.
    #[arg(long, value_name = "TIME")]
    created_from: Option<String>,
    /// Threads created before this time.
    #[arg(long, value_name = "TIME")]
    created_to: Option<String>,
    /// Threads updated at this time or later.
    #[arg(long, value_name = "TIME")]
    updated_from: Option<String>,
    /// Threads last updated before this time.
    #[arg(long, value_name = "TIME")]
    updated_to: Option<String>,
}

impl FilterArgs {
    pub(crate) fn to_filter(&self) -> Result<ListFilter> {
        let mut filter = ListFilter::default().with_labels(self.label.iter().cloned().collect());
        filter.archived = (!self.all).then_some(self.archived);
        filter.source_kinds = given(&self.source);
        filter.model_providers = given(&self.provider);
        filter.cwds = given(&self.cwd);
        filter.relation = self.relation()?;
        filter.has_preview = self.has_preview;
        filter.search_term.clone_from(&self.search);
        filter.created = range(self.created_from.as_deref(), self.created_to.as_deref())?;
        filter.updated = range(self.updated_from.as_deref(), self.updated_to.as_deref())?;
        Ok(filter)
    }

    fn relation(&self) -> Result<Option<Relation>> {
        Ok(match (&self.parent, &self.ancestor) {
            (Some(parent), _) => Some(Relation::ChildrenOf(ThreadId::parse(parent)?)),
            (None, Some(ancestor)) => Some(Relation::DescendantsOf(ThreadId::parse(ancestor)?)),
            (None, None) => None,
        })
    }
}

/// An option that was not given at all asks for anything.
fn given<T: Clone>(values: &[T]) -> Option<Vec<T>> {
    (!values.is_empty()).then(|| values.to_vec())
}

fn range(from: Option<&str>, to: Option<&str>) -> Result<TimeRange> {
    let parse = |text: Option<&str>| text.map(Timestamp::parse).transpose();
    Ok(TimeRange::new(parse(from)?, parse(to)?))
}

fn source_kind(text: &str) -> Result<SourceKind, String> {
    let found = SourceKind::ALL.iter().find(|kind| kind.as_str() == text);
    found.copied().ok_or_else(|| {
        let names: Vec<_> = SourceKind::ALL.iter().map(|kind| kind.as_str()).collect();
        format!("must be one of {}", names.join(", "))
    })
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("must be at least 1".to_owned()),
        Ok(number) => Ok(number),
        Err(error) => Err(error.to_string()),
    }
}

fn label(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("must be KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        <Args as clap::CommandFactory>::command().debug_assert();
    }
}
