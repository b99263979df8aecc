//! Many entries as one value: rows cost more to fetch than what is in them.
//!
//! An entry is its length and checksum (CRC-32 of what follows), the length of its path, its stamp,
//! the path, the facts; all numbers little-endian. One that does not fit its checksum is passed
//! over, and so is all that follows a length that leads out of the pack.

use super::IndexEntry;
use crate::stamp::Stamp;

/// Length and checksum.
const HEAD: usize = 8;

pub(super) fn put(pack: &mut Vec<u8>, entry: &IndexEntry) {
    let start = pack.len();
    pack.extend([0; HEAD]);
    pack.extend(length(&entry.path).to_le_bytes());
    pack.extend(entry.stamp.size.to_le_bytes());
    pack.extend(entry.stamp.modified.to_le_bytes());
    pack.extend(entry.stamp.inode.to_le_bytes());
    pack.extend(&entry.path);
    pack.extend(&entry.facts);
    let body = &pack[start + HEAD..];
    let (length, checksum) = (length(body), crc32fast::hash(body));
    pack[start..start + 4].copy_from_slice(&length.to_le_bytes());
    pack[start + 4..start + HEAD].copy_from_slice(&checksum.to_le_bytes());
}

/// The entries that are as they were written.
pub(super) fn entries(pack: &[u8]) -> impl Iterator<Item = IndexEntry> {
    let mut rest = pack;
    std::iter::from_fn(move || {
        let length = usize::try_from(number::<4>(&mut rest).map(u32::from_le_bytes)?).ok()?;
        let checksum = number::<4>(&mut rest).map(u32::from_le_bytes)?;
        let (body, after) = rest.split_at_checked(length)?;
        rest = after;
        Some((body, checksum))
    })
    .filter(|(body, checksum)| crc32fast::hash(body) == *checksum)
    .filter_map(|(body, _)| entry(body))
}

fn entry(mut body: &[u8]) -> Option<IndexEntry> {
    let path = usize::try_from(number(&mut body).map(u32::from_le_bytes)?).ok()?;
    let stamp = Stamp {
        size: number(&mut body).map(u64::from_le_bytes)?,
        modified: number(&mut body).map(i64::from_le_bytes)?,
        inode: number(&mut body).map(u64::from_le_bytes)?,
    };
    let (path, facts) = body.split_at_checked(path)?;
    Some(IndexEntry { path: path.to_vec(), stamp, facts: facts.to_vec() })
}

fn number<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (number, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*number)
}

/// One that is too long for its field fits no checksum when it is read.
fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(n: u8) -> IndexEntry {
        let stamp = Stamp { size: u64::MAX - u64::from(n), modified: -5, inode: 7 };
        IndexEntry { path: vec![0xff, n, 0], stamp, facts: vec![n; usize::from(n) * 10] }
    }

    fn packed(entries: &[IndexEntry]) -> Vec<u8> {
        let mut pack = Vec::new();
        entries.iter().for_each(|entry| put(&mut pack, entry));
        pack
    }

    #[test]
    fn entries_come_out_as_they_went_in() {
        let all: Vec<_> = (0..9).map(sample).collect();
        assert_eq!(entries(&packed(&all)).collect::<Vec<_>>(), all);
        assert_eq!(entries(&[]).count(), 0);
    }

    #[test]
    fn every_flipped_byte_costs_entries_and_changes_none() {
        let all: Vec<_> = (0..4).map(sample).collect();
        let pack = packed(&all);
        for place in 0..pack.len() {
            for bit in 0..8 {
                let mut damaged = pack.clone();
                damaged[place] ^= 1 << bit;
                let found: Vec<_> = entries(&damaged).collect();
                assert!(found.len() < all.len(), "byte {place}");
                assert!(found.iter().all(|entry| all.contains(entry)), "byte {place}");
            }
        }
    }

    #[test]
    fn a_pack_that_is_cut_off_gives_what_comes_before() {
        let all: Vec<_> = (0..4).map(sample).collect();
        let pack = packed(&all);
        for length in 0..pack.len() {
            let found: Vec<_> = entries(&pack[..length]).collect();
            assert!(found.len() < all.len());
            assert_eq!(found, all[..found.len()]);
        }
    }
}
