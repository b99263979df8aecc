//! Records as lines of a rollout.

use thread_store::RolloutItem;

/// Behind a record that this store appends to a rollout, before the line feed. White space around a
/// record means nothing to any reader; to us it says that the record is ours.
pub(crate) const MARK: &[u8] = b" \n";

/// How lines of a file are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Numbering {
    /// Records as they are.
    Legacy,
    /// Each with its number, the first of which is this.
    Paginated(u64),
}

impl Numbering {
    pub(crate) fn of(mode: Option<&str>, first: u64) -> Self {
        if mode == Some("paginated") { Self::Paginated(first) } else { Self::Legacy }
    }

    /// The number of the next record, if they have one, and then of the one after it.
    pub(crate) fn take(&mut self) -> Option<u64> {
        match self {
            Self::Legacy => None,
            Self::Paginated(next) => {
                let number = *next;
                *next = number.saturating_add(1);
                Some(number)
            }
        }
    }
}

/// Lines that were written into a buffer.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    pub(crate) text: Vec<u8>,
    /// Bytes of each.
    pub(crate) lengths: Vec<u32>,
    pub(crate) last_number: Option<u64>,
}

impl Lines {
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.lengths.clear();
        self.last_number = None;
    }

    pub(crate) fn push(&mut self, item: &RolloutItem, number: Option<u64>, end: &[u8]) {
        let start = self.text.len();
        match number {
            None => self.text.extend_from_slice(item.as_bytes()),
            Some(number) => {
                self.text.extend_from_slice(item.with_line_ordinal(number).as_bytes());
                self.last_number = Some(number);
            }
        }
        self.text.extend_from_slice(end);
        let length = self.text.len() - start;
        // No store takes an item of 4 GiB.
        self.lengths.push(u32::try_from(length).unwrap_or(u32::MAX));
    }
}
