//! Codex itself, which reads every rollout of a home that it has no database of.
//!
//! With a program in `THREAD_STORE_CODEX`, what is timed is from its start to its first answer.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Failure;

/// What it takes for a file, as was measured where it was there.
const FILE: Duration = Duration::from_millis(1);

/// A provider that exists and is never asked, and nothing that looks into the network by itself.
const CONFIG: &str = r#"
model = "mock-mini"
model_provider = "mock"
check_for_update_on_startup = false
[features]
apps = false
plugins = false
remote_plugin = false
[analytics]
enabled = false
[skills.bundled]
enabled = false
[model_providers.mock]
name = "Mock"
base_url = "http://127.0.0.1:9/v1"
wire_api = "responses"
supports_websockets = false
"#;

/// Codex on a home of its own, or the constant where it is not there.
#[derive(Debug)]
pub(crate) enum Codex {
    Program { program: PathBuf, home: PathBuf, user: PathBuf },
    Constant { files: u32 },
}

impl Codex {
    /// Codex on this home, in which there are so many rollouts. The other folder is its user's.
    pub(crate) fn new(home: PathBuf, user: PathBuf, files: usize) -> Result<Self, Failure> {
        let named = std::env::var_os("THREAD_STORE_CODEX").filter(|path| !path.is_empty());
        let Some(program) = named.map(PathBuf::from) else {
            return Ok(Self::Constant { files: u32::try_from(files)? });
        };
        fs::create_dir_all(&user)?;
        fs::write(home.join("config.toml"), CONFIG)?;
        Ok(Self::Program { program, home, user })
    }

    /// What the report calls it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Program { .. } => "Codex, started on the home, times faster",
            Self::Constant { .. } => "Codex, taken to need 1 ms a file, times faster",
        }
    }

    /// How long it takes until it answers, on a home that it has no database of.
    pub(crate) fn first_answer(&self) -> Result<Duration, Failure> {
        match self {
            Self::Constant { files } => Ok(FILE * *files),
            Self::Program { program, home, user } => {
                forget(home)?;
                let start = Instant::now();
                let mut server = Server(command(program, home, user)?.spawn()?);
                server.shake_hands()?;
                Ok(start.elapsed())
            }
        }
    }
}

/// Takes away its databases.
fn forget(home: &Path) -> Result<(), Failure> {
    for entry in fs::read_dir(home)? {
        let path = entry?.path();
        if path.extension().is_some_and(|it| it.to_string_lossy().contains("sqlite")) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn command(program: &Path, home: &Path, user: &Path) -> Result<Command, Failure> {
    let mut command = Command::new(program);
    command
        .arg("app-server")
        .current_dir(user)
        .env("CODEX_HOME", home)
        .env("HOME", user)
        .env("TZ", "UTC")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(File::create(user.join("log"))?);
    Ok(command)
}

/// Killed when it is dropped.
struct Server(Child);

impl Server {
    /// Asks for the first thing that clients ask for, and waits for the answer.
    fn shake_hands(&mut self) -> Result<(), Failure> {
        let client = json!({"name": "benchmark", "version": "1"});
        let ask = json!({"id": 1, "method": "initialize", "params": {"clientInfo": client}});
        writeln!(self.0.stdin.as_mut().ok_or("no way to ask")?, "{ask}")?;
        let answers = BufReader::new(self.0.stdout.as_mut().ok_or("no way to answer")?);
        for line in answers.lines() {
            let message: Value = serde_json::from_str(&line?)?;
            if message["id"] == json!(1) {
                return message.get("error").map_or(Ok(()), |error| Err(error.to_string().into()));
            }
        }
        Err("Codex ended without an answer".into())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
