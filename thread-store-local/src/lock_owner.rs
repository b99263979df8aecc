//! Which process holds the lock on a file, for people: so that they know what to close.

use std::fs::Metadata;

use thread_store::Holder;

/// Who holds the lock (`flock(2)`) on a file, as far as can be told: on Linux, of processes that can
/// be seen from here. It may have let go of it by now.
#[cfg(target_os = "linux")]
pub(crate) fn owner_of(file: &Metadata) -> Option<Holder> {
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    linux::owner(&locks, file).map(linux::holder)
}

/// Whether the process that held a lock runs no more: it has left it to one that it was starting,
/// which has its open files until it runs itself.
#[cfg(target_os = "linux")]
pub(crate) fn is_gone(holder: &Holder) -> bool {
    holder.process.is_some_and(|it| !std::path::Path::new(&format!("/proc/{it}")).exists())
}

/// Nobody knows here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn is_gone(_: &Holder) -> bool {
    false
}

/// Nobody knows here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn owner_of(_: &Metadata) -> Option<Holder> {
    None
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::Metadata;
    use std::os::linux::fs::MetadataExt as _;

    use rustix::fs::{major, minor};
    use thread_store::Holder;

    /// Finds the process in the text of `/proc/locks` (`proc_locks(5)`).
    pub(super) fn owner(locks: &str, file: &Metadata) -> Option<i32> {
        let owners = || locks.lines().filter_map(lock).filter(|lock| lock.inode == file.st_ino());
        let device = (major(file.st_dev()), minor(file.st_dev()));
        let exact = owners().find(|lock| lock.device == device);
        // Some file systems (btrfs, overlays) tell another device here than there.
        exact
            .or_else(|| owners().find(|lock| has_open(lock.process, file)))
            .map(|lock| lock.process)
    }

    struct Lock {
        process: i32,
        device: (u32, u32),
        inode: u64,
    }

    /// `3: FLOCK  ADVISORY  WRITE 1234 fe:00:5678 0 EOF`; those who wait have an arrow before the kind.
    fn lock(line: &str) -> Option<Lock> {
        let fields: Vec<_> = line.split_whitespace().skip(1).take(5).collect();
        let &["FLOCK", _, _, process, place] = fields.as_slice() else { return None };
        let mut place = place.splitn(3, ':');
        let mut device = || u32::from_str_radix(place.next()?, 16).ok();
        Some(Lock {
            process: process.parse().ok()?,
            device: (device()?, device()?),
            inode: place.next()?.parse().ok()?,
        })
    }

    fn has_open(process: i32, file: &Metadata) -> bool {
        let Ok(open) = std::fs::read_dir(format!("/proc/{process}/fd")) else { return false };
        open.flatten()
            .filter_map(|open| open.path().metadata().ok())
            .any(|open| (open.st_dev(), open.st_ino()) == (file.st_dev(), file.st_ino()))
    }

    /// Of another namespace there is no number that means something here.
    pub(super) fn holder(process: i32) -> Holder {
        let process = u32::try_from(process).ok().filter(|process| *process > 0);
        let name = process.and_then(|it| std::fs::read_to_string(format!("/proc/{it}/comm")).ok());
        let name = name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        let mut holder = Holder::new(name.unwrap_or("another program"));
        holder.process = process;
        holder.host = rustix::system::uname().nodename().to_str().ok().map(str::to_owned);
        holder
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
