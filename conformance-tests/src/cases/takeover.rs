//! Newer leases and older ones.

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::tasks::{at_once, ended};
use crate::support::words::*;

pub(super) async fn a_newer_lease_fences_every_older_one(cx: Cx) -> CaseResult {
    let old = cx.leased(2).await?;
    let newer = Holder::new("the newer one").with_host("elsewhere").with_process(9);
    let resumed = cx.store().resume_thread(ResumeThread::new(old.thread_id, newer.clone())).await?;
    let expected = Conflict::Fenced {
        epoch: old.epoch,
        current: resumed.lease.epoch,
        holder: Some(newer),
        next_ordinal: Ordinal::new(2),
    };
    expect_conflict("append", &expected, cx.append(&old, cx.items(2..3)).await)?;
    cx.expect_items(old.thread_id, 2).await
}

pub(super) async fn every_use_of_a_fenced_lease_says_so(cx: Cx) -> CaseResult {
    let old = cx.leased(1).await?;
    let new = cx.resume(old.thread_id).await?;
    cx.append(&new, cx.items(1..4)).await?;
    let fenced = fenced_by(&old, &new, 4);
    expect_conflict("append", &fenced, cx.append(&old, cx.items(4..5)).await)?;
    expect_conflict("append of nothing", &fenced, cx.append(&old, vec![]).await)?;
    expect_conflict("flush", &fenced, cx.store().flush_thread(old.clone()).await)?;
    expect_conflict("shutdown", &fenced, cx.store().shutdown_thread(old.clone()).await)?;
    cx.expect_items(old.thread_id, 4).await
}

pub(super) async fn fenced_comes_before_the_ordinal_and_before_items_that_stand(
    cx: Cx,
) -> CaseResult {
    let old = cx.leased(2).await?;
    let new = cx.resume(old.thread_id).await?;
    let fenced = fenced_by(&old, &new, 2);
    expect_conflict("beyond the end", &fenced, cx.append_at(&old, 9, cx.items(2..3)).await)?;
    expect_conflict("items that stand", &fenced, cx.append_at(&old, 0, cx.items(0..2)).await)?;
    expect_conflict("other items", &fenced, cx.append_at(&old, 0, cx.items(5..6)).await)
}

pub(super) async fn epochs_only_grow(cx: Cx) -> CaseResult {
    let mut last = cx.leased(1).await?;
    for round in 0..12 {
        match round % 3 {
            0 => cx.store().shutdown_thread(last.clone()).await?,
            1 => cx.store().discard_thread(last.clone()).await?,
            _ => {}
        }
        let next = cx.resume(last.thread_id).await?;
        expect("the epoch is larger", next.epoch > last.epoch)?;
        last = next;
    }
    Ok(())
}

pub(super) async fn of_several_leases_only_the_last_works(cx: Cx) -> CaseResult {
    let first = cx.leased(0).await?;
    let id = first.thread_id;
    let (second, third) = (cx.resume(id).await?, cx.resume(id).await?);
    for old in [&first, &second] {
        expect_conflict(
            "append",
            &fenced_by(old, &third, 0),
            cx.append(old, cx.items(0..1)).await,
        )?;
    }
    cx.append(&third, cx.items(0..1)).await?;
    cx.expect_items(id, 1).await
}

pub(super) async fn taking_over_through_another_handle_fences_here(cx: Cx) -> CaseResult {
    let (old, other) = (cx.leased(1).await?, cx.open().await?);
    cx.append(&old, cx.items(1..2)).await?;
    let resume = ResumeThread::new(old.thread_id, Holder::new("the other handle"));
    let new = other.resume_thread(resume).await?.lease;
    expect_conflict("append", &fenced_by(&old, &new, 2), cx.append(&old, cx.items(2..3)).await)?;
    other.append_items(AppendItems::new(new, cx.items(2..3))).await?;
    cx.expect_items(old.thread_id, 3).await
}

