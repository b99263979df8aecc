//! All who listen, and what they follow.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::task::{Poll, Waker};

use super::queue::Queue;
use super::subscriber::SubscriberId;
use crate::id::ThreadId;
use crate::manager::events::ThreadEvent;

/// The subscribers, and for each thread those who follow it: to tell these costs nothing for others.
#[derive(Default)]
pub(super) struct Table {
    members: HashMap<SubscriberId, Member>,
    followers: HashMap<ThreadId, BTreeSet<SubscriberId>>,
    follow_all: BTreeSet<SubscriberId>,
    last_id: u64,
    closed: bool,
}

/// What there is of one subscriber.
pub(super) struct Member {
    queue: Queue,
    /// Set only while the queue is empty.
    waker: Option<Waker>,
    follows: BTreeSet<ThreadId>,
}

impl Member {
    fn new(capacity: usize) -> Self {
        Self { queue: Queue::new(capacity), waker: None, follows: BTreeSet::new() }
    }
}

impl Table {
    pub(super) fn enter(&mut self, capacity: usize) -> SubscriberId {
        self.last_id += 1;
        let id = SubscriberId(self.last_id);
        self.members.insert(id, Member::new(capacity));
        id
    }

    /// Takes a subscriber out: what there was of it, and the threads that it was the last to follow.
    pub(super) fn leave(&mut self, id: SubscriberId) -> (Option<Member>, Vec<ThreadId>) {
        self.follow_all.remove(&id);
        let member = self.members.remove(&id);
        let follows = member.iter().flat_map(|member| &member.follows).copied();
        let abandoned = follows.filter(|thread_id| self.strike(id, *thread_id)).collect();
        (member, abandoned)
    }

    pub(super) fn follow(&mut self, id: SubscriberId, thread_id: ThreadId) -> bool {
        let Some(member) = self.members.get_mut(&id).filter(|_| !self.closed) else { return false };
        member.follows.insert(thread_id);
        self.followers.entry(thread_id).or_default().insert(id);
        true
    }

    pub(super) fn follow_all(&mut self, id: SubscriberId) {
        if !self.closed && self.members.contains_key(&id) {
            self.follow_all.insert(id);
        }
    }

    pub(super) fn unfollow(&mut self, id: SubscriberId, thread_id: ThreadId) -> bool {
        let followed =
            self.members.get_mut(&id).is_some_and(|member| member.follows.remove(&thread_id));
        if followed {
            self.strike(id, thread_id);
        }
        followed
    }

    /// Takes a follower off the list of a thread; true if it was the last one.
    fn strike(&mut self, id: SubscriberId, thread_id: ThreadId) -> bool {
        let Entry::Occupied(mut entry) = self.followers.entry(thread_id) else { return false };
        entry.get_mut().remove(&id);
        let last = entry.get().is_empty();
        if last {
            entry.remove();
        }
        last
    }

    pub(super) fn followers(&self, thread_id: ThreadId) -> usize {
        self.followers.get(&thread_id).map_or(0, BTreeSet::len)
    }

    pub(super) fn forget_thread(&mut self, thread_id: ThreadId) {
        for id in self.followers.remove(&thread_id).unwrap_or_default() {
            if let Some(member) = self.members.get_mut(&id) {
                member.follows.remove(&thread_id);
            }
        }
    }

    /// Queues an event for all who hear of its thread: who is to be woken.
    pub(super) fn send(&mut self, thread_id: ThreadId, event: ThreadEvent) -> Vec<Waker> {
        let Self { members, followers, follow_all, .. } = self;
        let own = followers.get(&thread_id);
        if own.is_none() && follow_all.is_empty() {
            return Vec::new();
        }
        let event = Arc::new(event);
        let is_own = |id: &&SubscriberId| own.is_some_and(|own| own.contains(*id));
        let others = follow_all.iter().filter(|id| !is_own(id));
        let mut woken = Vec::new();
        for id in own.into_iter().flatten().chain(others) {
            if let Some(member) = members.get_mut(id) {
                member.queue.push(thread_id, &event);
                woken.extend(member.waker.take());
            }
        }
        woken
    }

    /// What is next for a subscriber. If there is nothing it is woken when there is; the waker that
    /// this one replaces is given back.
    pub(super) fn poll(
        &mut self,
        id: SubscriberId,
        waker: &Waker,
    ) -> (Poll<Option<Arc<ThreadEvent>>>, Option<Waker>) {
        let Some(member) = self.members.get_mut(&id) else { return (Poll::Ready(None), None) };
        match member.queue.pop() {
            Some(event) => (Poll::Ready(Some(event)), member.waker.take()),
            None if self.closed => (Poll::Ready(None), member.waker.take()),
            None => (Poll::Pending, member.waker.replace(waker.clone())),
        }
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty() && self.followers.is_empty() && self.follow_all.is_empty()
    }

    /// Ends all following: who is to be woken to hear that nothing more comes.
    pub(super) fn close(&mut self) -> Vec<Waker> {
        self.closed = true;
        self.followers.clear();
        self.follow_all.clear();
        self.members.values_mut().for_each(|member| member.follows.clear());
        self.members.values_mut().filter_map(|member| member.waker.take()).collect()
    }
}
