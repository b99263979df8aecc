//! One log for all threads, synced for all who wait: the most that a disk gives to many writers.
//!
//! Appends wait in a channel. One thread takes all that wait, without delay, writes them in one write,
//! syncs once, and answers. It says nothing of which item is whose: nobody could read it back so.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use thread_store::RolloutItem;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::file::lines;
use crate::Failure;
use crate::workload::append::Appender;

/// One append that waits.
struct Append {
    text: Vec<u8>,
    done: oneshot::Sender<Result<(), Failure>>,
}

/// The way to the writer.
pub(crate) struct SharedLog {
    queue: Option<Sender<Append>>,
    writer: Option<JoinHandle<()>>,
}

impl SharedLog {
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        let log = File::options().create_new(true).append(true).open(path)?;
        let (queue, waiting) = channel();
        let runtime = Handle::current();
        let writer = std::thread::Builder::new()
            .name("shared-log".to_owned())
            .spawn(move || write(&log, &waiting, &runtime))?;
        Ok(Self { queue: Some(queue), writer: Some(writer) })
    }
}

impl Drop for SharedLog {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

/// Writes whatever waits, until nobody can send any more.
fn write(log: &File, waiting: &Receiver<Append>, runtime: &Handle) {
    while let Ok(append) = waiting.recv() {
        let group: Vec<_> = std::iter::once(append).chain(waiting.try_iter()).collect();
        let result = write_group(log, &group).map_err(|error| error.to_string());
        // Tasks are woken by one of their own, while the next group is written.
        runtime.spawn(async move { answer(group, &result) });
    }
}

fn write_group(mut log: &File, group: &[Append]) -> std::io::Result<()> {
    let text: Vec<u8> = group.iter().flat_map(|append| &append.text[..]).copied().collect();
    log.write_all(&text)?;
    log.sync_data()
}

fn answer(group: Vec<Append>, result: &Result<(), String>) {
    for append in group {
        // Who no longer waits needs no answer.
        let _ = append.done.send(result.clone().map_err(Failure::from));
    }
}

impl Appender for SharedLog {
    async fn append(
        &self,
        _thread: usize,
        _first: u64,
        items: Vec<RolloutItem>,
    ) -> Result<(), Failure> {
        let (done, answer) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or("the writer is gone")?;
        let append = Append { text: lines(&items), done };
        queue.send(append).map_err(|_| "the writer is gone")?;
        answer.await?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::Generator;

    #[tokio::test(flavor = "multi_thread")]
    async fn what_was_acknowledged_stands_in_the_log() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let items = Generator::new(1).items(20).unwrap();
        let log = SharedLog::create(&path).unwrap();
        for item in &items {
            log.append(0, 0, vec![item.clone()]).await.unwrap();
        }
        assert_eq!(std::fs::read(&path).unwrap(), lines(&items));
    }
}
