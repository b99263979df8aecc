//! The `ordinal` member that a file format adds to its lines: what a record is without it, what it
//! says, and a record with another one.

use std::hash::Hasher;
use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use siphasher::sip::SipHasher13;

use super::{Members, glance, places};

/// The name of the member, as a file format writes it.
const NAME: &[u8] = b"\"ordinal\"";

static FIND_NAME: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(NAME));
/// How every character can be written that a name has.
static FIND_ESCAPE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\\u"));

/// Whether both texts are the same once the first `ordinal` member of each is taken out.
pub(super) fn equal_without(left: &[u8], right: &[u8]) -> bool {
    let (left, right) = (Parts::of(left), Parts::of(right));
    left.len() == right.len() && left.bytes().eq(right.bytes())
}

/// A stable number for the text once its first `ordinal` member is taken out.
pub(super) fn digest_without(json: &[u8]) -> u64 {
    let Parts(before, after) = Parts::of(json);
    // To this hasher it is all one where the bytes are cut.
    let mut hasher = SipHasher13::new();
    hasher.write(before);
    hasher.write(after);
    hasher.finish()
}

/// What the member says, if it is a whole number: of several the last one, as in [`Members`].
/// Most texts have neither the name nor a name with an escape, and are searched and no more.
pub(super) fn line_ordinal(json: &[u8]) -> Option<u64> {
    let mut names = FIND_NAME.find_iter(json);
    match (names.next(), names.next(), FIND_ESCAPE.find(json)) {
        (None, _, None) => None,
        // It stands near the start, where a format writes it, or somewhere inside.
        (Some(at), None, None) => {
            let (name, value) = places(json).find(|(_, value)| value.end > at)?;
            (name.start == at).then(|| number(&json[value]))?
        }
        _ => match glance(json, ["ordinal"]) {
            Some([value]) => number(value?),
            None => Members::of(json).parse("ordinal"),
        },
    }
}

/// The text with this number in its first `ordinal` member; `None` if that is the text itself.
pub(super) fn with_line_ordinal(json: &[u8], ordinal: u64) -> Option<Vec<u8>> {
    match place(json) {
        Some(Place { value, .. }) if number(&json[value.clone()]) == Some(ordinal) => None,
        Some(Place { value, .. }) => Some(spliced(json, value, &ordinal.to_string())),
        None => {
            let (at, text) = new_member(json, ordinal)?;
            Some(spliced(json, at..at, &text))
        }
    }
}

/// Where a text that has no such member gets it, and how. It must be what [`Parts`] takes out.
fn new_member(json: &[u8], ordinal: u64) -> Option<(usize, String)> {
    let Some((name, value)) = places(json).next() else {
        let is_empty = json.strip_prefix(b"{")?.trim_ascii() == b"}";
        return is_empty.then(|| (1, format!("\"ordinal\":{ordinal}")));
    };
    if json[name] != *b"\"timestamp\"" {
        return Some((1, format!("\"ordinal\":{ordinal},")));
    }
    match next_token(json, value.end)? {
        (comma, b',') => Some((comma + 1, format!("\"ordinal\":{ordinal},"))),
        _ => Some((value.end, format!(",\"ordinal\":{ordinal}"))),
    }
}

fn spliced(json: &[u8], range: Range<usize>, text: &str) -> Vec<u8> {
    [&json[..range.start], text.as_bytes(), &json[range.end..]].concat()
}

fn number(value: &[u8]) -> Option<u64> {
    serde_json::from_slice(value).ok()
}

/// Where the first such member stands.
struct Place {
    name: usize,
    value: Range<usize>,
}

/// A name that is written with escapes is somebody's own, not one that a format added.
fn place(json: &[u8]) -> Option<Place> {
    FIND_NAME.find(json)?;
    let (name, value) = places(json).find(|(name, _)| json[name.clone()] == *NAME)?;
    Some(Place { name: name.start, value })
}

/// The text before and after the member.
struct Parts<'a>(&'a [u8], &'a [u8]);

impl<'a> Parts<'a> {
    fn of(json: &'a [u8]) -> Self {
        let Some(Place { name, value }) = place(json) else {
            return Self(json, &[]);
        };
        match next_token(json, value.end) {
            Some((comma, b',')) => Self(&json[..name], &json[comma + 1..]),
            // The last member: the comma before it goes, if there is one.
            _ => {
                let before = json[..name].trim_ascii_end();
                let before = before.strip_suffix(b",").unwrap_or(&json[..name]);
                Self(before, &json[value.end..])
            }
        }
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

#[cfg(test)]
mod tests;
