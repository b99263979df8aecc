//! Tasks: writes of any kind, several in one transaction.

use futures::FutureExt as _;
use futures::future::BoxFuture;
use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::oneshot;

use super::Work;
use super::appends::Threads;
use crate::error::{Result, SqliteError, is_busy};

/// A write that waits for its turn.
pub(super) trait Task: Send {
    /// Whether anybody waits for it still. What nobody waits for is never begun.
    fn is_wanted(&self) -> bool;

    /// Does it; answers whether it succeeded. If not, whatever it wrote is taken back.
    fn run<'a>(&'a mut self, connection: &'a mut SqliteConnection) -> BoxFuture<'a, bool>;

    /// Tells the caller how it ended, after the commit or instead of it.
    fn answer(self: Box<Self>, end: thread_store::Result<()>, threads: &mut Threads);
}

/// Work, its result until it is committed, and who waits for it.
pub(super) struct Call<T> {
    work: Option<Work<T>>,
    result: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
    /// The threads whose next append has to look at them first.
    forgets: Vec<i64>,
}

impl<T> Call<T> {
    pub(super) fn new(work: Work<T>, reply: oneshot::Sender<Result<T>>) -> Self {
        Self { work: Some(work), result: None, reply, forgets: Vec::new() }
    }

    pub(super) fn forgetting(self, keys: Vec<i64>) -> Self {
        Self { forgets: keys, ..self }
    }
}

impl<T: Send> Task for Call<T> {
    fn is_wanted(&self) -> bool {
        !self.reply.is_closed()
    }

    fn run<'a>(&'a mut self, connection: &'a mut SqliteConnection) -> BoxFuture<'a, bool> {
        async move {
            if let Some(work) = self.work.take() {
                self.result = Some(work(connection).await);
            }
            matches!(self.result, Some(Ok(_)))
        }
        .boxed()
    }

    fn answer(self: Box<Self>, end: thread_store::Result<()>, threads: &mut Threads) {
        threads.forget_keys(&self.forgets);
        // Who has left does not want to know.
        self.reply.send(concluded(end, self.result)).ok();
    }
}

/// What a caller is told whose task had this result, in a transaction that ended so.
pub(super) fn concluded<T>(end: thread_store::Result<()>, result: Option<Result<T>>) -> Result<T> {
    match (end, result) {
        // What failed by itself has changed nothing, however the transaction ended.
        (_, Some(Err(error))) => Err(error),
        (Ok(()), Some(answer)) => answer,
        (Ok(()), None) => Err(SqliteError::Aborted),
        (Err(error), _) => Err(error.into()),
    }
}

/// How a transaction ended.
pub(super) struct End {
    pub(super) result: thread_store::Result<()>,
    /// Whether the connection can be used again.
    pub(super) sound: bool,
}

/// Runs the tasks in one transaction.
pub(super) async fn transact(
    connection: &mut SqliteConnection,
    tasks: &mut [Box<dyn Task>],
) -> End {
    let mut transaction = match connection.begin_with("BEGIN IMMEDIATE").await {
        Ok(transaction) => transaction,
        Err(error) => {
            let sound = is_busy(&error);
            return End { result: Err(SqliteError::from(error).into()), sound };
        }
    };
    match run_all(&mut transaction, tasks).await {
        Ok(true) => {
            let committed = transaction.commit().await.map_err(SqliteError::Commit);
            End { sound: committed.is_ok(), result: committed.map_err(Into::into) }
        }
        Ok(false) => End { sound: transaction.rollback().await.is_ok(), result: Ok(()) },
        Err(error) => {
            End { sound: transaction.rollback().await.is_ok(), result: Err(error.into()) }
        }
    }
}

/// Answers whether there is anything to commit. One that is alone needs no savepoint.
async fn run_all(connection: &mut SqliteConnection, tasks: &mut [Box<dyn Task>]) -> Result<bool> {
    if let [task] = tasks {
        return Ok(task.run(connection).await);
    }
    let mut written = false;
    for task in tasks {
        let mut savepoint = connection.begin().await?;
        if task.run(&mut savepoint).await {
            savepoint.commit().await?;
            written = true;
        } else {
            savepoint.rollback().await?;
        }
    }
    Ok(written)
}
