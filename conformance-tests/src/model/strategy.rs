//! Which operations are tried, and how often.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use thread_store::{Direction, SortKey};

use super::edits::Edit;
use super::lists::Part;
use super::step::{
    At, Back, But, Find, Holder, Item, Lease, List, Load, Source, Step, THREADS, Thread, Time,
    Turn, View, With,
};

/// Sequences of at most so many operations. Most need a thread, so some are created first. Both
/// parts may be empty: they can be shrunk as far as that.
pub(super) fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    let creations = most.min(6);
    let (first, then) = (vec(create(), 0..=creations), vec(step(), 0..=most - creations));
    (first, then).prop_map(|(mut first, then)| {
        first.extend(then);
        first
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => create(),
        7 => resume(),
        12 => append(),
        8 => append_again(),
        6 => lease_alone(),
        5 => load().prop_map(Step::Load),
        2 => (thread(), any::<bool>()).prop_map(|(thread, archived)| Step::Read { thread, archived }),
        7 => (list(), turns()).prop_map(|(list, turns)| Step::List { list, turns }),
        6 => follow(),
        14 => update(),
        5 => set_archived(),
        2 => delete(),
        6 => fork(),
        2 => (thread(), vec(part(), 0..4)).prop_map(|(thread, filter)| Step::Explain { thread, filter }),
        4 => view().prop_map(Step::View),
        4 => revert(),
        2 => find().prop_map(Step::Find),
        2 => Just(Step::Reopen),
        2 => (1..5u8).prop_map(Step::Tick),
    ]
}

fn create() -> BoxedStrategy<Step> {
    (thread(), vec(with(), 0..5)).prop_map(|(thread, with)| Step::Create(thread, with)).boxed()
}

fn with() -> impl Strategy<Value = With> {
    prop_oneof![
        4 => items().prop_map(With::Items),
        1 => source().prop_map(With::Source),
        1 => thread().prop_map(With::Parent),
        5 => thread().prop_map(With::SpawnedBy),
        2 => time().prop_map(With::CreatedAt),
        1 => time().prop_map(With::ArchivedAt),
        1 => (0..2u8).prop_map(With::Session),
        5 => holder().prop_map(With::Lease),
        3 => (0..2u8).prop_map(With::Request),
        3 => edits().prop_map(With::Metadata),
    ]
}

fn resume() -> BoxedStrategy<Step> {
    (thread(), any::<bool>(), any::<bool>(), holder())
        .prop_map(|(thread, archived, refuse, holder)| Step::Resume {
            thread,
            archived,
            refuse,
            holder,
        })
        .boxed()
}

fn at() -> impl Strategy<Value = At> {
    prop_oneof![Just(At::Unsaid), Just(At::End), (-3..3i8).prop_map(At::Off)]
}

fn view() -> impl Strategy<Value = View> {
    (thread(), any::<bool>(), direction(), page_size(), any::<bool>()).prop_map(
        |(thread, archived, direction, page_size, summary)| View {
            thread,
            archived,
            direction,
            page_size,
            summary,
        },
    )
}

fn revert() -> BoxedStrategy<Step> {
    let back = prop_oneof![
        (0..4u8).prop_map(Back::Turns),
        (-1..6i8).prop_map(Back::Items),
        (0..3u8).prop_map(Back::Before),
    ];
    (lease(), back, at()).prop_map(|(lease, back, at)| Step::Revert { lease, back, at }).boxed()
}

fn find() -> impl Strategy<Value = Find> {
    const TERMS: [&str; 6] = ["alpha", "THE größe", "a", "note", "nowhere", " "];
    (select(&TERMS), vec(part(), 0..2)).prop_map(|(term, filter)| Find { term, filter })
}

fn append() -> BoxedStrategy<Step> {
    (lease(), items(), at())
        .prop_map(|(lease, items, at)| Step::Append { lease, items, at })
        .boxed()
}

fn append_again() -> BoxedStrategy<Step> {
    (lease(), 0..4u8, items())
        .prop_map(|(lease, back, plus)| Step::AppendAgain { lease, back, plus })
        .boxed()
}

fn lease_alone() -> BoxedStrategy<Step> {
    prop_oneof![
        lease().prop_map(Step::Flush),
        lease().prop_map(Step::Shutdown),
        lease().prop_map(Step::Discard),
    ]
    .boxed()
}

fn load() -> impl Strategy<Value = Load> {
    let range = (0..6u8, option::of(0..8u8));
    (thread(), any::<bool>(), range, direction(), option::of(0..4u8), any::<bool>()).prop_map(
        |(thread, archived, (from, to), direction, limit, strict)| Load {
            thread,
            archived,
            from,
            to,
            direction,
            limit,
            strict,
        },
    )
}