pub(super) async fn a_lease_taken_back_fences_the_taker(cx: Cx) -> CaseResult {
    let (first, other) = (cx.leased(0).await?, cx.open().await?);
    let resume = ResumeThread::new(first.thread_id, Holder::new("the other handle"));
    let taker = other.resume_thread(resume).await?.lease;
    let back = cx.resume(first.thread_id).await?;
    let append = AppendItems::new(taker.clone(), cx.items(0..1));
    expect_conflict("append", &fenced_by(&taker, &back, 0), other.append_items(append).await)?;
    cx.append(&back, cx.items(0..1)).await?;
    cx.expect_items(first.thread_id, 1).await
}

pub(super) async fn no_epoch_comes_twice_after_delete_and_create(cx: Cx) -> CaseResult {
    cx.needs_delete()?;
    let old = cx.leased(1).await?;
    let last = cx.resume(old.thread_id).await?;
    cx.delete(old.thread_id).await?;
    let again = CreateThread::new(old.thread_id).with_lease(cx.holder());
    let new = expect_some("a lease", cx.store().create_thread(again).await?.lease)?;
    expect("the epoch is larger", new.epoch > last.epoch)?;
    for lease in [&old, &last] {
        let result = cx.append(lease, cx.items(0..1)).await;
        expect_conflict("append", &fenced_by(lease, &new, 0), result)?;
    }
    cx.expect_items(old.thread_id, 0).await
}

pub(super) async fn an_old_lease_does_not_fit_an_id_that_was_created_again(cx: Cx) -> CaseResult {
    cx.needs_delete()?;
    let old = cx.leased(1).await?;
    cx.delete(old.thread_id).await?;
    cx.make(CreateThread::new(old.thread_id)).await?;
    expect_error("append", "conflict.fenced", cx.append(&old, cx.items(0..1)).await)?;
    expect_error("flush", "conflict.fenced", cx.store().flush_thread(old.clone()).await)?;
    let new = cx.resume(old.thread_id).await?;
    expect("the epoch is larger", new.epoch > old.epoch)?;
    cx.expect_items(old.thread_id, 0).await
}

/// Whatever the old lease has appended when the takeover returns is all that it ever will.
pub(super) async fn nothing_of_an_old_lease_lands_after_a_takeover(cx: Cx) -> CaseResult {
    let old = cx.leased(0).await?;
    let id = old.thread_id;
    let tasks: Vec<_> = (0..100).map(|n| cx.append_task(&old, cx.items(n..n + 1))).collect();
    let appends = tokio::spawn(at_once(tasks));
    let new = cx.resume(id).await?;
    let at_takeover = cx.texts(id).await?;
    expect_eq("its next ordinal", at_takeover.len() as u64, new.next_ordinal.get())?;
    let mut landed = vec![None; at_takeover.len()];
    for (n, receipt) in ended(appends).await??.into_iter().enumerate() {
        match receipt {
            Ok(receipt) => match landed.get_mut(receipt.first.get() as usize) {
                Some(place) => *place = Some(cx.item(n as u64).text().into_owned()),
                None => return fail("a receipt", "an ordinal before the takeover", receipt),
            },
            Err(error) => expect_eq("the error", "conflict.fenced", error.code())?,
        }
    }
    let landed: Vec<_> = landed.into_iter().flatten().collect();
    expect_eq("the receipts", &at_takeover, &landed)?;
    expect_eq("the history later", at_takeover, cx.texts(id).await?)
}

pub(super) async fn of_many_who_take_over_at_once_one_has_the_thread(cx: Cx) -> CaseResult {
    let (id, other) = (cx.thread(0).await?, cx.open().await?);
    let resume = |n: usize| {
        let store = if n.is_multiple_of(2) { cx.shared() } else { other.clone() };
        let resume = ResumeThread::new(id, Holder::new(format!("taker {n}")));
        async move { store.resume_thread(resume).await }
    };
    let mut leases = Vec::new();
    for resumed in at_once((0..20).map(resume).collect::<Vec<_>>()).await? {
        leases.push(resumed?.lease);
    }
    leases.sort_by_key(|lease| lease.epoch);
    expect("no epoch twice", leases.windows(2).all(|pair| pair[0].epoch < pair[1].epoch))?;
    let last = expect_some("a last lease", leases.pop())?;
    for lease in &leases {
        let result = cx.append(lease, cx.items(0..1)).await;
        expect_conflict("append", &fenced_by(lease, &last, 0), result)?;
    }
    cx.append(&last, cx.items(0..1)).await?;
    cx.expect_items(id, 1).await
}

