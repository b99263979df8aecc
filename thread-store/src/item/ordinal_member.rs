//! Comparing and digesting records without the `ordinal` member that a file format adds to its lines.

use std::hash::Hasher;

use siphasher::sip::SipHasher13;

use super::Members;

/// The name of the member, as a file format writes it.
const NAME: &[u8] = b"\"ordinal\"";

/// Whether both texts are the same once the first `ordinal` member of each is taken out.
pub(super) fn equal_without(left: &[u8], right: &[u8]) -> bool {
    let (Some(left), Some(right)) = (Parts::of(left), Parts::of(right)) else {
        return false;
    };
    left.len() == right.len() && left.bytes().eq(right.bytes())
}

/// A stable number for the text once its first `ordinal` member is taken out.
pub(super) fn digest_without(json: &[u8]) -> u64 {
    let Parts(before, after) = Parts::of(json).unwrap_or(Parts(json, &[]));
    // To this hasher it is all one where the bytes are cut.
    let mut hasher = SipHasher13::new();
    hasher.write(before);
    hasher.write(after);
    hasher.finish()
}

/// The text before and after the member.
struct Parts<'a>(&'a [u8], &'a [u8]);

impl<'a> Parts<'a> {
    fn of(json: &'a [u8]) -> Option<Self> {
        let members = Members::of(json);
        let Some((_, value)) = members.iter().find(|(name, _)| *name == "ordinal") else {
            return Some(Self(json, &[]));
        };
        // `value` is a slice of `json`: its place is the difference of the addresses.
        let value = value.get().as_bytes();
        let value_at = (value.as_ptr() as usize).checked_sub(json.as_ptr() as usize)?;
        let name_at = json[..value_at].iter().rposition(|&byte| byte == b'o')?.checked_sub(1)?;
        // A name that is written with escapes is somebody's own, not one that a format added.
        if !json[name_at..].starts_with(NAME) {
            return Some(Self(json, &[]));
        }
        let mut end = value_at + value.len();
        let mut start = name_at;
        match next_token(json, end) {
            Some((at, b',')) => end = at + 1,
            // The last member: the comma before it goes, if there is one.
            _ => {
                if let Some(at) = json[..start].iter().rposition(|byte| !byte.is_ascii_whitespace())
                    && json[at] == b','
                {
                    start = at;
                }
            }
        }
        Some(Self(&json[..start], &json[end..]))
    }

    fn len(&self) -> usize {
        self.0.len() + self.1.len()
    }

    fn bytes(&self) -> impl Iterator<Item = &'a u8> {
        self.0.iter().chain(self.1)
    }
}

fn next_token(json: &[u8], from: usize) -> Option<(usize, u8)> {
    let at = from + json[from..].iter().position(|byte| !byte.is_ascii_whitespace())?;
    Some((at, json[at]))
}
