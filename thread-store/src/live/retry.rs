//! Repeating calls while a store is unavailable.

use std::hash::Hasher;
use std::time::Duration;

use siphasher::sip::SipHasher13;

use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::id::ThreadId;

/// How often, and how long, a call is repeated that is *unavailable*.
///
/// Appends (rule A5), creations and edits (by their request ids) are recognised when they are repeated; the
/// other calls change nothing the second time, or whoever makes them knows what the first one did.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Retry {
    /// How often a call is made at most; at least once in any case.
    pub attempts: u32,
    /// The wait before the first repetition. It doubles each time, and up to half of it is left
    /// off, so that many threads do not come back at once.
    pub first_wait: Duration,
    /// The longest wait, also where the store asks for a longer one.
    pub longest_wait: Duration,
}

impl Retry {
    /// Calls are made once.
    #[must_use]
    pub fn never() -> Self {
        Self { attempts: 1, ..Self::default() }
    }

    /// Calls are made so often at most.
    #[must_use]
    pub fn with_attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// Waits are from `first`, doubling, to `longest`.
    #[must_use]
    pub fn with_waits(mut self, first: Duration, longest: Duration) -> Self {
        (self.first_wait, self.longest_wait) = (first, longest);
        self
    }

    /// Makes a call until it is not *unavailable* or was made often enough. What failed is of unknown
    /// outcome if any of the attempts was.
    pub(crate) async fn run<T, F>(&self, thread_id: ThreadId, call: impl FnMut() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        self.attempt(thread_id, call).await.map_err(Failure::into_error)
    }

    /// The same, for who has to know whether an attempt may have been done.
    pub(super) async fn attempt<T, F>(
        &self,
        thread_id: ThreadId,
        mut call: impl FnMut() -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T>>,
    {
        let (mut attempt, mut maybe_done) = (1, false);
        loop {
            let error = match call().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let ErrorKind::Unavailable { outcome, retry_after } = error.kind() else {
                return Err(Failure { error, maybe_done });
            };
            maybe_done |= *outcome == Outcome::Unknown;
            if attempt >= self.attempts {
                return Err(Failure { error, maybe_done });
            }
            let wait = self.wait(thread_id, attempt, *retry_after);
            tracing::debug!(%thread_id, attempt, ?wait, code = error.code(), "repeating");
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    fn wait(&self, thread_id: ThreadId, attempt: u32, asked: Option<Duration>) -> Duration {
        let doubled = self.first_wait.saturating_mul(1 << (attempt - 1).min(16));
        let backoff =
            doubled.min(self.longest_wait).mul_f64(1.0 - jitter(thread_id, attempt) / 2.0);
        asked.map_or(backoff, |asked| backoff.max(asked)).min(self.longest_wait)
    }
}

impl Default for Retry {
    /// 6 attempts, with waits of 20 ms to 2 s: some 0.6 s in all, unless the store asks for more.
    fn default() -> Self {
        Self {
            attempts: 6,
            first_wait: Duration::from_millis(20),
            longest_wait: Duration::from_secs(2),
        }
    }
}

/// From 0 to 1, different for each thread and attempt.
fn jitter(thread_id: ThreadId, attempt: u32) -> f64 {
    let mut hasher = SipHasher13::new();
    hasher.write(thread_id.as_bytes());
    hasher.write_u32(attempt);
    f64::from((hasher.finish() >> 32) as u32) / f64::from(u32::MAX)
}

/// The error, if the store is unavailable: what it may have done.
pub(crate) fn outcome(error: &Error) -> Option<Outcome> {
    match error.kind() {
        ErrorKind::Unavailable { outcome, .. } => Some(*outcome),
        _ => None,
    }
}

/// Why a call failed in the end.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: Error,
    /// Whether an attempt of unknown outcome was made.
    pub(super) maybe_done: bool,
}

impl Failure {
    /// The failure of a call that may have been done before as well.
    pub(super) fn or_done_before(mut self, maybe_done: bool) -> Self {
        self.maybe_done |= maybe_done;
        self
    }

    /// Whether it is open if the call was done: the error does not tell.
    pub(super) fn is_open(&self) -> bool {
        self.maybe_done
            && matches!(
                self.error.kind(),
                ErrorKind::Unavailable { .. } | ErrorKind::Internal | ErrorKind::Corrupt { .. }
            )
    }

    /// What a caller is told: *unavailable* as long as it is open if the call was done.
    pub(super) fn into_error(self) -> Error {
        match self.error.kind() {
            _ if !self.is_open() => self.error,
            ErrorKind::Unavailable { .. } => as_unknown(self.error),
            _ => {
                let unknown = Error::unavailable(Outcome::Unknown);
                let thread_id = self.error.thread_id();
                let unknown =
                    thread_id.map_or(unknown.clone(), |thread_id| unknown.about(thread_id));
                unknown.because(self.error)
            }
        }
    }
}

/// The same failure, of unknown outcome.
pub(crate) fn as_unknown(error: Error) -> Error {
    with_outcome(error, Outcome::Unknown)
}

/// The same failure as one of a call that was not made at all.
pub(crate) fn as_nothing_done(error: Error) -> Error {
    with_outcome(error, Outcome::NothingDone)
}

fn with_outcome(error: Error, outcome: Outcome) -> Error {
    let ErrorKind::Unavailable { outcome: known, retry_after } = error.kind() else {
        return error;
    };
    if *known == outcome {
        return error;
    }
    let mut changed = Error::new(ErrorKind::Unavailable { outcome, retry_after: *retry_after });
    if let Some(operation) = error.operation() {
        changed = changed.during(operation);
    }
    if let Some(thread_id) = error.thread_id() {
        changed = changed.about(thread_id);
    }
    changed.because(error)
}