pub(super) async fn a_held_thread_is_refused_with_its_holder(cx: Cx) -> CaseResult {
    for holder in [
        Holder::new("agent").with_host("box").with_process(7).with_incarnation("x"),
        Holder::new(""),
        Holder::new("größe \"проект\"\n'; --"),
    ] {
        let create = cx.create().with_lease(holder.clone());
        let lease = expect_some("a lease", cx.store().create_thread(create).await?.lease)?;
        let error = expect_error(
            "resume_thread",
            "conflict.held",
            cx.resume_if_free(lease.thread_id).await,
        )?;
        expect_eq(
            "the conflict",
            Some(&Conflict::Held { holder: Some(holder) }),
            error.as_conflict(),
        )?;
    }
    Ok(())
}

pub(super) async fn a_refusal_changes_nothing(cx: Cx) -> CaseResult {
    let lease = cx.leased(1).await?;
    for _ in 0..3 {
        expect_error("resume_thread", "conflict.held", cx.resume_if_free(lease.thread_id).await)?;
    }
    cx.append(&lease, cx.items(1..2)).await?;
    cx.store().flush_thread(lease.clone()).await?;
    cx.expect_items(lease.thread_id, 2).await
}

pub(super) async fn a_released_thread_is_refused_to_nobody(cx: Cx) -> CaseResult {
    let first = cx.leased(1).await?;
    cx.store().shutdown_thread(first.clone()).await?;
    let second = cx.resume_if_free(first.thread_id).await?;
    cx.store().discard_thread(second.clone()).await?;
    let third = cx.resume_if_free(first.thread_id).await?;
    expect("epochs grow", first.epoch < second.epoch && second.epoch < third.epoch)?;
    cx.append(&third, cx.items(1..2)).await?;
    cx.expect_items(first.thread_id, 2).await
}

pub(super) async fn taking_over_wins_though_the_holder_was_granted_a_free_thread(
    cx: Cx,
) -> CaseResult {
    let id = cx.thread(0).await?;
    let polite = cx.resume_if_free(id).await?;
    let taker = cx.resume(id).await?;
    let result = cx.append(&polite, cx.items(0..1)).await;
    expect_conflict("append", &fenced_by(&polite, &taker, 0), result)?;
    cx.append(&taker, cx.items(0..1)).await?;
    expect_error("resume_thread", "conflict.held", cx.resume_if_free(id).await)?;
    Ok(())
}

pub(super) async fn of_many_who_do_not_take_over_one_gets_the_thread(cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    let resume = |n: usize| {
        let holder = Holder::new(format!("asker {n}"));
        let resume = ResumeThread::new(id, holder).with_if_held(IfHeld::Refuse);
        let store = cx.shared();
        async move { store.resume_thread(resume).await }
    };
    let answers = at_once((0..20).map(resume).collect::<Vec<_>>()).await?;
    let (granted, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    expect_eq("how many were granted it", 1, granted.len())?;
    for answer in refused {
        expect_error("resume_thread", "conflict.held", answer)?;
    }
    Ok(())
}

pub(super) async fn fencing_one_thread_fences_no_other(cx: Cx) -> CaseResult {
    let (kept, taken) = (cx.leased(0).await?, cx.leased(0).await?);
    for _ in 0..5 {
        cx.resume(taken.thread_id).await?;
    }
    cx.append(&kept, cx.items(0..1)).await?;
    cx.expect_items(kept.thread_id, 1).await
}