fn list() -> impl Strategy<Value = List> {
    (vec(part(), 0..3), select(&SortKey::ALL), direction(), page_size())
        .prop_map(|(filter, key, direction, page_size)| List { filter, key, direction, page_size })
}

/// Small ones, 0, and more than is given.
fn page_size() -> impl Strategy<Value = u8> {
    prop_oneof![20 => 1..4u8, 1 => Just(0), 1 => Just(u8::MAX)]
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    vec(prop_oneof![2 => Just(Turn::Next), 1 => Just(Turn::Previous)], 0..5)
}

fn follow() -> BoxedStrategy<Step> {
    let but = prop_oneof![
        6 => Just(But::Nothing),
        2 => Just(But::OtherWay),
        1 => Just(But::OtherKey),
        1 => part().prop_map(But::Narrower),
        1 => Just(But::Damaged),
    ];
    (0..4u8, page_size(), but, turns())
        .prop_map(|(bookmark, page_size, but, turns)| Step::Follow {
            bookmark,
            page_size,
            but,
            turns,
        })
        .boxed()
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        any::<bool>().prop_map(Part::Archived),
        vec(source(), 0..3).prop_map(Part::Sources),
        Just(Part::Spawned),
        vec(0..3u8, 0..3).prop_map(Part::Providers),
        vec(0..6u8, 0..3).prop_map(Part::Cwds),
        thread().prop_map(Part::ChildrenOf),
        thread().prop_map(Part::DescendantsOf),
        (0..2u8, 0..2u8).prop_map(|(key, value)| Part::Label(key, value)),
        any::<bool>().prop_map(Part::HasPreview),
        (0..8u8).prop_map(Part::Search),
        (option::of(time()), option::of(time())).prop_map(|(from, to)| Part::Created(from, to)),
        (option::of(time()), option::of(time())).prop_map(|(from, to)| Part::Updated(from, to)),
    ]
}

fn update() -> BoxedStrategy<Step> {
    (thread(), any::<bool>(), edits(), option::weighted(0.3, -1..2i8), option::of(0..2u8))
        .prop_map(|(thread, archived, edits, expected, request)| Step::Update {
            thread,
            archived,
            edits,
            expected,
            request,
        })
        .boxed()
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    prop_oneof![1 => vec(edit(), 0..1), 9 => vec(edit(), 1..4)]
}

fn edit() -> impl Strategy<Value = Edit> {
    let text = || option::of(0..6u8);
    prop_oneof![
        4 => text().prop_map(Edit::Name),
        4 => text().prop_map(Edit::Title),
        4 => text().prop_map(Edit::Preview),
        4 => text().prop_map(Edit::Cwd),
        4 => option::of(0..3u8).prop_map(Edit::Provider),
        2 => option::of(0..2u8).prop_map(Edit::Policy),
        2 => option::of(0..2u8).prop_map(Edit::Tokens),
        6 => time().prop_map(Edit::UpdatedAt),
        6 => time().prop_map(Edit::RecencyAt),
        8 => (0..2u8, option::of(0..2u8)).prop_map(|(key, value)| Edit::Label(key, value)),
        4 => (0..2u8, option::of(0..2u8)).prop_map(|(key, value)| Edit::Unknown(key, value)),
        1 => Just(Edit::NotMetadata),
    ]
}

fn set_archived() -> BoxedStrategy<Step> {
    (thread(), any::<bool>(), any::<bool>())
        .prop_map(|(thread, archived, descendants)| Step::SetArchived {
            thread,
            archived,
            descendants,
        })
        .boxed()
}

fn delete() -> BoxedStrategy<Step> {
    (thread(), any::<bool>())
        .prop_map(|(thread, descendants)| Step::Delete { thread, descendants })
        .boxed()
}

fn fork() -> BoxedStrategy<Step> {
    (thread(), thread(), option::of(0..6u8), any::<bool>(), vec(with(), 0..3))
        .prop_map(|(thread, new, at, archived, with)| Step::Fork {
            thread,
            new,
            at,
            archived,
            with,
        })
        .boxed()
}

fn thread() -> impl Strategy<Value = Thread> {
    (0..THREADS).prop_map(Thread)
}

/// Mostly a new one.
fn lease() -> impl Strategy<Value = Lease> {
    prop_oneof![3 => 0..2u8, 1 => 0..6u8].prop_map(Lease)
}

fn holder() -> impl Strategy<Value = Holder> {
    (0..3u8).prop_map(Holder)
}

fn time() -> impl Strategy<Value = Time> {
    (0..4u8).prop_map(Time)
}

fn items() -> impl Strategy<Value = Vec<Item>> {
    vec((0..Item::COUNT).prop_map(Item), 0..4)
}

fn source() -> impl Strategy<Value = Source> {
    select(&Source::ALL)
}

fn direction() -> impl Strategy<Value = Direction> {
    select(&[Direction::Ascending, Direction::Descending])
}
