//! The program over a store of its own.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

pub(crate) struct Program {
    pub(crate) folder: TempDir,
    store: String,
}

/// What a run answered.
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) out: Vec<u8>,
    pub(crate) err: String,
}

impl Program {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = format!("sqlite:{}", folder.path().join("data/threads.db").display());
        Self { folder, store }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file in the folder of the test.
    pub(crate) fn file(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, contents).unwrap();
        path
    }

    pub(crate) fn run(&self, args: &[&str]) -> Answer {
        self.run_on(&self.store, args)
    }

    pub(crate) fn run_on(&self, store: &str, args: &[&str]) -> Answer {
        let output = Command::cargo_bin("thread-store")
            .unwrap()
            .env_remove("THREAD_STORE_LOG")
            .current_dir(self.folder.path())
            .args(["--store", store])
            .args(args)
            .output()
            .unwrap();
        Answer {
            code: output.status.code().unwrap_or(-1),
            out: output.stdout,
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The JSON lines of a run that succeeds.
    pub(crate) fn json(&self, args: &[&str]) -> Vec<Value> {
        let answer = self.run(&[args, &["--json"]].concat());
        assert_eq!(answer.code, 0, "{args:?}: {}", answer.err);
        answer.lines()
    }

    /// A run that fails with this code in its JSON.
    pub(crate) fn fails(&self, args: &[&str], code: &str) -> Value {
        let answer = self.run(&[args, &["--json"]].concat());
        assert_eq!(answer.code, 1, "{args:?}");
        let error: Value = serde_json::from_str(answer.err.trim()).unwrap();
        assert_eq!(error["error"]["code"], code, "{args:?}: {error}");
        error
    }

    pub(crate) fn import(&self, path: &Path) -> Vec<Value> {
        self.json(&["import", path.to_str().unwrap()])
    }
}

impl Answer {
    pub(crate) fn lines(&self) -> Vec<Value> {
        let text = std::str::from_utf8(&self.out).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.out).unwrap()
    }
}

/// The sample home that ships with the program.
pub(crate) fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}
