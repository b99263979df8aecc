//! A page row by row, for one that is damaged: each row costs itself only.

use sqlx::{QueryBuilder, Row as _, SqliteConnection};
use thread_store::{DamageReport, DamagedRecord};

use super::Found;
use super::question::Question;
use crate::error::Result;
use crate::record::{Stored, columns};

const JOINS: &str = "CROSS JOIN heads h ON h.key = page.key
    LEFT JOIN holders o ON o.key = page.key CROSS JOIN listing narrow ON narrow.key = page.key";

pub(super) async fn find(
    connection: &mut SqliteConnection,
    question: &Question<'_>,
) -> Result<Found> {
    let mut query = QueryBuilder::new("");
    question.push(&mut query, columns!(), JOINS);
    let rows = query.build().fetch_all(connection).await?;
    let mut found = Found { threads: vec![], followed: false, damage: DamageReport::default() };
    for row in rows {
        let stored = Stored::read(&row)?;
        found.followed = row.try_get("followed")?;
        // The last row of a full scan is not on the page.
        if let Some(column) = stored.damaged
            && found.threads.len() + 1 < question.scan.limit
        {
            let location = format!("thread {}", stored.head.thread_id);
            let reason = format!("its {column} cannot be read");
            found.damage.push(DamagedRecord::new(location, None, reason));
        }
        found.threads.push(stored.thread);
    }
    Ok(found)
}
