//! Taking back.

use thread_store::*;

use super::searching;
use crate::case::*;
use crate::support::context::Cx;
use crate::support::records::*;
use crate::support::turns::*;
use crate::support::words::*;

/// All that is seen of this thread is what is seen of one with this history, but for the ordinals:
/// a record stands where it stands.
async fn expect_seen_as(cx: &Cx, thread_id: ThreadId, shorter: &[RolloutItem]) -> CaseResult {
    let other = cx.told(shorter.to_vec()).await?;
    let (seen, expected) = (cx.store().replay(thread_id).await?, cx.store().replay(other).await?);
    let outlines = |replay: &Replay| replay.turns.iter().map(outline).collect::<Vec<_>>();
    expect_eq("the turns", outlines(&expected), outlines(&seen))?;
    let items = |replay: &Replay| replay.clone().into_items().iter().map(said).collect::<Vec<_>>();
    expect_eq("the items", items(&expected), items(&seen))?;
    cx.expect_pages_of(thread_id, &seen).await?;
    let expected = cx.context(other).await?;
    let items: Vec<_> = expected.items.into_iter().map(|stored| stored.item).collect();
    let compaction = expected.compaction.map(|stored| stored.item);
    cx.expect_context(thread_id, compaction.as_ref(), &items).await
}

fn before(turn: &str) -> RevertTo {
    RevertTo::BeforeTurn(turn.to_owned())
}

fn to(ordinal: u64) -> RevertTo {
    RevertTo::Ordinal(Ordinal::new(ordinal))
}

/// The thread is as it was, and says so again.
async fn expect_refused(cx: &Cx, code: &str, lease: &WriterLease, to: RevertTo) -> CaseResult {
    cx.refused(code, cx.revert(lease, to)).await?;
    Ok(())
}

pub(super) async fn taking_back_to_an_ordinal_leaves_what_was_before_it(cx: Cx) -> CaseResult {
    let history = turns(1..=3);
    for at in 0..history.len() {
        let lease = cx.told_to(history.clone()).await?;
        let reverted = cx.revert(&lease, to(at as u64)).await?;
        expect_eq("from", Ordinal::new(at as u64), reverted.from)?;
        expect_eq("the marker", Ordinal::new(12), reverted.marker.ordinal)?;
        expect_seen_as(&cx, lease.thread_id, &history[..at]).await?;
        cx.append(&lease, turn("t4")).await?;
        expect_seen_as(&cx, lease.thread_id, &[&history[..at], &turn("t4")].concat()).await?;
    }
    Ok(())
}

pub(super) async fn taking_back_to_before_a_turn_leaves_the_turns_before_it(cx: Cx) -> CaseResult {
    for n in 1..=4 {
        let lease = cx.told_to(turns(1..=4)).await?;
        let reverted = cx.revert(&lease, before(&format!("t{n}"))).await?;
        expect_eq("from", Ordinal::new(4 * (n - 1)), reverted.from)?;
        let taken: Vec<_> = (n..=4).map(|n| format!("t{n}")).collect();
        expect_eq("the turns taken back", taken, reverted.turn_ids)?;
        expect_seen_as(&cx, lease.thread_id, &turns(1..=n - 1)).await?;
        cx.append(&lease, turns(5..=6)).await?;
        let expected = [turns(1..=n - 1), turns(5..=6)].concat();
        expect_seen_as(&cx, lease.thread_id, &expected).await?;
    }
    Ok(())
}

pub(super) async fn taking_back_the_last_turns_counts_those_that_stand(cx: Cx) -> CaseResult {
    let lease = cx.told_to(turns(1..=5)).await?;
    let reverted = cx.revert(&lease, RevertTo::LastTurns(2)).await?;
    expect_eq("the turns", vec!["t4".to_owned(), "t5".to_owned()], reverted.turn_ids)?;
    expect_seen_as(&cx, lease.thread_id, &turns(1..=3)).await?;
    let reverted = cx.revert(&lease, RevertTo::LastTurns(1)).await?;
    expect_eq("the turns", vec!["t3".to_owned()], reverted.turn_ids)?;
    cx.append(&lease, turn("t6")).await?;
    expect_seen_as(&cx, lease.thread_id, &[turns(1..=2), turn("t6")].concat()).await?;
    let reverted = cx.revert(&lease, RevertTo::LastTurns(2)).await?;
    expect_eq("the turns", vec!["t2".to_owned(), "t6".to_owned()], reverted.turn_ids)?;
    expect_seen_as(&cx, lease.thread_id, &turn("t1")).await
}

