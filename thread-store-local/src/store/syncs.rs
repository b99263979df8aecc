//! Many files that are to be synced at once.
//!
//! A sync of a file waits for the disk, mostly. So files are handed to some threads, each of which has
//! the system begin with all that it takes before it waits for the first: the disk has them all at
//! once, and few threads are woken. Threads that have nothing to do for a while end.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use thread_store::{Error, Result};
use tokio::sync::oneshot;

use super::faults::Faults;
use super::unsynced::Unsynced;

/// More do not make a disk faster.
const THREADS: usize = 16;
/// How long a thread waits for something to do.
const PATIENCE: Duration = Duration::from_millis(500);

/// What is under way.
#[derive(Debug, Default)]
pub(crate) struct Syncs {
    /// Syncs that are not done, whoever does them.
    unfinished: AtomicUsize,
    queue: Mutex<Queue>,
    more: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<Waiting>,
    threads: usize,
    idle: usize,
}

/// A file, and who waits for it.
#[derive(Debug)]
struct Waiting {
    file: Unsynced,
    faults: Faults,
    done: oneshot::Sender<Synced>,
}

/// A file, and what came of it.
pub(crate) type Synced = (Unsynced, io::Result<()>);

impl Syncs {
    /// Syncs here and now if nobody else does, otherwise beside them: so one thread waits for its disk
    /// alone, and many threads wait for it together.
    pub(crate) async fn sync(self: &Arc<Self>, file: Unsynced, faults: Faults) -> Result<Synced> {
        if self.unfinished.fetch_add(1, Ordering::SeqCst) == 0 {
            return Ok(self.finish(file, &faults));
        }
        let (done, answer) = oneshot::channel();
        self.put(Waiting { file, faults, done });
        answer.await.map_err(Error::internal)
    }

    fn finish(&self, file: Unsynced, faults: &Faults) -> Synced {
        let synced = file.sync(faults);
        self.unfinished.fetch_sub(1, Ordering::SeqCst);
        (file, synced)
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a file, and sees to it that some thread takes it.
    fn put(self: &Arc<Self>, waiting: Waiting) {
        let mut queue = self.lock();
        queue.waiting.push(waiting);
        if queue.idle > 0 {
            self.more.notify_one();
        } else if queue.threads < THREADS {
            queue.threads += 1;
            let syncs = Arc::clone(self);
            let thread = std::thread::Builder::new().name("thread-store-sync".to_owned());
            if thread.spawn(move || syncs.work()).is_err() {
                queue.threads -= 1;
                // Without a thread to help, everything waits for this one.
                let alone = if queue.threads == 0 {
                    std::mem::take(&mut queue.waiting)
                } else {
                    Vec::new()
                };
                drop(queue);
                self.sync_all(alone);
            }
        }
    }

    fn work(&self) {
        while let Some(group) = self.take() {
            self.sync_all(group);
        }
    }

    fn sync_all(&self, group: Vec<Waiting>) {
        group.iter().for_each(|waiting| waiting.file.begin());
        for Waiting { file, faults, done } in group {
            // Who no longer waits needs no answer.
            drop(done.send(self.finish(file, &faults)));
        }
    }

    /// A fair part of what waits; `None` if nothing came for long.
    fn take(&self) -> Option<Vec<Waiting>> {
        let mut queue = self.lock();
        if queue.waiting.is_empty() {
            queue.idle += 1;
            let wait = self.more.wait_timeout_while(queue, PATIENCE, |it| it.waiting.is_empty());
            queue = wait.unwrap_or_else(PoisonError::into_inner).0;
            queue.idle -= 1;
        }
        if queue.waiting.is_empty() {
            queue.threads -= 1;
            return None;
        }
        let part = queue.waiting.len().div_ceil(THREADS);
        let rest = queue.waiting.split_off(part);
        Some(std::mem::replace(&mut queue.waiting, rest))
    }
}
