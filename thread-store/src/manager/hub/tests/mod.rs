//! Who hears what, when, and what happens when nobody does.

mod hammer;
mod model;

use std::sync::{Arc, Mutex};
use std::thread;

use futures::executor::block_on;
use futures::future::FutureExt as _;
use futures::stream::StreamExt as _;

use super::{Hub, Subscriber};
use crate::id::ThreadId;
use crate::manager::events::{ClosedReason, MissedThreads, ThreadEvent};
use crate::ordinal::Ordinal;

pub(super) fn id(thread: u8) -> ThreadId {
    ThreadId::from_bytes([thread; 16])
}

/// An event of this thread that is told from others by its number.
pub(super) fn event(thread: u8, number: u64) -> ThreadEvent {
    let (thread_id, from) = (id(thread), Ordinal::new(number));
    ThreadEvent::Reverted { thread_id, from, turn_ids: Vec::new() }
}

fn missed(count: u64, threads: &[u8]) -> ThreadEvent {
    let threads = MissedThreads::These(threads.iter().map(|thread| id(*thread)).collect());
    ThreadEvent::Missed { count, threads }
}

fn hub(capacity: usize) -> Arc<Hub> {
    Arc::new(Hub::new(capacity, Box::new(|_| {})))
}

type Told = Arc<Mutex<Vec<ThreadId>>>;

/// A hub that writes down which threads it called abandoned.
fn watched_hub() -> (Arc<Hub>, Told) {
    let told = Told::default();
    let write = Arc::clone(&told);
    let hub = Hub::new(100, Box::new(move |thread_id| write.lock().unwrap().push(thread_id)));
    (Arc::new(hub), told)
}

fn follower(hub: &Arc<Hub>, threads: &[u8]) -> Subscriber {
    let subscriber = hub.subscriber();
    for thread in threads {
        assert!(hub.follow(subscriber.id(), id(*thread)));
    }
    subscriber
}

/// What can be read without waiting.
fn heard(subscriber: &mut Subscriber) -> Vec<ThreadEvent> {
    std::iter::from_fn(|| subscriber.next().now_or_never().flatten()).collect()
}

fn has_ended(subscriber: &mut Subscriber) -> bool {
    subscriber.next().now_or_never() == Some(None)
}

#[test]
fn a_subscriber_hears_nothing_until_it_follows_something() {
    let hub = hub(9);
    let mut subscriber = hub.subscriber();
    hub.send(event(1, 0));
    assert!(hub.follow(subscriber.id(), id(1)));
    hub.send(event(1, 1));
    assert_eq!(heard(&mut subscriber), [event(1, 1)]);
}

#[test]
fn events_are_heard_in_the_order_in_which_they_were_sent() {
    let hub = hub(9);
    let mut subscriber = follower(&hub, &[1, 2]);
    let sent = [event(1, 0), event(2, 1), event(2, 2), event(1, 3)];
    sent.iter().cloned().for_each(|event| hub.send(event));
    assert_eq!(heard(&mut subscriber), sent);
}

#[test]
fn only_followed_threads_are_heard_of() {
    let hub = hub(9);
    let (mut one, mut two) = (follower(&hub, &[1]), follower(&hub, &[2]));
    hub.send(event(1, 0));
    hub.send(event(2, 1));
    hub.send(event(3, 2));
    assert_eq!(heard(&mut one), [event(1, 0)]);
    assert_eq!(heard(&mut two), [event(2, 1)]);
}

#[test]
fn who_follows_all_hears_of_every_thread_once() {
    let hub = hub(9);
    let mut subscriber = follower(&hub, &[1]);
    subscriber.follow_all();
    hub.send(event(1, 0));
    hub.send(event(2, 1));
    assert_eq!(heard(&mut subscriber), [event(1, 0), event(2, 1)]);
}

