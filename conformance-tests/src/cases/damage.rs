//! Reading histories that were damaged.

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;

/// A thread with ten items, of which these are damaged.
async fn damaged(cx: &mut Cx, ordinals: &[u64]) -> CaseResult<ThreadId> {
    let id = cx.thread(10).await?;
    // From the end, so that the place of a record is its ordinal whatever became of later ones.
    for ordinal in ordinals.iter().rev() {
        cx.damage(id, *ordinal).await?;
    }
    Ok(id)
}

/// The texts of all items but these.
fn all_but(cx: &Cx, ordinals: &[u64]) -> Vec<String> {
    let left = (0..10).filter(|n| !ordinals.contains(n));
    left.map(|n| cx.item(n).text().into_owned()).collect()
}

pub(super) async fn a_damaged_record_hides_no_other(mut cx: Cx) -> CaseResult {
    for ordinal in [0, 5, 9] {
        let id = damaged(&mut cx, &[ordinal]).await?;
        expect_eq("the rest", all_but(&cx, &[ordinal]), cx.texts(id).await?)?;
    }
    Ok(())
}

pub(super) async fn a_damaged_record_is_reported_with_its_place(mut cx: Cx) -> CaseResult {
    // Not the last one: a torn end may be cut off when the store is opened.
    for ordinal in [0, 5, 8] {
        let id = damaged(&mut cx, &[ordinal]).await?;
        let damage = cx.store().load_history(id.into()).await?.damage;
        expect_eq("the count", (1, 1), (damage.count, damage.records.len()))?;
        let record = &damage.records[0];
        expect_eq("after", ordinal.checked_sub(1).map(Ordinal::new), record.after)?;
        expect("it is said where", !record.location.is_empty())?;
    }
    Ok(())
}

pub(super) async fn every_damaged_record_is_counted(mut cx: Cx) -> CaseResult {
    let id = damaged(&mut cx, &[1, 2, 7]).await?;
    expect_eq("the rest", all_but(&cx, &[1, 2, 7]), cx.texts(id).await?)?;
    for direction in [Direction::Ascending, Direction::Descending] {
        let load = LoadHistory::new(id).with_direction(direction);
        let page = cx.store().load_history(load).await?;
        expect_eq("the items", 7, page.items.len())?;
        expect_eq("the count", (3, 3), (page.damage.count, page.damage.records.len()))?;
    }
    Ok(())
}

pub(super) async fn a_strict_read_that_meets_damage_is_corrupt(mut cx: Cx) -> CaseResult {
    let id = damaged(&mut cx, &[5]).await?;
    let load = LoadHistory::new(id).with_strict(true);
    let error = expect_error("load_history", "corrupt", cx.store().load_history(load).await)?;
    match error.kind() {
        ErrorKind::Corrupt { location } => expect("it is said where", !location.is_empty()),
        kind => fail("the kind", "corrupt", kind),
    }
}

pub(super) async fn damage_fails_no_strict_read_of_another_part(mut cx: Cx) -> CaseResult {
    let id = damaged(&mut cx, &[5]).await?;
    for direction in [Direction::Ascending, Direction::Descending] {
        let load = LoadHistory::new(id).with_strict(true).with_limit(3);
        let page = cx.store().load_history(load.with_direction(direction)).await?;
        expect_eq("the items", 3, page.items.len())?;
    }
    Ok(())
}

pub(super) async fn a_damaged_thread_does_not_touch_another(mut cx: Cx) -> CaseResult {
    let whole = cx.thread(10).await?;
    let id = damaged(&mut cx, &[0, 9]).await?;
    cx.expect_items(whole, 10).await?;
    let load = LoadHistory::new(whole).with_strict(true);
    expect_eq("the items", 10, cx.store().load_history(load).await?.items.len())?;
    let mut listed = cx.list_all().await?;
    listed.sort();
    expect_eq("the list", vec![whole, id], listed)
}
