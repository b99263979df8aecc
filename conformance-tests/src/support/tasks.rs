//! Operations at once, and operations that are dropped half-way.

use std::future::Future;

use tokio::task::JoinHandle;

use crate::case::{CaseResult, fail};

/// Runs them at once, on every thread of the runtime, and answers what each came to.
pub(crate) async fn at_once<F>(tasks: impl IntoIterator<Item = F>) -> CaseResult<Vec<F::Output>>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let running: Vec<_> = tasks.into_iter().map(tokio::spawn).collect();
    let mut answers = Vec::new();
    for task in running {
        answers.push(ended(task).await?);
    }
    Ok(answers)
}

/// What a task answered.
pub(crate) async fn ended<T>(task: JoinHandle<T>) -> CaseResult<T> {
    match task.await {
        Ok(answer) => Ok(answer),
        Err(error) => fail("a task", "an answer", error),
    }
}

/// How often the futures that are dropped in a case are polled before, one after the other: some
/// hardly begin, others come far.
pub(crate) fn polls() -> impl Iterator<Item = u32> {
    (0..36).map(|round| 1 << (round % 12))
}

/// Polls the future so often, unless it ends before, and drops it.
pub(crate) async fn dropped_after<F: Future>(polls: u32, future: F) -> Option<F::Output> {
    let mut future = Box::pin(future);
    for _ in 0..polls {
        if let std::task::Poll::Ready(answer) = futures::poll!(&mut future) {
            return Some(answer);
        }
        tokio::task::yield_now().await;
    }
    None
}
