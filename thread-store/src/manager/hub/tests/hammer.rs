//! Many send and read at once.

use std::thread;

use futures::executor::block_on;

use super::{Subscriber, ThreadEvent, event, follower, hub, id};

/// Reads to the end: the events in order, and how many were missed.
fn read_to_end(mut subscriber: Subscriber) -> (Vec<ThreadEvent>, u64) {
    block_on(async {
        let (mut events, mut left_out) = (Vec::new(), 0);
        while let Some(event) = subscriber.next().await {
            match event {
                ThreadEvent::Missed { count, .. } => left_out += count,
                event => events.push(event),
            }
        }
        (events, left_out)
    })
}

fn numbers_of(events: &[ThreadEvent], thread: u8) -> Vec<u64> {
    let number = |event: &ThreadEvent| match event {
        ThreadEvent::Reverted { thread_id, from, .. } if *thread_id == id(thread) => {
            Some(from.get())
        }
        _ => None,
    };
    events.iter().filter_map(number).collect()
}

#[test]
fn no_event_is_lost_and_no_reader_sleeps_on_while_many_send() {
    const SENDERS: u8 = 3;
    const EACH: u64 = 2000;
    for capacity in [1, 7, usize::MAX] {
        let hub = hub(capacity);
        let readers = [(); 3].map(|()| follower(&hub, &[0, 1, 2]));
        thread::scope(|scope| {
            let readers = readers.map(|it| scope.spawn(move || read_to_end(it)));
            let hub = &hub;
            let senders: Vec<_> = (0..SENDERS)
                .map(|n| scope.spawn(move || (0..EACH).for_each(|it| hub.send(event(n, it)))))
                .collect();
            senders.into_iter().for_each(|sender| sender.join().unwrap());
            hub.close();
            for reader in readers {
                let (events, left_out) = reader.join().unwrap();
                assert_eq!(events.len() as u64 + left_out, u64::from(SENDERS) * EACH);
                assert!((0..SENDERS).all(|n| numbers_of(&events, n).is_sorted()));
            }
        });
    }
}

#[test]
fn every_event_wakes_a_reader_that_waits_for_it() {
    const ROUNDS: u64 = 2000;
    let hub = hub(1);
    let (mut ping, mut pong) = (follower(&hub, &[1]), follower(&hub, &[2]));
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..ROUNDS {
                assert_eq!(block_on(ping.next()), Some(event(1, number)));
                hub.send(event(2, number));
            }
        });
        for number in 0..ROUNDS {
            hub.send(event(1, number));
            assert_eq!(block_on(pong.next()), Some(event(2, number)));
        }
    });
}
