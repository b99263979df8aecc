//! Why the program failed.

use std::io::Write as _;

use thread_store::Error;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Store(#[from] Error),
    #[error("cannot write the output")]
    Output(#[from] std::io::Error),
    /// A home was looked over, and something is wrong with it.
    #[error("{0}")]
    Damaged(String),
    /// Everything else was done, and what went wrong was reported where it happened.
    #[error("{0}")]
    Partly(String),
}

impl Failure {
    /// Says on standard error what went wrong, for people or for machines.
    pub(crate) fn report(&self, json: bool) {
        let line = match (self, json) {
            (Self::Store(error), true) => serde_json::json!({ "error": error }).to_string(),
            (_, true) => {
                let error = serde_json::json!({ "code": self.code(), "message": self.to_string() });
                serde_json::json!({ "error": error }).to_string()
            }
            (_, false) => format!("error: {} [{}]", chain(self), self.code()),
        };
        // If nobody reads it, the exit code says it still.
        drop(writeln!(std::io::stderr(), "{line}"));
    }

    /// Stable, for machines.
    fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Output(_) => "output",
            Self::Damaged(_) => "damaged",
            Self::Partly(_) => "partly",
        }
    }
}

/// The error and its causes on one line; a cause that says nothing new is left out.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}
