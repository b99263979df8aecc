//! Which histories are tried, and how they are read.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use thread_store::{Direction, ItemsView};

use super::history::{Back, Name, Plan, Record, Rows, Step, Turn};

/// Plans of at most so many steps.
pub(super) fn plans(most: usize) -> impl Strategy<Value = Plan> {
    let header = prop_oneof![
        3 => Just(Vec::new()),
        2 => Just(vec![Step::Say(Record::LegacyHeader)]),
        3 => Just(vec![Step::Say(Record::PaginatedHeader)]),
    ];
    let start = vec(started_with(), 0..=most / 2);
    let later = vec(later(), 0..=most / 6);
    (header, start, 0..30u8, later).prop_map(|(header, start, inherited, later)| Plan {
        start: [header, start].concat(),
        inherited,
        later,
    })
}

fn started_with() -> impl Strategy<Value = Step> {
    let back = prop_oneof![(0..4u8).prop_map(Back::CodexTurns), (0..20u8).prop_map(Back::Items)];
    prop_oneof![20 => record().prop_map(Step::Say), 1 => back.prop_map(Step::Revert)]
}

fn later() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => record().prop_map(Step::Say),
        2 => back().prop_map(Step::Revert),
        4 => (rows(), turns()).prop_map(|(rows, turns)| Step::Walk(rows, turns)),
        2 => (rows_that_grow(), turns(), vec(record(), 0..8))
            .prop_map(|(rows, turns, said)| Step::WalkBeside(rows, turns, said)),
    ]
}

fn back() -> impl Strategy<Value = Back> {
    prop_oneof![
        (0..4u8).prop_map(Back::CodexTurns),
        (0..40u8).prop_map(Back::Items),
        (0..5u8).prop_map(Back::Turns),
        (0..6u8).prop_map(Back::BeforeTurn),
    ]
}

fn record() -> impl Strategy<Value = Record> {
    prop_oneof![
        8 => option::weighted(0.9, name()).prop_map(Record::Start),
        6 => option::weighted(0.9, name()).prop_map(Record::End),
        1 => option::weighted(0.7, name()).prop_map(Record::Stop),
        1 => option::of(name()).prop_map(Record::Error),
        6 => Just(Record::Ask),
        5 => Just(Record::Answer),
        2 => Just(Record::Think),
        3 => name().prop_map(Record::Call),
        3 => name().prop_map(Record::Output),
        1 => name().prop_map(Record::Ended),
        8 => (name(), name(), any::<bool>())
            .prop_map(|(turn, item, person)| Record::Item { turn, item, person }),
        2 => Just(Record::BareAsk),
        2 => Just(Record::BareAnswer),
        1 => Just(Record::Compaction),
        1 => Just(Record::OldCompaction),
        2 => Just(Record::Noise),
        1 => prop_oneof![5 => 1..4u8, 1 => 33..40u8].prop_map(Record::Many),
    ]
}

fn name() -> impl Strategy<Value = Name> {
    (0..5u8).prop_map(Name)
}

fn rows() -> impl Strategy<Value = Rows> {
    prop_oneof![rows_that_grow(), (0..6u8).prop_map(Rows::ItemsOf)]
}

fn rows_that_grow() -> impl Strategy<Value = Rows> {
    let views = [ItemsView::NotLoaded, ItemsView::Summary, ItemsView::Full];
    prop_oneof![2 => select(views.to_vec()).prop_map(Rows::Turns), 1 => Just(Rows::Items)]
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let directions = vec![Direction::Ascending, Direction::Descending];
    let turn = (any::<bool>(), select(directions), 1..7u8);
    let turn =
        turn.prop_map(|(onward, direction, page_size)| Turn { onward, direction, page_size });
    vec(turn, 1..10)
}
