//! Who passes when, and what is left behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use futures::executor::block_on;
use futures::future::FutureExt as _;
use tokio::task::yield_now;

use super::{Gate, Gates, lock};
use crate::id::ThreadId;

fn id(n: u8) -> ThreadId {
    ThreadId::from_bytes([n; 16])
}

fn left_behind(gates: &Gates) -> usize {
    lock(&gates.0).len()
}

/// The gate, if nobody is in the way. Else the wait is given up at once.
fn try_pass(gates: &Gates, n: u8) -> Option<Gate> {
    gates.pass(id(n)).now_or_never()
}

#[test]
fn one_at_a_time_passes_the_gate_of_a_thread() {
    let gates = Gates::default();
    let first = try_pass(&gates, 1).unwrap();
    let mut second = Box::pin(gates.pass(id(1)));
    assert!((&mut second).now_or_never().is_none());
    drop(first);
    assert!((&mut second).now_or_never().is_some());
}

#[test]
fn gates_of_different_threads_do_not_wait_for_each_other() {
    let gates = Gates::default();
    let _first = try_pass(&gates, 1).unwrap();
    assert!(try_pass(&gates, 2).is_some());
}

#[test]
fn who_asked_first_passes_first() {
    let gates = Gates::default();
    let first = try_pass(&gates, 1).unwrap();
    let mut second = Box::pin(gates.pass(id(1)));
    assert!((&mut second).now_or_never().is_none());
    let mut third = Box::pin(gates.pass(id(1)));
    assert!((&mut third).now_or_never().is_none());
    drop(first);
    assert!((&mut third).now_or_never().is_none());
    let second = second.now_or_never().unwrap();
    assert!((&mut third).now_or_never().is_none());
    drop(second);
    assert!(third.now_or_never().is_some());
}

#[test]
fn a_gate_is_forgotten_when_nobody_is_in_it_or_before_it() {
    let gates = Gates::default();
    let first = try_pass(&gates, 1).unwrap();
    let mut second = Box::pin(gates.pass(id(1)));
    assert!((&mut second).now_or_never().is_none());
    drop(first);
    assert_eq!(left_behind(&gates), 1);
    drop(second.now_or_never().unwrap());
    assert_eq!(left_behind(&gates), 0);
}

#[test]
fn a_future_that_was_never_polled_leaves_nothing_behind() {
    let gates = Gates::default();
    drop(gates.pass(id(1)));
    assert_eq!(left_behind(&gates), 0);
}

#[test]
fn who_gives_up_waiting_is_in_nobodys_way() {
    let gates = Gates::default();
    let first = try_pass(&gates, 1).unwrap();
    assert!(try_pass(&gates, 1).is_none());
    drop(first);
    assert_eq!(left_behind(&gates), 0);
    assert!(try_pass(&gates, 1).is_some());
}

#[test]
fn who_gives_up_when_it_is_their_turn_lets_the_next_one_in() {
    let gates = Gates::default();
    let first = try_pass(&gates, 1).unwrap();
    let mut second = Box::pin(gates.pass(id(1)));
    let mut third = Box::pin(gates.pass(id(1)));
    assert!((&mut second).now_or_never().is_none() && (&mut third).now_or_never().is_none());
    drop(first);
    drop(second);
    drop(third.now_or_never().unwrap());
    assert_eq!(left_behind(&gates), 0);
}

#[test]
fn a_gate_outlives_the_gates() {
    let gates = Gates::default();
    let gate = try_pass(&gates, 1).unwrap();
    drop(gates);
    drop(gate);
}

#[tokio::test]
async fn tasks_that_are_aborted_anywhere_leave_nothing_behind() {
    let gates = Arc::new(Gates::default());
    let inside = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..200_u8)
        .map(|n| {
            let (gates, inside) = (Arc::clone(&gates), Arc::clone(&inside));
            tokio::spawn(async move {
                let _gate = gates.pass(id(n % 2)).await;
                inside.fetch_add(1, Ordering::Relaxed);
                for _ in 0..n % 3 {
                    yield_now().await;
                }
            })
        })
        .collect();
    for (n, task) in tasks.into_iter().enumerate() {
        match n % 3 {
            0 => task.abort(),
            1 => yield_now().await,
            _ => {}
        }
        let _ = task.await;
    }
    assert!(inside.load(Ordering::Relaxed) >= 100);
    assert_eq!(left_behind(&gates), 0);
}

#[test]
fn many_threads_never_meet_in_a_gate() {
    const THREADS: u8 = 4;
    const ROUNDS: usize = 500;
    let gates = Gates::default();
    let inside = [AtomicUsize::new(0), AtomicUsize::new(0)];
    let through = AtomicUsize::new(0);
    thread::scope(|scope| {
        for n in 0..THREADS {
            let (gates, through, inside) = (&gates, &through, &inside[usize::from(n % 2)]);
            scope.spawn(move || {
                for _ in 0..ROUNDS {
                    let gate = block_on(gates.pass(id(n % 2)));
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                    thread::yield_now();
                    inside.fetch_sub(1, Ordering::SeqCst);
                    through.fetch_add(1, Ordering::SeqCst);
                    drop(gate);
                }
            });
        }
    });
    assert_eq!(through.into_inner(), usize::from(THREADS) * ROUNDS);
    assert_eq!(left_behind(&gates), 0);
}
