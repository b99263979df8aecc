//! Where the corpus is, and what is in it.

#![allow(dead_code)] // Not every test file uses all of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use thread_store_local::{Rollout, read_home};

/// The corpus, unpacked; nothing where there is none.
pub(crate) fn unpacked() -> Option<TempDir> {
    let shared = PathBuf::from(std::env::var_os("THREAD_STORE_SHARED")?);
    let dir = tempfile::tempdir().unwrap();
    let mut unpack = Command::new(shared.join("corpus/unpack"));
    assert!(unpack.arg(dir.path()).status().unwrap().success());
    Some(dir)
}

/// What the server answered about a home.
pub(crate) fn golden_file(dir: &Path, home: &str, path: &str) -> Value {
    let path = dir.join("golden").join(home).join(path);
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// All threads of a home.
pub(crate) fn rollouts(home: &Path) -> Vec<Rollout> {
    let home = read_home(home).unwrap();
    let threads = home.threads().iter();
    threads.map(|thread| home.read(thread).unwrap()).collect()
}
