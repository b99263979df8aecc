//! Lists: pages of 50 threads, from few threads and from very many.

use std::rc::Rc;

use thread_store::{
    Cursor, Direction, ListFilter, ListThreads, Position, Relation, SortKey, SourceKind, ThreadId,
    TimeRange, Timestamp,
};

use crate::Failure;
use crate::baseline::listing::{Lists, Wanted};
use crate::bench::Bench;
use crate::measure::{Bar, Rounds, Side, Tries, Unit, paired};
use crate::report::Line;
use crate::stock::{Stock, Stocked};
use crate::stores::Kind;
use crate::workload::history::plot;

const PAGE: usize = 50;
const BY_HAND: &str = "rusqlite, right index";
/// Against rusqlite with the right index.
const RAW: Bar = Bar::at_most(2.0).note(
    "A page is one row already. What is left is the way to the thread of the driver and back, which is dear where \
     processors fall asleep in between.",
);
/// The deep page against the first.
const DEEP: Bar = Bar::at_most(1.2);
/// The page of many threads against that of the fewest: the same, on a machine that does other things too.
const FLAT: Bar = Bar::at_most(1.5);
/// So many threads are behind the deep page.
const BEHIND: usize = 200;

pub(crate) async fn run(kind: Kind, stock: &mut Stock, bench: &mut Bench) -> Result<(), Failure> {
    // What is asked for of one filter needs the largest store alone.
    let sizes = bench.sizes_of(kind);
    let every = sizes.iter().any(|size| bench.wants(&first_page(*size)));
    let sizes = if every { sizes } else { &sizes[sizes.len() - 1..] };
    let names = cases(ThreadId::from_bytes([0; 16]), Timestamp::MIN);
    if !every && !names.iter().any(|case| bench.wants(&case.name_of(sizes[0]))) {
        return Ok(());
    }
    let mut stores = Vec::new();
    for size in sizes {
        stores.push(Measured::new(kind, stock.of(*size, bench).await?)?);
    }
    if every {
        first_pages(kind, &stores, bench).await?;
    }
    let Some(largest) = stores.last() else { return Ok(()) };
    for case in cases(largest.stocked.first, largest.stocked.middle) {
        case.run(kind, largest, bench).await?;
    }
    Ok(())
}

/// A store, and the same file for who writes by hand.
struct Measured {
    stocked: Rc<Stocked>,
    raw: Option<Lists>,
}

impl Measured {
    fn new(kind: Kind, stocked: Rc<Stocked>) -> Result<Self, Failure> {
        let raw = match kind {
            Kind::Sqlite => Some(Lists::open(&stocked.opened.path())?),
            Kind::Memory | Kind::Local => None,
        };
        Ok(Self { stocked, raw })
    }

    fn ours<'a>(&'a self, name: &'static str, list: ListThreads) -> Side<'a> {
        Side::timed(name, Tries::SHORT, move || {
            let list = list.clone();
            async move { Ok(self.stocked.opened.store.list_threads(list).await?.threads.len()) }
        })
    }

    fn by_hand<'a>(&'a self, wanted: Wanted) -> Option<Side<'a>> {
        let raw = self.raw.as_ref()?;
        Some(Side::plain(BY_HAND, Tries::SHORT, move || raw.page(&wanted)))
    }
}

fn first_page(size: usize) -> String {
    format!("page of 50 of {size} threads")
}

/// The first page of all threads, from stores of every size.
async fn first_pages(kind: Kind, stores: &[Measured], bench: &mut Bench) -> Result<(), Failure> {
    let mut sides = Vec::new();
    for store in stores {
        sides.push(store.ours("ours", newest(ListFilter::default())));
        sides.extend(store.by_hand(Wanted::all(PAGE)));
    }
    let each = sides.len() / stores.len();
    bench.tell(format!("page of 50 ({})", kind.name()));
    let rounds = paired(bench.plan(), &mut sides).await?;
    for (at, store) in stores.iter().enumerate() {
        let name = first_page(store.stocked.size);
        let (ours, flat) = (&rounds[at * each], (&rounds[at * each], &rounds[0]));
        match rounds.get(at * each + 1).filter(|_| each == 2) {
            Some(base) => {
                let named = (BY_HAND, Some(RAW));
                bench.report.push(Line::against(
                    &name,
                    kind.name(),
                    Unit::Millis,
                    (ours, base),
                    named,
                ));
            }
            None => bench.report.push(Line::new(&name, kind.name(), Unit::Millis, ours)),
        }
        if at > 0 {
            let named = ("the page of 1,000 threads", Some(FLAT));
            bench.report.push(Line::against(&name, kind.name(), Unit::Millis, flat, named));
        }
        let both: Vec<Rounds> = rounds[at * each..(at + 1) * each].to_vec();
        plot(bench, kind, "page of 50 threads", store.stocked.size, &both);
    }
    Ok(())
}

