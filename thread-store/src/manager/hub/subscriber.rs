//! One who listens.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::stream::{Stream, StreamExt};

use super::Hub;
use crate::manager::events::ThreadEvent;

/// The stream of what happens to the threads that it follows: at first to none.
///
/// Events come in the order in which they were stored. A reader that is too slow holds nobody up:
/// when its queue is full, what comes next is left out, and in its place stands one
/// [`ThreadEvent::Missed`]. The stream ends when the threads are shut down, after what is queued.
///
/// Dropping it ends all its following.
pub struct Subscriber {
    hub: Arc<Hub>,
    id: SubscriberId,
}

/// The name of one [`Subscriber`] among those of its manager. Never used twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SubscriberId(pub(super) u64);

impl Subscriber {
    pub(super) fn new(hub: Arc<Hub>, id: SubscriberId) -> Self {
        Self { hub, id }
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> SubscriberId {
        self.id
    }

    /// Hears of all threads from now on, also of those that are not loaded yet. This keeps none of
    /// them loaded.
    pub fn follow_all(&self) {
        self.hub.follow_all(self.id);
    }

    /// The next event; `None` when there will be no more. Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<ThreadEvent> {
        StreamExt::next(self).await
    }
}

impl Stream for Subscriber {
    type Item = ThreadEvent;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<ThreadEvent>> {
        self.hub.poll(self.id, cx).map(|next| next.map(Arc::unwrap_or_clone))
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.hub.leave(self.id);
    }
}

impl fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscriber").field("id", &self.id).finish_non_exhaustive()
    }
}

impl fmt::Display for SubscriberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
