//! The hub against a model that has no index, and queues without end.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{Subscriber, ThreadEvent, ThreadId, event, heard, id, watched_hub};

#[derive(Clone, Debug)]
enum Step {
    Enter,
    Drop(usize),
    Follow(usize, u8),
    FollowAll(usize),
    Unfollow(usize, u8),
    Forget(u8),
    Send(u8),
}

fn step() -> impl Strategy<Value = Step> {
    let (who, thread) = (0..4_usize, 0..3_u8);
    prop_oneof![
        2 => Just(Step::Enter),
        1 => who.clone().prop_map(Step::Drop),
        4 => (who.clone(), thread.clone()).prop_map(|(who, thread)| Step::Follow(who, thread)),
        1 => who.clone().prop_map(Step::FollowAll),
        2 => (who, thread.clone()).prop_map(|(who, thread)| Step::Unfollow(who, thread)),
        1 => thread.clone().prop_map(Step::Forget),
        5 => thread.prop_map(Step::Send),
    ]
}

/// What is known of the subscribers, without an index: by place, until they are dropped.
#[derive(Default)]
struct Model {
    members: BTreeMap<usize, Member>,
    abandoned: Vec<ThreadId>,
}

#[derive(Default)]
struct Member {
    follows: BTreeSet<u8>,
    follows_all: bool,
    hears: Vec<ThreadEvent>,
}

impl Model {
    fn followers(&self, thread: u8) -> usize {
        self.members.values().filter(|it| it.follows.contains(&thread)).count()
    }

    /// Takes note of threads that were followed by one and are by nobody now.
    fn left(&mut self, threads: impl IntoIterator<Item = u8>) {
        for thread in threads {
            if self.followers(thread) == 0 {
                self.abandoned.push(id(thread));
            }
        }
    }

    fn unfollow(&mut self, who: usize, thread: u8) -> bool {
        let followed = self.members.get_mut(&who).is_some_and(|it| it.follows.remove(&thread));
        self.left(followed.then_some(thread));
        followed
    }

    fn send(&mut self, thread: u8, event: &ThreadEvent) {
        for member in self.members.values_mut() {
            if member.follows_all || member.follows.contains(&thread) {
                member.hears.push(event.clone());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everyone_hears_what_they_follow_and_every_abandoned_thread_is_told_of_once(
        steps in prop::collection::vec(step(), 0..80),
    ) {
        let (hub, told) = watched_hub();
        let mut model = Model::default();
        let mut subscribers: Vec<Option<Subscriber>> = Vec::new();
        let mut ids = Vec::new();
        for (number, step) in (0..).zip(steps) {
            match step {
                Step::Enter => {
                    let subscriber = hub.subscriber();
                    ids.push(subscriber.id());
                    model.members.insert(subscribers.len(), Member::default());
                    subscribers.push(Some(subscriber));
                }
                Step::Send(thread) => {
                    hub.send(event(thread, number));
                    model.send(thread, &event(thread, number));
                }
                Step::Forget(thread) => {
                    hub.forget_thread(id(thread));
                    model.members.values_mut().for_each(|it| { it.follows.remove(&thread); });
                }
                Step::Drop(who) if who < ids.len() => {
                    let left = model.members.remove(&who);
                    model.left(left.into_iter().flat_map(|it| it.follows));
                    subscribers[who] = None;
                }
                Step::Follow(who, thread) if who < ids.len() => {
                    let member = model.members.get_mut(&who);
                    prop_assert_eq!(hub.follow(ids[who], id(thread)), member.is_some());
                    member.into_iter().for_each(|it| { it.follows.insert(thread); });
                }
                Step::FollowAll(who) if who < ids.len() => {
                    hub.follow_all(ids[who]);
                    model.members.get_mut(&who).into_iter().for_each(|it| it.follows_all = true);
                }
                Step::Unfollow(who, thread) if who < ids.len() => {
                    prop_assert_eq!(hub.unfollow(ids[who], id(thread)), model.unfollow(who, thread));
                }
                _ => {}
            }
            for thread in 0..3 {
                prop_assert_eq!(hub.followers(id(thread)), model.followers(thread));
            }
            prop_assert_eq!(&*told.lock().unwrap(), &model.abandoned);
        }
        for (who, member) in model.members {
            prop_assert_eq!(heard(subscribers[who].as_mut().unwrap()), member.hears);
        }
    }
}