pub(super) async fn taking_back_more_turns_than_there_are_leaves_what_is_before_them(
    cx: Cx,
) -> CaseResult {
    let start = vec![header(&serde_json::json!({})), cx.item(0)];
    for count in [2, 3, u64::MAX] {
        let history = [start.clone(), turns(1..=2)].concat();
        let lease = cx.told_to(history.clone()).await?;
        let reverted = cx.revert(&lease, RevertTo::LastTurns(count)).await?;
        expect_eq("from", Ordinal::new(2), reverted.from)?;
        expect_seen_as(&cx, lease.thread_id, &start).await?;
        let by_codex = [history, vec![rolled_back(count)]].concat();
        expect_seen_as(&cx, cx.told(by_codex).await?, &start).await?;
    }
    Ok(())
}

pub(super) async fn taking_back_in_the_middle_of_a_turn_leaves_its_start(cx: Cx) -> CaseResult {
    let lease = cx.told_to(turns(1..=2)).await?;
    let reverted = cx.revert(&lease, to(6)).await?;
    expect_eq("the turns that begin after it", Vec::<String>::new(), reverted.turn_ids)?;
    cx.expect_turns(
        lease.thread_id,
        &["t1 completed: user ask t1, agent answer t1", "t2 inProgress: user ask t2"],
    )
    .await?;
    cx.append(&lease, vec![answers("again"), completed("t2")]).await?;
    cx.expect_turns(
        lease.thread_id,
        &["t1 completed: user ask t1, agent answer t1", "t2 completed: user ask t2, agent again"],
    )
    .await
}

pub(super) async fn taking_back_again_takes_more(cx: Cx) -> CaseResult {
    let history = turns(1..=4);
    let lease = cx.told_to(history.clone()).await?;
    for at in [13, 12, 9, 8, 5, 1, 0] {
        cx.revert(&lease, to(at)).await?;
        expect_seen_as(&cx, lease.thread_id, &history[..at as usize]).await?;
    }
    Ok(())
}

pub(super) async fn going_back_to_before_a_marker_brings_back_what_it_took(cx: Cx) -> CaseResult {
    let lease = cx.told_to(turns(1..=3)).await?;
    cx.revert(&lease, before("t2")).await?;
    cx.append(&lease, turn("t4")).await?;
    let reverted = cx.revert(&lease, to(12)).await?;
    expect_eq("the turns taken back", vec!["t4".to_owned()], reverted.turn_ids)?;
    expect_seen_as(&cx, lease.thread_id, &turns(1..=3)).await?;
    cx.append(&lease, turn("t5")).await?;
    expect_seen_as(&cx, lease.thread_id, &[turns(1..=3), turn("t5")].concat()).await?;
    cx.revert(&lease, to(17)).await?;
    expect_seen_as(&cx, lease.thread_id, &[turn("t1"), turn("t4")].concat()).await
}

pub(super) async fn a_turn_that_was_brought_back_can_be_taken_back_again(cx: Cx) -> CaseResult {
    let lease = cx.told_to(turns(1..=3)).await?;
    cx.revert(&lease, before("t2")).await?;
    expect_refused(&cx, "invalid_request", &lease, before("t3")).await?;
    cx.revert(&lease, to(12)).await?;
    let reverted = cx.revert(&lease, before("t3")).await?;
    expect_eq("from", Ordinal::new(8), reverted.from)?;
    expect_seen_as(&cx, lease.thread_id, &turns(1..=2)).await
}

pub(super) async fn what_codex_took_back_is_taken_back(cx: Cx) -> CaseResult {
    for count in 0..=4 {
        let lease = cx.told_to([turns(1..=3), vec![rolled_back(count)]].concat()).await?;
        let left = turns(1..=3u64.saturating_sub(count));
        expect_seen_as(&cx, lease.thread_id, &left).await?;
        cx.append(&lease, turn("t4")).await?;
        expect_seen_as(&cx, lease.thread_id, &[left, turn("t4")].concat()).await?;
    }
    let twice = [turns(1..=3), vec![rolled_back(1)], turn("t4"), vec![rolled_back(2)]].concat();
    expect_seen_as(&cx, cx.told(twice).await?, &turn("t1")).await?;
    let nested = [turns(1..=3), vec![rolled_back(1), rolled_back(1)], turn("t4")].concat();
    expect_seen_as(&cx, cx.told(nested).await?, &[turn("t1"), turn("t4")].concat()).await
}

