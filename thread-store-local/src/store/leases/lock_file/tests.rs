use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use super::*;

const CHILD_FILE: &str = "THREAD_STORE_TEST_LOCK_FILE";

#[test]
#[ignore = "run by another test, and killed"]
fn holds_a_lock_and_starts_a_process_that_has_it_for_a_moment() {
    let Some(path) = std::env::var_os(CHILD_FILE) else { return };
    let file = open(Path::new(&path)).unwrap();
    file.lock().unwrap();
    rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty()).unwrap();
    #[expect(clippy::zombie_processes, reason = "this process is killed before")]
    let _child = Command::new("sleep").arg("0.2").stdout(Stdio::null()).spawn().unwrap();
    println!("\nlocked");
    loop {
        std::thread::park();
    }
}

#[test]
fn what_a_dead_process_left_to_one_that_it_was_starting_is_waited_for() {
    let home = tempfile::tempdir().unwrap();
    let layout = Layout::new(home.path().to_owned());
    let thread = ThreadId::generate();
    make_folder(&layout.locks()).unwrap();
    let path = layout.locks().join(format!("{thread}.lock"));
    let test = "holds_a_lock_and_starts_a_process_that_has_it_for_a_moment";
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("store::leases::lock_file::tests::{test}")])
        .args(["--ignored", "--nocapture"])
        .env(CHILD_FILE, &path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.ends_with("locked")));
    let held = LockFile::acquire(&layout, thread).unwrap_err();
    assert_eq!(held.code(), "conflict.held");

    child.kill().unwrap();
    child.wait().unwrap();
    LockFile::acquire(&layout, thread).unwrap();
}

#[test]
fn a_lock_that_is_given_up_is_free_while_a_process_that_is_being_started_has_the_file_open() {
    let home = tempfile::tempdir().unwrap();
    let layout = Layout::new(home.path().to_owned());
    let thread = ThreadId::generate();
    let lock = LockFile::acquire(&layout, thread).unwrap();
    let _inherited = lock.file.try_clone().unwrap();
    // Somebody takes or gives up a lock at this moment, so that the file stays.
    let others = open(&layout.locks().join(COORDINATION)).unwrap();
    others.lock_shared().unwrap();
    drop(lock);
    assert!(layout.locks().join(format!("{thread}.lock")).exists());
    LockFile::acquire(&layout, thread).unwrap();
}