#[test]
fn followers_are_those_of_the_thread_itself() {
    let hub = hub(9);
    let one = follower(&hub, &[1, 1]);
    let _two = follower(&hub, &[1, 2]);
    hub.subscriber().follow_all();
    assert_eq!([1, 2, 3].map(|thread| hub.followers(id(thread))), [2, 1, 0]);
    drop(one);
    assert_eq!(hub.followers(id(1)), 1);
}

#[test]
fn unfollow_answers_whether_the_thread_was_followed() {
    let hub = hub(9);
    let mut subscriber = follower(&hub, &[1]);
    assert!(!hub.unfollow(subscriber.id(), id(2)));
    hub.send(event(1, 0));
    assert!(hub.unfollow(subscriber.id(), id(1)));
    assert!(!hub.unfollow(subscriber.id(), id(1)));
    hub.send(event(1, 1));
    assert_eq!(heard(&mut subscriber), [event(1, 0)]);
}

#[test]
fn who_follows_all_hears_of_a_thread_it_no_longer_follows() {
    let hub = hub(9);
    let mut subscriber = follower(&hub, &[1]);
    subscriber.follow_all();
    assert!(hub.unfollow(subscriber.id(), id(1)));
    hub.send(event(1, 0));
    assert_eq!(heard(&mut subscriber), [event(1, 0)]);
}

#[test]
fn nobody_follows_on_behalf_of_a_subscriber_that_is_gone() {
    let (hub, told) = watched_hub();
    let gone = hub.subscriber().id();
    assert!(!hub.follow(gone, id(1)));
    hub.follow_all(gone);
    assert!(!hub.unfollow(gone, id(1)));
    hub.send(event(1, 0));
    assert_eq!(hub.followers(id(1)), 0);
    assert!(told.lock().unwrap().is_empty());
}

#[test]
fn a_forgotten_thread_has_no_followers_and_is_not_called_abandoned() {
    let (hub, told) = watched_hub();
    let mut subscriber = follower(&hub, &[1, 2]);
    let closed = ThreadEvent::Closed { thread_id: id(1), reason: ClosedReason::Unloaded };
    hub.send(closed.clone());
    hub.forget_thread(id(1));
    hub.send(event(1, 0));
    assert_eq!(hub.followers(id(1)), 0);
    assert!(!hub.unfollow(subscriber.id(), id(1)));
    assert_eq!(heard(&mut subscriber), [closed]);
    drop(subscriber);
    assert_eq!(*told.lock().unwrap(), [id(2)]);
}

#[test]
fn a_forgotten_thread_can_be_followed_again() {
    let hub = hub(9);
    let mut subscriber = follower(&hub, &[1]);
    hub.forget_thread(id(1));
    assert!(hub.follow(subscriber.id(), id(1)));
    hub.send(event(1, 0));
    assert_eq!(heard(&mut subscriber), [event(1, 0)]);
}

#[test]
fn missed_stands_where_events_were_left_out() {
    let hub = hub(2);
    let mut subscriber = follower(&hub, &[1, 2, 3]);
    for (thread, number) in [1, 1, 2, 3, 3, 2].into_iter().zip(0..) {
        hub.send(event(thread, number));
    }
    assert_eq!(heard(&mut subscriber), [event(1, 0), event(1, 1), missed(4, &[2, 3])]);
    hub.send(event(1, 6));
    assert_eq!(heard(&mut subscriber), [event(1, 6)]);
}

#[test]
fn nothing_new_is_queued_before_missed_was_read() {
    let hub = hub(2);
    let mut subscriber = follower(&hub, &[1, 2]);
    (0..3).for_each(|number| hub.send(event(1, number)));
    assert_eq!(block_on(subscriber.next()), Some(event(1, 0)));
    assert_eq!(block_on(subscriber.next()), Some(event(1, 1)));
    hub.send(event(2, 3));
    assert_eq!(block_on(subscriber.next()), Some(missed(2, &[1, 2])));
    hub.send(event(2, 4));
    assert_eq!(heard(&mut subscriber), [event(2, 4)]);
}