pub(super) async fn turns_without_records_are_taken_back_alike(cx: Cx) -> CaseResult {
    let messages = |n: u64| vec![asks(&format!("ask {n}")), answers(&format!("answer {n}"))];
    let history: Vec<_> = (1..=4).flat_map(messages).collect();
    let lease = cx.told_to(history.clone()).await?;
    cx.append(&lease, vec![rolled_back(1)]).await?;
    expect_seen_as(&cx, lease.thread_id, &history[..6]).await?;
    let reverted = cx.revert(&lease, RevertTo::LastTurns(2)).await?;
    expect_eq(
        "the turns",
        vec!["rollout-2".to_owned(), "rollout-4".to_owned()],
        reverted.turn_ids,
    )?;
    expect_seen_as(&cx, lease.thread_id, &history[..2]).await?;
    cx.append(&lease, turn("t5")).await?;
    expect_seen_as(&cx, lease.thread_id, &[history[..2].to_vec(), turn("t5")].concat()).await
}

pub(super) async fn a_turn_that_no_start_records_is_taken_back_alone(cx: Cx) -> CaseResult {
    let between = vec![asks("between"), answers("turns")];
    let history = [turns(1..=2), between].concat();
    let lease = cx.told_to([history.clone(), vec![rolled_back(1)]].concat()).await?;
    expect_seen_as(&cx, lease.thread_id, &turns(1..=2)).await?;
    let lease = cx.told_to(history).await?;
    let reverted = cx.revert(&lease, RevertTo::LastTurns(1)).await?;
    expect_eq("the turns", vec!["rollout-8".to_owned()], reverted.turn_ids)?;
    expect_seen_as(&cx, lease.thread_id, &turns(1..=2)).await
}

pub(super) async fn a_message_after_a_marker_goes_where_it_would_without(cx: Cx) -> CaseResult {
    let start = vec![asks("x"), started("a"), asks("y"), answers("z")];
    let lease = cx.told_to(start.clone()).await?;
    cx.revert(&lease, to(2)).await?;
    cx.append(&lease, vec![asks("u"), completed("a")]).await?;
    let shorter = [&start[..2], &[asks("u"), completed("a")]].concat();
    expect_seen_as(&cx, lease.thread_id, &shorter).await
}

pub(super) async fn late_items_of_turns_that_stand_are_taken_back_too(cx: Cx) -> CaseResult {
    let history = vec![
        paginated(),
        started("a"),
        asks_in("a", "i1", "x"),
        completed("a"),
        started("b"),
        answers_in("a", "i2", "late"),
        completed("b"),
    ];
    let lease = cx.told_to(history.clone()).await?;
    cx.revert(&lease, before("b")).await?;
    expect_seen_as(&cx, lease.thread_id, &history[..4]).await?;
    cx.expect_turns(lease.thread_id, &["a completed: user x"]).await
}

pub(super) async fn taking_back_appends_one_record_and_changes_none(cx: Cx) -> CaseResult {
    let history = turns(1..=3);
    let lease = cx.told_to(history.clone()).await?;
    let reverted = cx.revert(&lease, before("t2")).await?;
    cx.expect_history(lease.thread_id, &[history, vec![reverted.marker.item.clone()]].concat())
        .await?;
    let Record::Event(kind, event) = reverted.marker.item.record() else {
        return fail("the marker", "an event", reverted.marker.item.text());
    };
    expect_eq("its kind", "thread_rolled_back", kind.as_str())?;
    expect_eq("as Codex reads it", Some(2), event.parse::<u64>("num_turns"))
}

