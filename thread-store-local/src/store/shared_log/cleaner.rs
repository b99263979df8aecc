//! The thread that makes logs free again: it syncs the rollouts that they have bytes of.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use super::log_file::{LogFile, Maker};
use super::queue::Queue;
use super::whereabouts::Whereabouts;
use super::writer::Named;
use crate::error::ReadError;
use crate::store::file::RolloutFile;

/// What failed is tried again after a while, which doubles each time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// What there is to do.
#[derive(Debug)]
pub(super) enum Job {
    /// So many logs are missing.
    Make(usize),
    Clean(Retired),
}

/// A log that is not written to any more.
#[derive(Debug)]
pub(super) struct Retired {
    pub(super) log: LogFile,
    pub(super) named: Named,
    /// Whether writing to it failed.
    pub(super) is_broken: bool,
}

#[derive(Debug)]
pub(super) struct Cleaner {
    maker: Arc<Maker>,
    queue: Arc<Queue>,
    jobs: Receiver<Job>,
    missing: usize,
    retired: Vec<Retired>,
    pause: Duration,
}

impl Cleaner {
    pub(super) fn new(maker: Arc<Maker>, queue: Arc<Queue>, jobs: Receiver<Job>) -> Self {
        Self { maker, queue, jobs, missing: 0, retired: Vec::new(), pause: FIRST_PAUSE }
    }

    /// Works until there is no writer any more.
    pub(super) fn run(mut self) {
        while let Some(job) = self.next() {
            match job {
                Some(Job::Make(count)) => self.missing += count,
                Some(Job::Clean(retired)) => self.retired.push(retired),
                None => {}
            }
            self.work();
        }
        self.work();
        for log in self.queue.take_all() {
            remove(log);
        }
    }

    /// The next job; after a pause also none, if something has to be tried again. Nothing at the end.
    fn next(&mut self) -> Option<Option<Job>> {
        if self.missing == 0 && self.retired.is_empty() {
            self.pause = FIRST_PAUSE;
            return self.jobs.recv().ok().map(Some);
        }
        let next = self.jobs.recv_timeout(self.pause);
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        match next {
            Ok(job) => Some(Some(job)),
            Err(RecvTimeoutError::Timeout) => Some(None),
            Err(RecvTimeoutError::Disconnected) => None,
        }
    }

    fn work(&mut self) {
        for mut retired in std::mem::take(&mut self.retired) {
            match self.clean(&mut retired.named) {
                Ok(()) => self.free(retired),
                Err(error) => {
                    tracing::warn!(%error, "rollouts of a log cannot be synced");
                    self.retired.push(retired);
                }
            }
        }
        while self.missing > 0 && !self.queue.is_closing() {
            match self.maker.make(self.queue.wiped()) {
                Ok(log) => self.queue.give(log),
                Err(error) => {
                    tracing::warn!(%error, "a log cannot be made");
                    return;
                }
            }
            self.missing -= 1;
        }
    }

    /// Syncs the rollouts, one after the other, so that flushes wait for one of them at most.
    fn clean(&self, named: &mut Named) -> io::Result<()> {
        while let Some((key, (file, end))) = named.iter().next() {
            self.sync(file, *end)?;
            let key = *key;
            named.remove(&key);
        }
        Ok(())
    }

    fn sync(&self, file: &RolloutFile, end: u64) -> io::Result<()> {
        let unsynced = {
            let mut state = file.lock();
            if state.is_deleted || state.survives_itself(end) {
                return Ok(());
            }
            state.unsynced()
        };
        match unsynced {
            Ok(None) => Ok(()),
            Ok(Some(unsynced)) => {
                let synced = unsynced.sync(&self.maker.faults);
                file.lock().end_sync(&unsynced, &synced);
                synced
            }
            // Another process has moved it.
            Err(ReadError::Missing { path, .. }) => {
                Whereabouts::new(&self.maker.layout, &[]).sync(&path)
            }
            Err(error) => Err(io::Error::other(error.reason())),
        }
    }

    /// Gives a log back for its next use.
    fn free(&mut self, retired: Retired) {
        let Retired { mut log, is_broken, .. } = retired;
        if self.queue.is_closing() {
            return remove(log);
        }
        match if is_broken { Err(io::ErrorKind::Other.into()) } else { self.renew(&mut log) } {
            Ok(()) => self.queue.give(log),
            Err(_) => {
                remove(log);
                self.missing += 1;
            }
        }
    }

    fn renew(&self, log: &mut LogFile) -> io::Result<()> {
        let wiped = self.queue.wiped();
        if log.wiped != wiped {
            log.wipe(wiped)?;
        }
        self.maker.renew(log)
    }
}

/// What it says is so in the rollouts too: if it stays, the next who opens the home removes it.
fn remove(log: LogFile) {
    if let Err(error) = log.remove() {
        tracing::warn!(%error, "a log cannot be removed");
    }
}

impl Drop for Cleaner {
    fn drop(&mut self) {
        self.queue.is_closed();
    }
}