#[test]
fn more_missed_threads_than_the_queue_is_long_are_many() {
    let hub = hub(2);
    let mut subscriber = follower(&hub, &[1, 2, 3]);
    [1, 1, 1, 2, 3].into_iter().for_each(|thread| hub.send(event(thread, 0)));
    let many = ThreadEvent::Missed { count: 3, threads: MissedThreads::Many };
    assert_eq!(heard(&mut subscriber).pop(), Some(many));
}

#[test]
fn a_slow_reader_is_the_only_one_who_misses() {
    let hub = hub(1);
    let (mut slow, mut quick) = (follower(&hub, &[1]), follower(&hub, &[1]));
    for number in 0..3 {
        hub.send(event(1, number));
        assert_eq!(heard(&mut quick), [event(1, number)]);
    }
    assert_eq!(heard(&mut slow), [event(1, 0), missed(2, &[1])]);
}

#[test]
fn a_queue_holds_at_least_one_event() {
    let hub = hub(0);
    let mut subscriber = follower(&hub, &[1]);
    hub.send(event(1, 0));
    assert_eq!(heard(&mut subscriber), [event(1, 0)]);
}

#[test]
fn missed_is_never_sent() {
    let hub = hub(9);
    let mut subscriber = hub.subscriber();
    subscriber.follow_all();
    hub.send(missed(1, &[1]));
    assert!(heard(&mut subscriber).is_empty());
}

#[test]
fn a_thread_is_abandoned_when_its_last_follower_is_dropped() {
    let (hub, told) = watched_hub();
    let (one, two) = (follower(&hub, &[1, 2]), follower(&hub, &[2, 3]));
    drop(one);
    assert_eq!(*told.lock().unwrap(), [id(1)]);
    drop(two);
    assert_eq!(*told.lock().unwrap(), [id(1), id(2), id(3)]);
}

#[test]
fn a_thread_is_abandoned_when_its_last_follower_unfollows() {
    let (hub, told) = watched_hub();
    let (one, two) = (follower(&hub, &[1]), follower(&hub, &[1]));
    hub.unfollow(one.id(), id(1));
    hub.unfollow(one.id(), id(1));
    assert!(told.lock().unwrap().is_empty());
    hub.unfollow(two.id(), id(1));
    hub.unfollow(two.id(), id(1));
    drop((one, two));
    assert_eq!(*told.lock().unwrap(), [id(1)]);
}

#[test]
fn a_dropped_subscriber_leaves_nothing_behind() {
    let hub = hub(9);
    let (one, two) = (follower(&hub, &[1, 2]), follower(&hub, &[2]));
    [&one, &two].into_iter().for_each(Subscriber::follow_all);
    hub.send(event(1, 0));
    assert!(hub.unfollow(one.id(), id(1)));
    drop((one, two));
    assert!(hub.table().is_empty());
}

#[test]
fn who_follows_all_abandons_nothing() {
    let (hub, told) = watched_hub();
    let subscriber = hub.subscriber();
    subscriber.follow_all();
    hub.send(event(1, 0));
    drop(subscriber);
    assert!(told.lock().unwrap().is_empty());
}

#[test]
fn the_hook_may_use_the_hub() {
    let hub = Arc::new_cyclic(|hub: &std::sync::Weak<Hub>| {
        let hub = hub.clone();
        Hub::new(
            9,
            Box::new(move |thread_id| {
                let hub = hub.upgrade().unwrap();
                assert_eq!(hub.followers(thread_id), 0);
                hub.send(ThreadEvent::Archived { thread_id });
            }),
        )
    });
    let mut all = hub.subscriber();
    all.follow_all();
    let (one, two) = (follower(&hub, &[1]), follower(&hub, &[2]));
    hub.unfollow(one.id(), id(1));
    drop(two);
    let archived = [1, 2].map(|thread| ThreadEvent::Archived { thread_id: id(thread) });
    assert_eq!(heard(&mut all), archived);
}

