//! Lists: filters and cursors as SQL.
//!
//! One filter *drives*: what has it is read from an index, in the order of the list and no further
//! than a page, or found by its keys and sorted. All others are conditions on what it finds. So a
//! page costs what its rows cost, however many threads there are.
//!
//! A page is answered by one statement in one row: what crosses from the thread of a connection to
//! its caller is paid for by the row and the column, and one statement is a view of its own.

mod choice;
mod condition;
mod descendants;
mod driver;
mod order;
mod packed;
mod question;
mod rows;

use sqlx::SqliteConnection;
use thread_store::{DamageReport, ListPlan, ListThreads, StoredThread, ThreadPage};

use crate::error::Result;
use question::Question;

pub(crate) use condition::push_conditions;
pub(crate) use descendants::descendants;
pub(crate) use driver::push_below;

/// The page that was asked for.
pub(crate) async fn page(
    connection: &mut SqliteConnection,
    params: &ListThreads,
    plan: &ListPlan<'_>,
) -> Result<ThreadPage> {
    let (filter, scan) = (&params.filter, plan.scan());
    let Some(driver) = choice::driver(connection, filter, &scan).await? else {
        return Ok(plan.page(vec![], false));
    };
    // Nothing that matches stands between the cursor and the first row found. So whether rows follow
    // the page, where that goes the other way, can be asked before its rows are known.
    let question = Question { filter, driver, scan, follow_up: plan.follow_up(&[]) };
    let found = match packed::find(connection, &question).await? {
        Some(found) => found,
        None => rows::find(connection, &question).await?,
    };
    Ok(plan.page(found.threads, found.followed).with_damage(found.damage))
}

/// What a question was answered.
struct Found {
    /// In the order of the walk, one more than the page if there are others.
    threads: Vec<StoredThread>,
    /// Whether the other walk found one.
    followed: bool,
    damage: DamageReport,
}

#[cfg(test)]
mod tests;
