//! How many operations, and which.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::str::FromStr;

/// How long the comparison runs, and on which operations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// The same seed makes the same operations.
    pub seed: u64,
    /// How many sequences of operations, each over empty data.
    pub cases: u32,
    /// The most operations in one sequence.
    pub steps: usize,
}

const SEED: &str = "THREAD_STORE_MODEL_SEED";
const CASES: &str = "THREAD_STORE_MODEL_CASES";
const STEPS: &str = "THREAD_STORE_MODEL_STEPS";

impl Default for Settings {
    /// The same few seconds of work every time.
    fn default() -> Self {
        Self { seed: 1, cases: 48, steps: 120 }
    }
}

impl Settings {
    /// The defaults, save for what the environment says: `THREAD_STORE_MODEL_SEED` (a number, or
    /// `random`), `THREAD_STORE_MODEL_CASES` and `THREAD_STORE_MODEL_STEPS`.
    ///
    /// # Panics
    ///
    /// If a variable is set to something else.
    #[must_use]
    pub fn from_env() -> Self {
        let default = Self::default();
        let random = std::env::var(SEED).is_ok_and(|value| value == "random");
        Self {
            seed: if random {
                RandomState::new().hash_one(())
            } else {
                number(SEED).unwrap_or(default.seed)
            },
            cases: number(CASES).unwrap_or(default.cases),
            steps: number(STEPS).unwrap_or(default.steps),
        }
    }
}

#[allow(clippy::panic)] // A setting that is misspelt must not be passed over.
fn number<T: FromStr>(name: &str) -> Option<T> {
    let value = std::env::var(name).ok()?;
    match value.parse() {
        Ok(number) => Some(number),
        Err(_) => panic!("{name} is {value:?}, not a number"),
    }
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, cases, steps } = self;
        write!(f, "{SEED}={seed} {CASES}={cases} {STEPS}={steps}")
    }
}
