//! The machine of a run, as far as it says something about the numbers.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::thread::available_parallelism;
use std::time::Instant;

use thread_store::{Clock as _, SystemClock};

use crate::Failure;
use crate::measure::{Rounds, Sample, Unit};

#[derive(Debug)]
pub(super) struct Machine {
    pub(super) processor: String,
    pub(super) cores: usize,
    pub(super) memory: String,
    pub(super) kernel: String,
    pub(super) file_system: String,
    /// What one durable write takes, in milliseconds: the floor of every append.
    pub(super) write_and_sync: f64,
    pub(super) date: String,
}

impl Machine {
    pub(super) fn look() -> Result<Self, Failure> {
        let dir = tempfile::tempdir()?;
        let now = SystemClock.now().to_string();
        Ok(Self {
            processor: field("/proc/cpuinfo", "model name"),
            cores: available_parallelism()?.get(),
            memory: gigabytes(&field("/proc/meminfo", "MemTotal")),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            file_system: file_system(&read("/proc/self/mountinfo"), dir.path()),
            write_and_sync: write_and_sync(dir.path())?,
            date: now.get(..10).unwrap_or(&now).to_owned(),
        })
    }
}

/// A file of the kernel; empty where there is none.
fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn field(path: &str, name: &str) -> String {
    let text = read(path);
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_once(':'))
        .map_or("unknown", |(_, value)| value.trim())
        .to_owned()
}

/// So many "kB", as the kernel says it.
fn gigabytes(kilobytes: &str) -> String {
    let number = kilobytes.strip_suffix(" kB").and_then(|number| number.parse::<f64>().ok());
    number.map_or_else(|| kilobytes.to_owned(), |number| format!("{:.1} GB", number / 1e6))
}

/// The type of the mount that has the path: the one with the longest mount point.
fn file_system(mounts: &str, path: &Path) -> String {
    let mount = |line: &str| {
        let (before, after) = line.split_once(" - ")?;
        let point = before.split(' ').nth(4)?.to_owned();
        let kind = after.split(' ').next()?.to_owned();
        path.starts_with(&point).then_some((point.len(), kind))
    };
    mounts.lines().filter_map(mount).max().map_or_else(|| "unknown".to_owned(), |(_, kind)| kind)
}

fn write_and_sync(dir: &Path) -> Result<f64, Failure> {
    let mut file = File::create(dir.join("sync"))?;
    let mut samples = Vec::new();
    for _ in 0..200 {
        let start = Instant::now();
        file.write_all(&[b'x'; 1024])?;
        file.sync_data()?;
        samples.push(Sample::best(&[start.elapsed()]));
    }
    Ok(Rounds::from_iter(samples).median(Unit::Millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_system_is_that_of_the_longest_mount_point() {
        let mounts = "1 0 8:1 / / rw - ext4 /dev/a rw\n2 1 0:5 / /tmp rw,x shared:1 - tmpfs t rw\n3 1 0:6 / /t rw - xfs x rw";
        assert_eq!(file_system(mounts, Path::new("/tmp/a")), "tmpfs");
        assert_eq!(file_system(mounts, Path::new("/var/a")), "ext4");
        assert_eq!(file_system("", Path::new("/var/a")), "unknown");
    }
}