#[test]
fn streams_end_after_what_is_queued_when_the_hub_is_closed() {
    let hub = hub(1);
    let mut subscriber = follower(&hub, &[1]);
    (0..3).for_each(|number| hub.send(event(1, number)));
    hub.close();
    hub.send(event(1, 3));
    assert_eq!(heard(&mut subscriber), [event(1, 0), missed(2, &[1])]);
    assert!(has_ended(&mut subscriber) && has_ended(&mut subscriber));
}

#[test]
fn a_closed_hub_takes_no_followers_and_calls_nothing_abandoned() {
    let (hub, told) = watched_hub();
    let subscriber = follower(&hub, &[1]);
    hub.close();
    assert!(!hub.follow(subscriber.id(), id(2)));
    assert!(!hub.unfollow(subscriber.id(), id(1)));
    subscriber.follow_all();
    assert_eq!([1, 2].map(|thread| hub.followers(id(thread))), [0, 0]);
    assert!(has_ended(&mut hub.subscriber()));
    drop(subscriber);
    assert!(told.lock().unwrap().is_empty());
}

#[test]
fn a_waiting_reader_is_woken_by_an_event_and_by_the_end() {
    let hub = hub(9);
    let mut subscriber = follower(&hub, &[1]);
    thread::scope(|scope| {
        let reader =
            scope.spawn(|| block_on(async { (subscriber.next().await, subscriber.next().await) }));
        hub.send(event(1, 0));
        hub.close();
        assert_eq!(reader.join().unwrap(), (Some(event(1, 0)), None));
    });
}

#[test]
fn the_task_that_asked_last_is_woken() {
    let hub = hub(9);
    let mut subscriber = follower(&hub, &[1]);
    let (first, first_count) = bell();
    let (last, last_count) = bell();
    for waker in [&first, &last] {
        let mut cx = std::task::Context::from_waker(waker);
        assert!(subscriber.poll_next_unpin(&mut cx).is_pending());
    }
    assert_eq!(Arc::strong_count(&first_count), 2, "the waker that was replaced is kept");
    hub.send(event(1, 0));
    hub.send(event(1, 1));
    let woken = [first_count, last_count].map(|count| *count.0.lock().unwrap());
    assert_eq!(woken, [0, 1]);
}

/// Counts how often it was woken.
#[derive(Default)]
struct Bell(Mutex<usize>);

impl std::task::Wake for Bell {
    fn wake(self: Arc<Self>) {
        *self.0.lock().unwrap() += 1;
    }
}

fn bell() -> (std::task::Waker, Arc<Bell>) {
    let bell = Arc::new(Bell::default());
    (Arc::clone(&bell).into(), bell)
}

/// A waker that holds a subscriber of the same hub, as that of a task does.
struct Task(#[allow(dead_code)] Mutex<Subscriber>);

impl std::task::Wake for Task {
    fn wake(self: Arc<Self>) {}
}

#[test]
fn a_task_that_ends_with_its_waker_may_drop_a_subscriber() {
    let (hub, told) = watched_hub();
    for replaced in [true, false] {
        let mut subscriber = hub.subscriber();
        let task: std::task::Waker = Arc::new(Task(Mutex::new(follower(&hub, &[1])))).into();
        let mut cx = std::task::Context::from_waker(&task);
        assert!(subscriber.poll_next_unpin(&mut cx).is_pending());
        drop(task);
        if replaced {
            assert!(subscriber.next().now_or_never().is_none());
        }
        drop(subscriber);
    }
    assert_eq!(*told.lock().unwrap(), [id(1), id(1)]);
}

#[test]
fn a_subscriber_is_shown_by_its_id() {
    let hub = hub(1);
    let subscriber = hub.subscriber();
    assert_eq!(
        format!("{subscriber:?} {}", subscriber.id()),
        "Subscriber { id: SubscriberId(1), .. } 1"
    );
    assert!(hub.subscriber().id() > subscriber.id());
}
