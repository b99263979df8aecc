//! What a thread is doing.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// What a thread is doing, as far as this process knows. Never stored.
///
/// In JSON it has the form of the app-server protocol (`ThreadStatus`).
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
#[non_exhaustive]
pub enum ThreadStatus {
    /// It is in the store only.
    #[default]
    NotLoaded,
    /// It is loaded and no turn runs.
    Idle,
    /// A turn runs.
    Active {
        /// What the turn waits for; empty while it works.
        #[serde(rename = "activeFlags")]
        flags: BTreeSet<ActiveFlag>,
    },
    /// Its agent failed and does not go on by itself.
    SystemError,
}

/// What a running turn waits for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ActiveFlag {
    /// A person has to allow something.
    WaitingOnApproval,
    /// A person has to answer something.
    WaitingOnUserInput,
}

impl ThreadStatus {
    /// A turn runs, and waits for this.
    #[must_use]
    pub fn active(flags: impl IntoIterator<Item = ActiveFlag>) -> Self {
        Self::Active { flags: flags.into_iter().collect() }
    }

    /// Whether a turn runs.
    #[must_use]
    pub fn is_active(&self) -> bool {
        matches!(self, Self::Active { .. })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use ActiveFlag::{WaitingOnApproval, WaitingOnUserInput};

    fn table() -> [(ThreadStatus, Value); 6] {
        [
            (ThreadStatus::NotLoaded, json!({"type": "notLoaded"})),
            (ThreadStatus::Idle, json!({"type": "idle"})),
            (ThreadStatus::SystemError, json!({"type": "systemError"})),
            (ThreadStatus::active([]), json!({"type": "active", "activeFlags": []})),
            (
                ThreadStatus::active([WaitingOnApproval]),
                json!({"type": "active", "activeFlags": ["waitingOnApproval"]}),
            ),
            (
                ThreadStatus::active([WaitingOnUserInput, WaitingOnApproval]),
                json!({"type": "active", "activeFlags": ["waitingOnApproval", "waitingOnUserInput"]}),
            ),
        ]
    }

    #[test]
    fn a_status_is_written_and_read_as_the_protocol_has_it() {
        for (status, json) in table() {
            assert_eq!(serde_json::to_value(&status).unwrap(), json);
            assert_eq!(serde_json::from_value::<ThreadStatus>(json).unwrap(), status);
        }
    }

    #[test]
    fn only_a_running_turn_makes_a_thread_active() {
        for (status, json) in table() {
            assert_eq!(status.is_active(), json["type"] == "active");
        }
    }
}
