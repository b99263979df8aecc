//! Repeating calls while a store is unavailable.

use std::hash::Hasher;
use std::time::Duration;

use siphasher::sip::SipHasher13;

use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::id::ThreadId;

/// How often, and how long, a call is repeated that is *unavailable*.
///
/// Only calls are repeated of which a repetition is recognised: appends (rule A5), creations and
/// edits (by their request ids), and what changes nothing the second time.
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
    pub(crate) async fn run<T, F>(
        &self,
        thread_id: ThreadId,
        mut call: impl FnMut() -> F,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let (mut attempt, mut unknown) = (1, false);
        loop {
            let error = match call().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let ErrorKind::Unavailable { outcome, retry_after } = error.kind() else {
                return Err(error);
            };
            unknown |= *outcome == Outcome::Unknown;
            if attempt >= self.attempts {
                return Err(if unknown { as_unknown(error) } else { error });
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

/// What a failure says of a call that may have been done before, and whether that is still open: it is,
/// if the store is unavailable and an attempt, now or before, is of unknown outcome.
pub(super) fn verdict(error: Error, was_in_doubt: bool) -> (Error, bool) {
    match outcome(&error) {
        None => (error, false),
        Some(Outcome::NothingDone) if !was_in_doubt => (error, false),
        Some(_) => (as_unknown(error), true),
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
