//! Telling how far opening a home has come.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Is told how many of how many rollouts were read.
#[derive(Clone)]
pub struct Progress(Arc<dyn Fn(usize, usize) + Send + Sync>);

impl<F: Fn(usize, usize) + Send + Sync + 'static> From<F> for Progress {
    fn from(tell: F) -> Self {
        Self(Arc::new(tell))
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Progress")
    }
}

/// Counts what is done, from several threads.
#[derive(Debug)]
pub(crate) struct Counter<'a> {
    progress: Option<&'a Progress>,
    done: AtomicUsize,
    all: usize,
}

impl<'a> Counter<'a> {
    pub(crate) fn new(progress: Option<&'a Progress>, all: usize) -> Self {
        Self { progress, done: AtomicUsize::new(0), all }
    }

    pub(crate) fn step(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if let Some(Progress(tell)) = self.progress {
            tell(done, self.all);
        }
    }
}
