//! Progress of long work, on the terminal of a person.

use indicatif::{ProgressBar, ProgressStyle};

use super::Output;

/// A bar on standard error. It hides itself where standard error is no terminal.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    pub(crate) fn new(out: &Output, steps: usize) -> Self {
        if out.is_json() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new(steps as u64);
        match ProgressStyle::with_template("{bar:30} {pos}/{len} threads, {eta} left") {
            Ok(style) => Self(bar.with_style(style)),
            Err(_) => Self(bar),
        }
    }

    pub(crate) fn step(&self) {
        self.0.inc(1);
    }

    /// So many of so many steps were done.
    pub(crate) fn done(&self, done: usize, all: usize) {
        self.0.set_length(all as u64);
        self.0.set_position(done as u64);
    }

    /// The same, for what goes on in a store.
    pub(crate) fn of_home(out: &Output) -> thread_store_local::Progress {
        let bar = Self::new(out, 0);
        (move |done, all| bar.done(done, all)).into()
    }

    /// So many steps are left.
    pub(crate) fn left(&self, steps: usize) {
        self.0.set_position(self.0.length().unwrap_or_default().saturating_sub(steps as u64));
    }

    /// Prints something without disturbing the bar.
    pub(crate) fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.0.suspend(print)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
