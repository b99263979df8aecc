//! The thread that writes the log.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use super::Answer;
use super::cleaner::{Cleaner, Job, Retired};
use super::log_file::{LogFile, Maker};
use super::queue::{Group, Queue, Waiting};
use super::record;
use crate::store::file::RolloutFile;

/// The rollouts that a log has bytes of, by their addresses, each with the end of these.
pub(super) type Named = HashMap<usize, (Arc<RolloutFile>, u64)>;

/// Writes groups into the current log.
#[derive(Debug)]
pub(super) struct Writer {
    maker: Arc<Maker>,
    queue: Arc<Queue>,
    jobs: Sender<Job>,
    current: Option<LogFile>,
    named: Named,
}

impl Writer {
    /// Starts the threads of the log; answers whether they could be.
    pub(super) fn start(maker: &Arc<Maker>, queue: &Arc<Queue>, waiting: &mut Waiting) -> bool {
        let (jobs, received) = channel();
        let cleaner = Cleaner::new(Arc::clone(maker), Arc::clone(queue), received);
        let writer = Self {
            maker: Arc::clone(maker),
            queue: Arc::clone(queue),
            jobs,
            current: None,
            named: Named::default(),
        };
        let named = |name: &str| std::thread::Builder::new().name(name.to_owned());
        let started = named("log cleaner")
            .spawn(move || cleaner.run())
            .and_then(|_| named("log writer").spawn(move || writer.run()));
        if let Err(error) = &started {
            tracing::warn!(%error, "working without a shared log");
        }
        waiting.begin();
        started.is_ok()
    }

    fn run(mut self) {
        self.make_first();
        let mut group = Group::default();
        while self.queue.take(&mut group) {
            let answer = self.write(&mut group);
            group.answer(&answer);
        }
        self.retire(false);
    }

    fn make_first(&mut self) {
        let made = self.maker.make(self.queue.wiped());
        let missing = if made.is_ok() { 1 } else { 2 };
        if let Err(error) = &made {
            tracing::warn!(%error, "a log cannot be made");
            self.queue.refuse();
        }
        self.current = made.ok();
        self.tell(Job::Make(missing));
    }

    fn write(&mut self, group: &mut Group) -> Answer {
        let len = group.text.len() as u64;
        let fits = |log: &LogFile| log.wiped == group.wiped && len <= log.room();
        if self.current.as_ref().is_some_and(|log| !fits(log)) {
            self.retire(false);
        }
        if group.text.is_empty() {
            return Answer::Durable;
        }
        if self.current.is_none() {
            self.current = self.free_log(group.wiped);
        }
        let Some(log) = &mut self.current else { return Answer::Refused };
        record::seal(&mut group.text, log.generation);
        for waiter in &group.waiters {
            let key = Arc::as_ptr(&waiter.file).addr();
            let named = self.named.entry(key).or_insert_with(|| (Arc::clone(&waiter.file), 0));
            named.1 = named.1.max(waiter.end);
        }
        match log.append(&group.text, &self.maker.faults) {
            Ok(()) => Answer::Durable,
            Err(error) => self.failed(error),
        }
    }

    /// What stands in the log now nobody knows: it is not used again, and until there is another,
    /// rollouts are synced themselves.
    fn failed(&mut self, error: io::Error) -> Answer {
        tracing::warn!(%error, "the log cannot be written");
        self.queue.refuse();
        self.retire(true);
        Answer::Failed(Arc::new(error))
    }

    /// A log with nothing in it that should have been wiped.
    fn free_log(&self, wiped: u64) -> Option<LogFile> {
        loop {
            let log = self.queue.take_free()?;
            if log.wiped == wiped {
                return Some(log);
            }
            self.tell(Job::Clean(Retired { log, named: Named::default(), is_broken: false }));
        }
    }

    fn retire(&mut self, is_broken: bool) {
        if let Some(log) = self.current.take() {
            let named = std::mem::take(&mut self.named);
            self.tell(Job::Clean(Retired { log, named, is_broken }));
        }
    }

    fn tell(&self, job: Job) {
        // Without a cleaner there is no log any more, and everything is refused.
        if self.jobs.send(job).is_err() {
            self.queue.refuse();
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.end();
    }
}