pub(super) async fn taking_back_changes_no_metadata(cx: Cx) -> CaseResult {
    let create =
        cx.create().with_items(turns(1..=3)).with_metadata(named("n").preview("p".to_owned()));
    let lease = cx.leased_by(create.with_lease(cx.holder())).await?;
    let mut expected = cx.read(lease.thread_id).await?;
    cx.revert(&lease, before("t2")).await?;
    expected.next_ordinal = Ordinal::new(13);
    expect_eq("the thread", expected, cx.read(lease.thread_id).await?)
}

pub(super) async fn an_archived_thread_is_taken_back_by_who_holds_it(cx: Cx) -> CaseResult {
    let id = cx.told(turns(1..=2)).await?;
    cx.store().archive_thread(id).await?;
    let lease = cx.resume(id).await?;
    cx.revert(&lease, before("t2")).await?;
    expect_seen_as(&cx, id, &turn("t1")).await?;
    expect("it stays archived", cx.read(id).await?.is_archived())
}

pub(super) async fn taking_back_to_what_is_not_there_is_refused(cx: Cx) -> CaseResult {
    let lease = cx.told_to(turns(1..=3)).await?;
    let wrong = [to(12), to(13), to(u64::MAX), before("t4"), before(""), RevertTo::LastTurns(0)];
    for to in wrong {
        expect_refused(&cx, "invalid_request", &lease, to).await?;
    }
    let result = cx.revert(&lease, before("t4")).await;
    let error = expect_error("an unknown turn", "invalid_request", result)?;
    expect_eq("the operation", Some(Operation::RevertThread), error.operation())?;
    expect_eq("the thread", Some(lease.thread_id), error.thread_id())?;
    match error.kind() {
        ErrorKind::InvalidRequest { field, .. } => expect_eq("the field", "to", field.as_ref()),
        kind => fail("the kind", "invalid request", kind),
    }
}

pub(super) async fn a_lease_is_checked_before_where_to_take_back(cx: Cx) -> CaseResult {
    let old = cx.told_to(turns(1..=2)).await?;
    let new = cx.resume(old.thread_id).await?;
    for to in [before("t2"), before("nowhere"), to(100), RevertTo::LastTurns(0)] {
        cx.conflicts(fenced_by(&old, &new, 8), cx.revert(&old, to)).await?;
    }
    cx.store().discard_thread(new.clone()).await?;
    for to in [before("t2"), before("nowhere"), to(100), RevertTo::LastTurns(0)] {
        cx.conflicts(closed(&new, 8), cx.revert(&new, to)).await?;
    }
    cx.expect_history(old.thread_id, &turns(1..=2)).await
}

pub(super) async fn a_lease_on_a_deleted_thread_takes_nothing_back(cx: Cx) -> CaseResult {
    cx.needs_delete()?;
    let lease = cx.told_to(turns(1..=2)).await?;
    cx.delete(lease.thread_id).await?;
    for to in [before("t2"), before("nowhere"), to(100), RevertTo::LastTurns(0)] {
        let result = cx.revert(&lease, to).await;
        let error = expect_error("revert_thread", "not_found", result)?;
        expect_eq("the thread", Some(lease.thread_id), error.thread_id())?;
    }
    Ok(())
}

pub(super) async fn taking_back_from_another_end_is_a_conflict(cx: Cx) -> CaseResult {
    let lease = cx.told_to(turns(1..=3)).await?;
    for expected in [0, 7, 11, 13, 100] {
        let revert = RevertThread::new(lease.clone(), RevertTo::Ordinal(Ordinal::ZERO))
            .with_at(cx.time(0))
            .with_expected_ordinal(Ordinal::new(expected));
        let conflict =
            Conflict::Ordinal { expected: Ordinal::new(expected), actual: Ordinal::new(12) };
        cx.conflicts(conflict, cx.store().revert_thread(revert)).await?;
    }
    let revert =
        RevertThread::new(lease.clone(), before("t3")).with_expected_ordinal(Ordinal::new(12));
    cx.store().revert_thread(revert).await?;
    expect_seen_as(&cx, lease.thread_id, &turns(1..=2)).await
}

