use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::os::linux::fs::MetadataExt as _;
use std::process::{Child, Command, Stdio};

use super::*;

const CHILD_FILE: &str = "THREAD_STORE_TEST_LOCK";

/// A process that holds the lock until it is killed.
fn holding(path: &std::path::Path) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "lock_owner::tests::holds_a_lock_until_it_is_killed"])
        .args(["--ignored", "--nocapture"])
        .env(CHILD_FILE, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.ends_with("locked")));
    child
}

#[test]
#[ignore = "run by another test, and killed"]
fn holds_a_lock_until_it_is_killed() {
    let Some(path) = std::env::var_os(CHILD_FILE) else { return };
    let file = File::open(path).unwrap();
    file.lock().unwrap();
    println!("\nlocked");
    loop {
        std::thread::park();
    }
}

#[test]
fn the_process_that_holds_the_lock_is_named_until_it_ends() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let meta = file.as_file().metadata().unwrap();
    assert_eq!(owner_of(&meta), None);

    let mut child = holding(file.path());
    let owner = owner_of(&meta).unwrap();
    assert_eq!(owner.process, Some(child.id()));
    let name = std::fs::read_to_string(format!("/proc/{}/comm", child.id())).unwrap();
    assert_eq!(owner.label, name.trim());
    assert!(owner.host.is_some_and(|host| !host.is_empty()));

    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(owner_of(&meta), None);
}

#[test]
fn only_locks_of_that_kind_on_that_file_count() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let meta = file.as_file().metadata().unwrap();
    let device = format!(
        "{:02x}:{:02x}",
        rustix::fs::major(meta.st_dev()),
        rustix::fs::minor(meta.st_dev())
    );
    let (inode, me) = (meta.st_ino(), std::process::id().cast_signed());
    let owner = |line: String| linux::owner(&line, &meta);
    let held = |process| format!("9: FLOCK  ADVISORY  WRITE {process} {device}:{inode} 0 EOF");

    assert_eq!(owner(held(77)), Some(77));
    assert_eq!(owner(format!("1: nonsense\n\n{}", held(77))), Some(77));
    assert_eq!(owner(held(77).replace("FLOCK", "-> FLOCK")), None);
    assert_eq!(owner(held(77).replace("FLOCK", "POSIX")), None);
    assert_eq!(owner(held(77).replace(&format!(":{inode} "), ":1 ")), None);
    // Another device, but a process that has the file open.
    let elsewhere = |process| held(process).replace(&device, "ee:ee");
    assert_eq!(owner(elsewhere(i32::MAX)), None);
    assert_eq!(owner(elsewhere(me)), Some(me));
}

#[test]
fn a_process_that_cannot_be_seen_is_another_program() {
    for process in [0, -1] {
        let holder = linux::holder(process);
        assert_eq!((holder.label.as_str(), holder.process), ("another program", None));
    }
    let gone = linux::holder(i32::MAX);
    assert_eq!((gone.label.as_str(), gone.process), ("another program", Some(i32::MAX as u32)));
}
