//! One case of the suite.

use std::fmt::Debug;

use futures::future::BoxFuture;
use serde::Serialize;
use thread_store::{Conflict, Error};

use crate::support::context::Cx;

/// A claim about every store, and the code that tries it.
pub struct Case {
    /// What part of the contract it is about.
    pub area: &'static str,
    /// What a store that fails it cannot be said to reach.
    pub level: Level,
    /// The claim.
    pub name: &'static str,
    /// The rules of the contract that it checks.
    pub rules: &'static [&'static str],
    pub(crate) run: fn(Cx) -> BoxFuture<'static, CaseResult>,
}

/// What a backend can be said to keep. A level fails if any case of it fails.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Ids, errors, histories, metadata: no store is usable without.
    Core,
    /// Nobody overwrites anybody.
    Leases,
    /// Lists, filters, cursors.
    Lists,
    /// Archive, delete, fork, revert.
    Lifecycle,
    /// What is derived from histories: turns, items, model contexts, search.
    Views,
    /// What outlives handles, crashes and damage.
    Durability,
}

impl Level {
    /// Every level.
    pub const ALL: [Self; 6] =
        [Self::Core, Self::Leases, Self::Lists, Self::Lifecycle, Self::Views, Self::Durability];

    /// Its name, as in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Leases => "leases",
            Self::Lists => "lists",
            Self::Lifecycle => "lifecycle",
            Self::Views => "views",
            Self::Durability => "durability",
        }
    }
}

/// What a store answered instead of what the contract says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Failure {
    /// What was looked at.
    pub what: String,
    /// What the contract says.
    pub expected: String,
    /// What the store answered.
    pub got: String,
}

/// Why a case ended before its end.
#[derive(Debug)]
pub(crate) enum Stop {
    Failed(Failure),
    Skipped(String),
}

pub(crate) type CaseResult<T = ()> = Result<T, Stop>;

/// An operation that has to succeed, and did not.
impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        let what = error.operation().map_or("an operation", thread_store::Operation::as_str);
        Self::Failed(Failure {
            what: what.to_owned(),
            expected: "success".to_owned(),
            got: format!("{error:?}"),
        })
    }
}

pub(crate) fn fail<T>(what: &str, expected: impl Debug, got: impl Debug) -> CaseResult<T> {
    let (expected, got) = (shortened(&expected), shortened(&got));
    Err(Stop::Failed(Failure { what: what.to_owned(), expected, got }))
}

/// The case cannot be run on this store, because …
pub(crate) fn skip<T>(reason: impl Into<String>) -> CaseResult<T> {
    Err(Stop::Skipped(reason.into()))
}

/// Both are equal.
pub(crate) fn expect_eq<T: PartialEq + Debug>(what: &str, expected: T, got: T) -> CaseResult {
    if expected == got { Ok(()) } else { fail(what, expected, got) }
}

/// The condition holds.
pub(crate) fn expect(what: &str, holds: bool) -> CaseResult {
    if holds { Ok(()) } else { fail(what, true, false) }
}

/// The operation fails with this code; answers the error for a closer look.
pub(crate) fn expect_error<T: Debug>(
    what: &str,
    code: &str,
    result: thread_store::Result<T>,
) -> CaseResult<Error> {
    match result {
        Err(error) if error.code() == code => Ok(error),
        Err(error) => fail(what, code, error),
        Ok(answer) => fail(what, code, answer),
    }
}

/// The operation fails with exactly this conflict.
pub(crate) fn expect_conflict<T: Debug>(
    what: &str,
    conflict: &Conflict,
    result: thread_store::Result<T>,
) -> CaseResult {
    match result {
        Err(error) if error.as_conflict() == Some(conflict) => Ok(()),
        Err(error) => fail(what, conflict, error),
        Ok(answer) => fail(what, conflict, answer),
    }
}

/// There is one; answers it.
pub(crate) fn expect_some<T>(what: &str, option: Option<T>) -> CaseResult<T> {
    match option {
        Some(value) => Ok(value),
        None => fail(what, "one", "none"),
    }
}

/// Long answers are cut: the report is for reading.
fn shortened(value: &impl Debug) -> String {
    const MOST: usize = 600;
    let text = format!("{value:?}");
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{} … ({} bytes)", &text[..at], text.len()),
        None => text,
    }
}
