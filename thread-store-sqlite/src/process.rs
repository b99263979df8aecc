//! Which process holds a lease, and whether it is still there.

use thread_store::Holder;

/// A holder for this process, from which other processes of this machine can tell whether it is
/// still alive.
#[must_use]
pub fn this_process(label: impl Into<String>) -> Holder {
    let holder = Holder::new(label).with_process(std::process::id());
    let holder = match host() {
        Some(host) => holder.with_host(host),
        None => holder,
    };
    match incarnation(std::process::id()) {
        Some(incarnation) => holder.with_incarnation(incarnation),
        None => holder,
    }
}

/// Whether it can be told here at all.
pub(crate) fn can_tell() -> bool {
    machine().is_some()
}

/// Whether the holder is known to be dead: a process of this machine that is gone.
pub(crate) fn is_dead(holder: &Holder) -> bool {
    let (Some(process), Some(then)) = (holder.process, holder.incarnation.as_deref()) else {
        return false;
    };
    if holder.host.is_none() || holder.host != host() {
        return false;
    }
    match (machine(), then.rsplit_once('/')) {
        // The same run of the machine and the same table of processes: the number means something.
        (Some(machine), Some((its_machine, _))) if machine == its_machine => match look(process) {
            Process::Gone => true,
            Process::There(now) => now != then,
            Process::Hidden => false,
        },
        _ => false,
    }
}

/// What can be seen of a process.
enum Process {
    Gone,
    /// With what tells it from others that had its number: the machine and the tick it was started at.
    There(String),
    Hidden,
}

fn host() -> Option<String> {
    #[cfg(unix)]
    return rustix::system::uname().nodename().to_str().ok().map(str::to_owned);
    #[cfg(not(unix))]
    return None;
}

/// This run of the machine, and the table that process numbers are of (Linux: `proc(5)`,
/// `pid_namespaces(7)`).
fn machine() -> Option<String> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = std::fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{}/{}", boot.trim(), namespace.to_str()?))
}

fn look(process: u32) -> Process {
    match std::fs::read_to_string(format!("/proc/{process}/stat")) {
        Ok(status) => started(&status).map_or(Process::Hidden, |state| state),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !answers(process) => {
            Process::Gone
        }
        Err(_) => Process::Hidden,
    }
}

/// Whether there is such a process, which may be hidden from us (`hidepid`, `proc(5)`).
fn answers(process: u32) -> bool {
    let process = i32::try_from(process).ok().and_then(rustix::process::Pid::from_raw);
    let asked = process.map(rustix::process::test_kill_process);
    !matches!(asked, None | Some(Err(rustix::io::Errno::SRCH)))
}

/// Reads a line of `/proc/PID/stat` (`proc_pid_stat(5)`).
fn started(status: &str) -> Option<Process> {
    // The second field is the program's name in parentheses, which may contain anything.
    let (_, fields) = status.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    // A process that nobody has waited for yet has ended all the same.
    if matches!(fields.next()?, "Z" | "X") {
        return Some(Process::Gone);
    }
    Some(Process::There(format!("{}/{}", machine()?, fields.nth(18)?)))
}

fn incarnation(process: u32) -> Option<String> {
    match look(process) {
        Process::There(incarnation) => Some(incarnation),
        Process::Gone | Process::Hidden => None,
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_alive_and_one_that_ended_is_dead() {
        let me = this_process("me");
        assert!(!is_dead(&me));

        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let mut holder = this_process("child").with_process(child.id());
        holder.incarnation = incarnation(child.id());
        assert!(!is_dead(&holder));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(is_dead(&holder));
    }

    #[test]
    fn nobody_is_dead_of_whom_too_little_is_known() {
        let me = this_process("me");
        let mut elsewhere = me.clone().with_host("another machine");
        elsewhere.process = Some(u32::MAX);
        assert!(!is_dead(&elsewhere));
        assert!(!is_dead(&Holder::new("a label")));
        let mut other_boot = me.with_incarnation("another-boot/pid:[1]/17");
        other_boot.process = Some(u32::MAX);
        assert!(!is_dead(&other_boot));
    }

    #[test]
    fn a_number_that_was_given_again_does_not_keep_its_former_holder_alive() {
        let mut reused = this_process("me");
        let (machine, _) = reused.incarnation.as_deref().unwrap().rsplit_once('/').unwrap();
        reused.incarnation = Some(format!("{machine}/1"));
        assert!(is_dead(&reused));
    }
}
