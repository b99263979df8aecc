//! Whether the machine lost its memory since.

use thread_store::ThreadId;

/// Where Linux says which start of the system this is.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// Which start of the system something was done in. Two that are unknown are not the same.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Boot(Option<[u8; 16]>);

impl Boot {
    pub(crate) fn new(id: Option<[u8; 16]>) -> Self {
        Self(id)
    }

    /// This one, if the system tells.
    pub(crate) fn now() -> Self {
        let text = std::fs::read_to_string(BOOT_ID).ok();
        Self(text.and_then(|text| ThreadId::parse(text.trim()).ok()).map(|id| *id.as_bytes()))
    }

    pub(crate) fn is_same(self, other: Self) -> bool {
        self.0.is_some() && self.0 == other.0
    }

    pub(super) fn bytes(self) -> [u8; 16] {
        self.0.unwrap_or_default()
    }

    pub(super) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self((bytes != [0; 16]).then_some(bytes))
    }
}
