//! What a log has of one rollout, put together.

/// Bytes that follow each other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Extent {
    pub(super) start: u64,
    pub(super) bytes: Vec<u8>,
}

/// What a log has of one rollout, in the order of its offsets. What lies between was synced.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Extents(Vec<Extent>);

impl Extent {
    pub(super) fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    /// Takes in what was written later, if it begins in this one or just behind it.
    fn take(&mut self, start: u64, bytes: &[u8]) -> bool {
        let at = start.checked_sub(self.start).and_then(|at| usize::try_from(at).ok());
        let Some(at) = at.filter(|at| *at <= self.bytes.len()) else { return false };
        let inside = bytes.len().min(self.bytes.len() - at);
        self.bytes[at..at + inside].copy_from_slice(&bytes[..inside]);
        self.bytes.extend_from_slice(&bytes[inside..]);
        true
    }
}

impl Extents {
    /// Adds a record: the later one counts.
    pub(super) fn add(&mut self, start: u64, bytes: &[u8]) {
        if start == 0 {
            // All of a file that nothing was known of: what was logged before is in it, or is of
            // another file.
            self.0.clear();
        }
        let taken = self.0.last_mut().is_some_and(|last| last.take(start, bytes));
        if !taken {
            self.0.push(Extent { start, bytes: bytes.to_vec() });
        }
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Extent> {
        self.0.iter()
    }

    /// Whether nothing of the rollout is needed to make it.
    pub(super) fn are_from_the_start(&self) -> bool {
        self.0.first().is_some_and(|first| first.start == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extents(records: &[(u64, &[u8])]) -> Vec<(u64, Vec<u8>)> {
        let mut extents = Extents::default();
        records.iter().for_each(|(start, bytes)| extents.add(*start, bytes));
        extents.iter().map(|it| (it.start, it.bytes.clone())).collect()
    }

    #[test]
    fn records_that_follow_each_other_become_one_extent() {
        assert_eq!(extents(&[(4, b"ab"), (6, b"cd")]), [(4, b"abcd".to_vec())]);
        assert_eq!(extents(&[(4, b"ab"), (9, b"cd")]), [(4, b"ab".to_vec()), (9, b"cd".to_vec())]);
    }

    #[test]
    fn of_records_that_overlap_the_later_one_counts() {
        assert_eq!(extents(&[(4, b"abcd"), (6, b"xyz")]), [(4, b"abxyz".to_vec())]);
        assert_eq!(extents(&[(4, b"abcd"), (5, b"x")]), [(4, b"axcd".to_vec())]);
    }

    #[test]
    fn a_record_from_the_start_is_the_whole_file() {
        assert_eq!(extents(&[(4, b"abcd"), (0, b"x")]), [(0, b"x".to_vec())]);
    }
}