pub(super) async fn taking_back_once_more_in_the_same_words_answers_the_same(cx: Cx) -> CaseResult {
    for target in [to(5), before("t2"), RevertTo::LastTurns(1), RevertTo::LastTurns(9)] {
        let lease = cx.told_to(turns(1..=3)).await?;
        let revert = RevertThread::new(lease.clone(), target)
            .with_at(cx.time(7))
            .with_expected_ordinal(Ordinal::new(12));
        let first = cx.store().revert_thread(revert.clone()).await?;
        let again = cx.store().revert_thread(revert.clone()).await?;
        let told = |it: &RevertedThread| (it.from, it.turn_ids.clone(), it.marker.clone());
        expect_eq("the answer", told(&first), told(&again))?;
        cx.expect_history(
            lease.thread_id,
            &[turns(1..=3), vec![first.marker.item.clone()]].concat(),
        )
        .await?;
        cx.append(&lease, turn("t4")).await?;
        let later = cx.store().revert_thread(revert).await?;
        expect_eq("after an append", told(&first), told(&later))?;
        expect_eq("the end", 17, cx.read(lease.thread_id).await?.next_ordinal.get())?;
    }
    Ok(())
}

pub(super) async fn without_an_expected_end_taking_back_again_takes_more(cx: Cx) -> CaseResult {
    let lease = cx.told_to(turns(1..=3)).await?;
    for left in [2, 1] {
        cx.revert(&lease, RevertTo::LastTurns(1)).await?;
        expect_seen_as(&cx, lease.thread_id, &turns(1..=left)).await?;
    }
    expect_eq("the end", 14, cx.read(lease.thread_id).await?.next_ordinal.get())
}

pub(super) async fn a_fork_sees_what_its_source_saw_there(cx: Cx) -> CaseResult {
    let lease = cx.told_to(turns(1..=3)).await?;
    cx.revert(&lease, before("t2")).await?;
    cx.append(&lease, turn("t4")).await?;
    let fork = cx.store().fork_thread(ForkThread::new(lease.thread_id, cx.id())).await?.thread;
    expect_seen_as(&cx, fork.thread_id, &[turn("t1"), turn("t4")].concat()).await?;
    let fork = cx.fork_at(lease.thread_id, 12).await?.thread;
    expect_seen_as(&cx, fork.thread_id, &turns(1..=3)).await?;
    let fork = cx.resume(fork.thread_id).await?;
    cx.revert(&fork, before("t2")).await?;
    expect_seen_as(&cx, fork.thread_id, &turn("t1")).await
}

pub(super) async fn what_was_taken_back_stays_so_after_reopening(mut cx: Cx) -> CaseResult {
    let lease = cx.told_to(turns(1..=3)).await?;
    cx.revert(&lease, before("t2")).await?;
    cx.store().flush_thread(lease.clone()).await?;
    cx.reopen().await?;
    expect_seen_as(&cx, lease.thread_id, &turn("t1")).await
}

pub(super) async fn a_long_end_is_taken_back_whole(cx: Cx) -> CaseResult {
    let lease = cx.told_to([turns(1..=2), turns(3..=1000)].concat()).await?;
    let reverted = cx.revert(&lease, before("t3")).await?;
    expect_eq("the number of turns", 998, reverted.turn_ids.len())?;
    expect_seen_as(&cx, lease.thread_id, &turns(1..=2)).await
}

/// Three turns of which the last two are taken back, then these records damaged: the rest of the
/// first turn is left, to every reader.
async fn expect_first_left(cx: &mut Cx, damaged: &[u64]) -> CaseResult {
    let lease = cx.told_to(turns(1..=3)).await?;
    cx.revert(&lease, before("t2")).await?;
    damage_all(cx, lease.thread_id, damaged).await?;
    expect_left(cx, lease.thread_id, &without(&turn("t1"), damaged)).await
}

/// Damages records by where they stood before any of them was.
async fn damage_all(cx: &mut Cx, thread_id: ThreadId, damaged: &[u64]) -> CaseResult {
    for ordinal in damaged {
        cx.damage(thread_id, *ordinal).await?;
    }
    Ok(())
}

fn without(items: &[RolloutItem], damaged: &[u64]) -> Vec<RolloutItem> {
    let all = (0..).zip(items.iter().cloned());
    all.filter(|(at, _)| !damaged.contains(at)).map(|(_, item)| item).collect()
}