fn newest(filter: ListFilter) -> ListThreads {
    ListThreads::from(filter)
        .with_sort_key(SortKey::Created)
        .with_direction(Direction::Descending)
        .with_page_size(PAGE)
}

/// One filter, for us and for who writes by hand.
struct Case {
    name: &'static str,
    filter: ListFilter,
    /// `None` where the schema has no index that fits: then nothing is claimed either.
    wanted: Option<Wanted>,
}

fn cases(parent: ThreadId, middle: Timestamp) -> Vec<Case> {
    let all = || Wanted::all(PAGE);
    let any = ListFilter::default;
    let column = |column, values: &[&str]| {
        let values = values.iter().map(|value| (*value).to_owned().into()).collect();
        Some(Wanted { column: Some((column, values)), ..all() })
    };
    let cwd = "/home/someone/projects/project-3";
    let label = [("team".to_owned(), "core".to_owned())];
    let parent_value = vec![parent.as_bytes().to_vec().into()];
    let case = |name, filter, wanted| Case { name, filter, wanted };
    vec![
        case("all", any(), Some(all())),
        case("active", any().with_archived(false), Some(Wanted { archived: vec![false], ..all() })),
        case(
            "of two sources",
            any().with_source_kinds(vec![SourceKind::Cli, SourceKind::VsCode]),
            column("source", &["cli", "vscode"]),
        ),
        case(
            "of a provider",
            any().with_model_providers(vec!["azure".to_owned()]),
            column("provider", &["azure"]),
        ),
        case("of a directory", any().with_cwds(vec![cwd.to_owned()]), column("cwd", &[cwd])),
        case(
            "children of a parent",
            any().with_relation(Relation::ChildrenOf(parent)),
            Some(Wanted { column: Some(("spawn_parent", parent_value)), ..all() }),
        ),
        case("descendants of a parent", any().with_relation(Relation::DescendantsOf(parent)), None),
        case("with a label", any().with_labels(label.into()), None),
        case(
            "with a preview",
            any().with_has_preview(true),
            Some(Wanted { also: " AND l.has_preview = 1", ..all() }),
        ),
        case("created in a time", any().with_created(TimeRange::new(None, Some(middle))), None),
        case("updated in a time", any().with_updated(TimeRange::new(None, Some(middle))), None),
    ]
}

impl Case {
    fn name_of(&self, size: usize) -> String {
        format!("page of 50, {}, of {size} threads", self.name)
    }

    async fn run(self, kind: Kind, store: &Measured, bench: &mut Bench) -> Result<(), Failure> {
        let name = self.name_of(store.stocked.size);
        if !bench.wants(&name) {
            return Ok(());
        }
        bench.tell(format!("{name} ({})", kind.name()));
        let first = newest(self.filter.clone());
        let (cursor, after) = deep(store, &first).await?;
        let mut sides =
            vec![store.ours("first", first.clone()), store.ours("deep", first.with_cursor(cursor))];
        if let Some(wanted) = self.wanted.clone() {
            sides.extend(store.by_hand(wanted.clone()));
            sides.extend(store.by_hand(Wanted { after, ..wanted }));
        }
        let rounds = paired(bench.plan(), &mut sides).await?;
        let unit = Unit::Millis;
        let deep_name = format!("{name}, deep");
        for (name, ours, base) in [(&name, 0, 2), (&deep_name, 1, 3)] {
            let line = match rounds.get(base) {
                Some(base) => Line::against(
                    name,
                    kind.name(),
                    unit,
                    (&rounds[ours], base),
                    (BY_HAND, Some(RAW)),
                ),
                None => Line::new(name, kind.name(), unit, &rounds[ours]),
            };
            bench.report.push(line);
        }
        if self.wanted.is_some() {
            let named = ("the first page", Some(DEEP));
            bench.report.push(Line::against(
                &deep_name,
                kind.name(),
                unit,
                (&rounds[1], &rounds[0]),
                named,
            ));
        }
        Ok(())
    }
}

/// Where the last threads of a list begin: found from its other end, since cursors go both ways.
async fn deep(
    store: &Measured,
    list: &ListThreads,
) -> Result<(Option<Cursor>, Option<Position>), Failure> {
    let store = &store.stocked.opened.store;
    let oldest = list.clone().with_direction(Direction::Ascending).with_page_size(BEHIND);
    let next = store.list_threads(oldest.clone()).await?.next_cursor;
    let page = store.list_threads(oldest.with_page_size(1).with_cursor(next)).await?;
    let from = page.threads.first().map(|thread| Position::of(thread, SortKey::Created));
    Ok((page.previous_cursor, from))
}
