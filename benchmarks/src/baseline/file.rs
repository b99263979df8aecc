//! Plain files of lines: the least that storing and reading can cost.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use bytes::Bytes;
use thread_store::RolloutItem;

use crate::Failure;
use crate::workload::append::Appender;

/// How far back is read at a time.
const BLOCK: u64 = 64 << 10;

/// A file for each thread, which grows by lines.
#[derive(Debug)]
pub(crate) struct Files {
    files: Vec<File>,
    durable: bool,
}

impl Files {
    pub(crate) fn create(dir: &Path, threads: usize, durable: bool) -> Result<Self, Failure> {
        let create = |thread| File::create(dir.join(format!("{thread}.jsonl")));
        Ok(Self { files: (0..threads).map(create).collect::<Result<_, _>>()?, durable })
    }

    /// One write, and one fdatasync if it is to be durable.
    fn write(&self, thread: usize, items: &[RolloutItem]) -> Result<(), Failure> {
        let mut file = &self.files[thread];
        file.write_all(&lines(items))?;
        if self.durable {
            file.sync_data()?;
        }
        Ok(())
    }
}

impl Appender for Files {
    async fn append(
        &self,
        thread: usize,
        _first: u64,
        items: Vec<RolloutItem>,
    ) -> Result<(), Failure> {
        tokio::task::block_in_place(|| self.write(thread, &items))
    }
}

/// One file, and one write for each append, by whoever appends: nothing in between.
#[derive(Debug)]
pub(crate) struct Inline {
    file: File,
    durable: bool,
}

impl Inline {
    pub(crate) fn create(path: &Path, durable: bool) -> Result<Self, Failure> {
        let file = File::options().create_new(true).append(true).open(path)?;
        Ok(Self { file, durable })
    }
}

impl Appender for Inline {
    async fn append(
        &self,
        _thread: usize,
        _first: u64,
        items: Vec<RolloutItem>,
    ) -> Result<(), Failure> {
        (&self.file).write_all(&lines(&items))?;
        if self.durable {
            self.file.sync_data()?;
        }
        Ok(())
    }
}

/// The items as lines.
pub(crate) fn lines(items: &[RolloutItem]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(items.iter().map(|item| item.len() + 1).sum());
    for item in items {
        lines.extend_from_slice(item.as_bytes());
        lines.push(b'\n');
    }
    lines
}

/// Reads all lines, as slices of one buffer.
pub(crate) fn read(path: &Path) -> Result<Vec<Bytes>, Failure> {
    Ok(split(std::fs::read(path)?.into()))
}

fn split(data: Bytes) -> Vec<Bytes> {
    let mut lines = Vec::new();
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', &data) {
        lines.push(data.slice(start..end));
        start = end + 1;
    }
    lines
}

/// Reads the last lines: from the end back, no further than they reach.
pub(crate) fn last(path: &Path, count: usize) -> Result<Vec<Bytes>, Failure> {
    let mut file = File::open(path)?;
    let mut start = file.seek(SeekFrom::End(0))?;
    let mut tail: Vec<u8> = Vec::new();
    let mut found = 0;
    // The line feed before the first line wanted, or the start of the file.
    while start > 0 && found <= count {
        let length = start.min(BLOCK);
        start -= length;
        file.seek(SeekFrom::Start(start))?;
        let mut block = Vec::with_capacity(usize::try_from(length)? + tail.len());
        (&file).take(length).read_to_end(&mut block)?;
        found += memchr::memchr_iter(b'\n', &block).count();
        block.append(&mut tail);
        tail = block;
    }
    let mut lines = split(tail.into());
    Ok(lines.split_off(lines.len().saturating_sub(count)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::Generator;

    #[test]
    fn what_was_written_is_read_forwards_and_backwards() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("0.jsonl");
        let items = Generator::new(1).items(500).unwrap();
        let files = Files::create(dir.path(), 1, true).unwrap();
        files.write(0, &items).unwrap();
        let lines: Vec<Bytes> = items.iter().map(RolloutItem::to_bytes).collect();
        assert_eq!(read(&path).unwrap(), lines);
        assert_eq!(last(&path, 50).unwrap(), lines[450..]);
        assert_eq!(last(&path, 1_000).unwrap(), lines);
    }
}