/// All that is seen of this thread, and found in it, is what is of one with this history.
async fn expect_left(cx: &Cx, thread_id: ThreadId, left: &[RolloutItem]) -> CaseResult {
    expect_seen_as(cx, thread_id, left).await?;
    if cx.capabilities().search == Search::None {
        return Ok(());
    }
    let said: Vec<_> = left.iter().map(|item| item.text().into_owned()).collect();
    for text in (1..=5).flat_map(|n| [format!("ask t{n}"), format!("answer t{n}")]) {
        let is_left = said.iter().any(|said| said.contains(&format!("\"{text}\"")));
        let found = searching::found(cx, &text).await?.contains(&thread_id);
        expect_eq(&format!("{text:?} is found"), is_left, found)?;
    }
    Ok(())
}

pub(super) async fn a_damaged_record_does_not_shift_what_is_taken_back(mut cx: Cx) -> CaseResult {
    // The first of what is taken back, the last, what is between, and what is in front.
    for damaged in [4, 11, 9, 3, 2, 1] {
        expect_first_left(&mut cx, &[damaged]).await?;
    }
    Ok(())
}

pub(super) async fn several_damaged_records_do_not_shift_what_is_taken_back(
    mut cx: Cx,
) -> CaseResult {
    for damaged in [[4, 5], [10, 11], [6, 9], [3, 4], [2, 11], [2, 3]] {
        expect_first_left(&mut cx, &damaged).await?;
    }
    expect_first_left(&mut cx, &[4, 5, 6, 7, 8, 9, 10, 11]).await
}

pub(super) async fn what_is_taken_back_is_the_same_with_what_was_damaged_before(
    mut cx: Cx,
) -> CaseResult {
    // In what is taken back, in what is left, or one in each. The start of the turn is needed.
    for (earlier, later) in [(6, 9), (9, 6), (11, 4), (2, 8), (7, 3), (3, 4), (1, 2), (11, 10)] {
        let id = cx.told(turns(1..=3)).await?;
        cx.damage(id, earlier).await?;
        let lease = cx.resume(id).await?;
        cx.revert(&lease, before("t2")).await?;
        expect_left(&cx, id, &without(&turn("t1"), &[earlier])).await?;
        cx.damage(id, later).await?;
        expect_left(&cx, id, &without(&turn("t1"), &[earlier, later])).await?;
        let lease = cx.resume(id).await?;
        cx.append(&lease, turn("t4")).await?;
        let left = [without(&turn("t1"), &[earlier, later]), turn("t4")].concat();
        expect_left(&cx, id, &left).await?;
    }
    Ok(())
}

pub(super) async fn what_a_marker_brought_back_is_the_same_after_damage(mut cx: Cx) -> CaseResult {
    // In what is brought back, in the marker that is taken back, in what is taken back, in each.
    for damaged in [&[9][..], &[12], &[14], &[12, 13], &[5, 14], &[6, 9, 12, 15]] {
        let lease = cx.told_to(turns(1..=3)).await?;
        cx.revert(&lease, before("t2")).await?;
        cx.append(&lease, turn("t4")).await?;
        cx.revert(&lease, to(12)).await?;
        cx.append(&lease, turn("t5")).await?;
        damage_all(&mut cx, lease.thread_id, damaged).await?;
        let left = [without(&turns(1..=3), damaged), turn("t5")].concat();
        expect_left(&cx, lease.thread_id, &left).await?;
    }
    Ok(())
}

pub(super) async fn a_long_end_is_taken_back_whole_after_damage(mut cx: Cx) -> CaseResult {
    let lease = cx.told_to([turns(1..=2), turns(3..=1000)].concat()).await?;
    cx.revert(&lease, before("t3")).await?;
    cx.append(&lease, turn("t1001")).await?;
    damage_all(&mut cx, lease.thread_id, &[9, 2000, 3998]).await?;
    expect_seen_as(&cx, lease.thread_id, &[turns(1..=2), turn("t1001")].concat()).await
}

pub(super) async fn more_damage_than_is_described_does_not_shift_what_is_taken_back(
    mut cx: Cx,
) -> CaseResult {
    let lease = cx.told_to(turns(1..=40)).await?;
    cx.revert(&lease, before("t2")).await?;
    let many = 8..8 + DamageReport::MAX_RECORDS as u64 + 10;
    damage_all(&mut cx, lease.thread_id, &many.collect::<Vec<_>>()).await?;
    expect_seen_as(&cx, lease.thread_id, &turn("t1")).await
}
