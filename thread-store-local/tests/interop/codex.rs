//! The driver: a running `codex app-server`, asked over its standard streams.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _, stderr};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Longer than Codex itself waits for a lock, which is 30 seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program to test with. Says so where there is none.
pub(crate) fn program() -> Option<PathBuf> {
    let named = std::env::var_os("THREAD_STORE_CODEX").filter(|path| !path.is_empty());
    let Some(program) = named.map(PathBuf::from) else {
        let current = thread::current();
        let test = current.name().unwrap_or("a test");
        // Not `eprintln`, of which nobody sees anything where a test passes.
        let word = format!("{test}: SKIPPED, THREAD_STORE_CODEX names no Codex program\n");
        stderr().write_all(word.as_bytes()).unwrap();
        return None;
    };
    assert!(program.is_file(), "THREAD_STORE_CODEX: {} is not there", program.display());
    Some(program)
}

/// A server on a home. It is killed when it is dropped.
pub(crate) struct Codex {
    server: Child,
    requests: Option<ChildStdin>,
    messages: Receiver<Value>,
    notifications: VecDeque<Value>,
    asked: u64,
    /// The user's folder, in which nothing but its log ever is.
    user: TempDir,
}

/// An error that it answered.
#[derive(Debug, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) code: i64,
    pub(crate) message: String,
}

impl Codex {
    /// Starts the program on a home and shakes hands.
    pub(crate) fn start(program: &Path, home: &Path) -> Self {
        let user = tempfile::tempdir().unwrap();
        let mut server = command(program, home, user.path()).spawn().unwrap();
        let (sender, messages) = channel();
        let lines = BufReader::new(server.stdout.take().unwrap()).lines();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let message = serde_json::from_str(&line).unwrap_or(Value::String(line));
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let requests = server.stdin.take();
        let notifications = VecDeque::new();
        let mut codex = Self { server, requests, messages, notifications, asked: 0, user };
        codex.shake_hands();
        codex
    }

    fn shake_hands(&mut self) {
        let client = json!({"name": "thread-store", "version": "1"});
        let capabilities = json!({"experimentalApi": true});
        self.ask("initialize", json!({"clientInfo": client, "capabilities": capabilities}));
        self.send(&json!({"method": "initialized", "params": {}}));
    }

    /// Asks, and expects an answer.
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Value {
        let told = params.to_string();
        self.call(method, params)
            .unwrap_or_else(|refusal| panic!("{method} {told}: {refusal:?}\n{}", self.log()))
    }

    /// Asks, and expects an error.
    pub(crate) fn refusal(&mut self, method: &str, params: Value) -> Refusal {
        let told = params.to_string();
        match self.call(method, params) {
            Err(refusal) => refusal,
            Ok(answer) => panic!("{method} {told} was not refused: {answer}"),
        }
    }

    /// Asks. Notifications that come meanwhile are kept.
    pub(crate) fn call(&mut self, method: &str, params: Value) -> Result<Value, Refusal> {
        self.asked += 1;
        let id = self.asked;
        self.send(&json!({"id": id, "method": method, "params": params}));
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut message = self.receive(deadline, method);
            if message.get("method").is_some() {
                self.notifications.push_back(message);
            } else if message["id"] == json!(id) {
                return match message.get("error") {
                    Some(error) => Err(refusal(error)),
                    None => Ok(message["result"].take()),
                };
            }
        }
    }

    /// Waits for a notification of this name, past others.
    pub(crate) fn notified(&mut self, name: &str) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let message = match self.notifications.pop_front() {
                Some(message) => message,
                None => self.receive(deadline, name),
            };
            if message["method"] == json!(name) {
                return message["params"].clone();
            }
        }
    }

    fn send(&mut self, message: &Value) {
        let requests = self.requests.as_mut().unwrap();
        writeln!(requests, "{message}").and_then(|()| requests.flush()).unwrap();
    }

    fn receive(&self, deadline: Instant, what: &str) -> Value {
        let left = deadline.saturating_duration_since(Instant::now());
        match self.messages.recv_timeout(left) {
            Ok(message) => message,
            Err(RecvTimeoutError::Timeout) => panic!("{what}: no answer\n{}", self.log()),
            Err(RecvTimeoutError::Disconnected) => panic!("{what}: it ended\n{}", self.log()),
        }
    }

    /// Ends it as a client does that has nothing more to ask: it releases what it holds.
    pub(crate) fn stop(mut self) {
        drop(self.requests.take());
        let deadline = Instant::now() + PATIENCE;
        while self.server.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "it does not end\n{}", self.log());
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(log_file(self.user.path())).unwrap_or_default()
    }
}

impl Drop for Codex {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn command(program: &Path, home: &Path, user: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .arg("app-server")
        .current_dir(user)
        .env("CODEX_HOME", home)
        .env("HOME", user)
        .env("TZ", "UTC")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(File::create(log_file(user)).unwrap());
    command
}

fn log_file(user: &Path) -> PathBuf {
    user.join("log")
}

fn refusal(error: &Value) -> Refusal {
    Refusal {
        code: error["code"].as_i64().unwrap_or_default(),
        message: error["message"].as_str().unwrap_or_default().to_owned(),
    }
}
