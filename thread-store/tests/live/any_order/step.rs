//! What can happen.

use std::fmt;

use proptest::prelude::*;

use crate::faulty::Fault;

#[derive(Clone, Debug)]
pub(super) enum Step {
    Append(Vec<Kind>),
    /// The last append again, if nobody knows whether it was done.
    Repeat,
    Persist,
    Flush,
    Check,
    Rename(u8),
    SetOptions(u8),
    BeginTurn,
    EndTurn,
    Revert(u64),
    Shutdown,
    Discard,
    /// The session dies.
    Crash,
    /// Another session; of a thread that is not stored the first.
    Open,
    /// Somebody else takes the thread and appends.
    TakeOver,
    Archive,
    Delete,
    RenameElsewhere(u8),
    PreviewElsewhere,
    Wait(u32),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Said,
    User,
    Tokens,
    /// Not kept by any policy.
    Dropped,
}

/// A step, and what goes wrong with it.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) step: Step,
    /// How many calls to the store are answered first, and how many fail then.
    pub(super) fault: Option<(usize, Fault, usize)>,
    /// How often the call is polled before it is dropped.
    pub(super) polls: Option<usize>,
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.step)?;
        if let Some((after, fault, times)) = self.fault {
            write!(f, ", {times} {fault:?} after {after}")?;
        }
        self.polls.map_or(Ok(()), |polls| write!(f, ", dropped after {polls} polls"))
    }
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Said), Just(Kind::User), Just(Kind::Tokens), Just(Kind::Dropped)]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => prop::collection::vec(kind(), 0..4).prop_map(Step::Append),
        5 => Just(Step::Repeat),
        2 => Just(Step::Persist),
        3 => Just(Step::Flush),
        1 => Just(Step::Check),
        3 => (0..3_u8).prop_map(Step::Rename),
        1 => (0..3_u8).prop_map(Step::SetOptions),
        3 => Just(Step::BeginTurn),
        3 => Just(Step::EndTurn),
        2 => (1..3_u64).prop_map(Step::Revert),
        2 => Just(Step::Shutdown),
        1 => Just(Step::Discard),
        1 => Just(Step::Crash),
        5 => Just(Step::Open),
        1 => Just(Step::TakeOver),
        1 => Just(Step::Archive),
        1 => Just(Step::Delete),
        2 => (3..6_u8).prop_map(Step::RenameElsewhere),
        1 => Just(Step::PreviewElsewhere),
        4 => (1..7000_u32).prop_map(Step::Wait),
    ]
}

fn fault() -> impl Strategy<Value = (usize, Fault, usize)> {
    (0..3_usize, prop::sample::select(Fault::FAILING.to_vec()), 1..4_usize)
}

fn plan(faults: bool) -> impl Strategy<Value = Plan> {
    let (fails, drops) = if faults { (0.3, 0.15) } else { (f64::EPSILON, f64::EPSILON) };
    let fault = prop::option::weighted(fails, fault());
    let polls = prop::option::weighted(drops, 0..12_usize);
    (step(), fault, polls).prop_map(|(step, fault, polls)| Plan { step, fault, polls })
}

pub(super) fn plans(steps: usize, faults: bool) -> impl Strategy<Value = Vec<Plan>> {
    prop::collection::vec(plan(faults), 1..steps)
}
