//! What of a term is looked for first.

use memchr::memchr2;
use memchr::memmem::{self, Finder};

/// What of a term is looked for first, at the speed of memory: it leads to every place where the
/// term may begin, and to few others.
#[derive(Clone, Debug)]
pub(super) enum Anchor {
    /// The rarest character of the ASCII that the term begins with.
    Ascii {
        /// It, in both cases.
        cases: [u8; 2],
        /// So many bytes after the start of the term.
        offset: usize,
        /// Whether there is a `k` up to it or after it, which the Kelvin sign equals.
        has_k: bool,
    },
    /// The characters without case that the term begins with.
    Literal(Box<Finder<'static>>),
    /// Nothing: the term may begin anywhere.
    Anywhere,
}

/// The one character beyond ASCII that is an ASCII letter in lower case.
const KELVIN: &str = "\u{212a}";
/// What follows the `i` that `İ` is in lower case.
const DOT: char = '\u{307}';
/// The letters of common texts, the most frequent first.
const FREQUENT: &[u8] = b"etaoinsrhldcumfpgwybvkxjqz";

impl Anchor {
    /// What to look for, for a term in folded form.
    pub(super) fn of(folded: &str) -> Self {
        let ascii = ascii_start(folded);
        if let Some((offset, &rarest)) = ascii.iter().enumerate().max_by_key(|it| rarity(*it.1)) {
            let cases = [rarest, rarest.to_ascii_uppercase()];
            return Self::Ascii { cases, offset, has_k: ascii.contains(&b'k') };
        }
        let end = folded.find(|it| it == ' ' || has_case(it)).unwrap_or(folded.len());
        match &folded[..end] {
            "" => Self::Anywhere,
            literal => Self::Literal(Box::new(Finder::new(literal).into_owned())),
        }
    }

    /// What to look for in this text.
    pub(super) fn within(&self, text: &str) -> &Self {
        match self {
            Self::Ascii { has_k: true, .. }
                if memmem::find(text.as_bytes(), KELVIN.as_bytes()).is_some() =>
            {
                &Self::Anywhere
            }
            anchor => anchor,
        }
    }

    /// The first place from `from` on at which the term may begin.
    pub(super) fn next(&self, text: &str, from: usize) -> Option<usize> {
        match self {
            Self::Ascii { cases, offset, .. } => next_ascii(*cases, *offset, text, from),
            Self::Literal(finder) => {
                finder.find(&text.as_bytes()[from..]).map(|found| from + found)
            }
            Self::Anywhere => (from < text.len()).then_some(from),
        }
    }
}

fn next_ascii([lower, upper]: [u8; 2], offset: usize, text: &str, from: usize) -> Option<usize> {
    let mut at = from + offset;
    loop {
        at += memchr2(lower, upper, text.as_bytes().get(at..)?)?;
        if text.is_char_boundary(at - offset) {
            return Some(at - offset);
        }
        at += 1;
    }
}

/// The ASCII that a term begins with and that stands for nothing but ASCII: up to white space, and
/// without the half of `İ`.
fn ascii_start(folded: &str) -> &[u8] {
    let end = folded.find(|it: char| !it.is_ascii() || it == ' ').unwrap_or(folded.len());
    let halved = folded[end..].starts_with(DOT) && folded[..end].ends_with('i');
    &folded.as_bytes()[..end - usize::from(halved)]
}

fn rarity(it: u8) -> usize {
    FREQUENT.iter().position(|frequent| *frequent == it).unwrap_or(FREQUENT.len())
}

/// Whether other characters may equal it.
pub(super) fn has_case(it: char) -> bool {
    !it.to_lowercase().eq([it]) || !it.to_uppercase().eq([it])
}
