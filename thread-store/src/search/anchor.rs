//! What of a term is looked for first.

use memchr::memchr2;
use memchr::memmem::{self, Finder};

/// What of a term is looked for first, at the speed of memory: it leads to every place where the
/// term may begin, and to few others.
#[derive(Clone, Debug)]
pub(super) enum Anchor {
    /// The rarest of the characters that the term begins with.
    Byte {
        /// Its last byte, in both cases.
        cases: [u8; 2],
        /// So many bytes after the start of the term.
        offset: usize,
        /// Where one of these is in the text, bytes cannot be counted.
        odd: Vec<char>,
    },
    /// The characters without case that the term begins with.
    Literal(Box<Finder<'static>>),
    /// Nothing: the term may begin anywhere.
    Anywhere,
}

/// The letters of common texts, the most frequent first.
const FREQUENT: &str = "etaoinsrhldcumfpgwybvkxjqz";
/// What follows the `i` that `İ` is in lower case.
const DOT: char = '\u{307}';

impl Anchor {
    /// What to look for, for a term in folded form.
    pub(super) fn of(folded: &str) -> Self {
        let start = countable_start(folded);
        if !start.is_empty() && start.chars().all(|it| upper(it) == Some(it)) {
            return Self::Literal(Box::new(Finder::new(start).into_owned()));
        }
        let rarest = start.char_indices().max_by_key(|(_, it)| rarity(*it));
        let Some((at, lower, upper)) = rarest.and_then(|(at, it)| Some((at, it, upper(it)?)))
        else {
            return Self::Anywhere;
        };
        Self::Byte {
            cases: [last_byte(lower), last_byte(upper)],
            offset: at + lower.len_utf8() - 1,
            odd: start.chars().filter_map(odd).collect(),
        }
    }

    /// What to look for in this text.
    pub(super) fn within(&self, text: &str) -> &Self {
        let has = |it: &char| memmem::find(text.as_bytes(), it.to_string().as_bytes()).is_some();
        match self {
            Self::Byte { odd, .. } if odd.iter().any(has) => &Self::Anywhere,
            anchor => anchor,
        }
    }

    /// The first place from `from` on at which the term may begin.
    pub(super) fn next(&self, text: &str, from: usize) -> Option<usize> {
        match self {
            Self::Byte { cases, offset, .. } => next_byte(*cases, *offset, text, from),
            Self::Literal(finder) => {
                finder.find(&text.as_bytes()[from..]).map(|found| from + found)
            }
            Self::Anywhere => (from < text.len()).then_some(from),
        }
    }
}

fn next_byte([lower, upper]: [u8; 2], offset: usize, text: &str, from: usize) -> Option<usize> {
    let mut at = from + offset;
    loop {
        at += memchr2(lower, upper, text.as_bytes().get(at..)?)?;
        if text.is_char_boundary(at - offset) {
            return Some(at - offset);
        }
        at += 1;
    }
}

/// The start of a term that is of the same length, in bytes, wherever it is found.
fn countable_start(folded: &str) -> &str {
    let end = folded.find(|it| it == ' ' || upper(it).is_none()).unwrap_or(folded.len());
    // `İ` is of another length than its two halves.
    let halved = folded[end..].starts_with(DOT) && folded[..end].ends_with('i');
    &folded[..end - usize::from(halved)]
}

fn rarity(it: char) -> usize {
    FREQUENT.find(it).unwrap_or(FREQUENT.len())
}

fn last_byte(it: char) -> u8 {
    it.encode_utf8(&mut [0; 4]).bytes().next_back().unwrap_or_default()
}

/// The one other character that equals this one, of the same length, or itself if there is none;
/// save for [`odd`] ones. `None` if it is not as simple.
pub(super) fn upper(it: char) -> Option<char> {
    // A sigma has two forms in lower case, and these letters a form for the start of titles.
    if matches!(it, DOT | 'σ' | 'ǆ' | 'ǉ' | 'ǌ' | 'ǳ') {
        return None;
    }
    let mut cases = it.to_uppercase();
    let upper = cases.next().filter(|upper| cases.next().is_none() && same_len(*upper, it))?;
    upper.to_lowercase().eq([it]).then_some(upper)
}

fn same_len(one: char, other: char) -> bool {
    one.len_utf8() == other.len_utf8()
}

/// A sign that equals this letter besides its upper case: of kelvin, ångström, ohm; and a theta.
pub(super) fn odd(it: char) -> Option<char> {
    match it {
        'k' => Some('\u{212a}'),
        'å' => Some('\u{212b}'),
        'ω' => Some('\u{2126}'),
        'θ' => Some('\u{3f4}'),
        _ => None,
    }
}
