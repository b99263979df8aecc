//! The text around a place.

use std::ops::Range;

/// Characters shown before a place, at most.
const BEFORE: usize = 48;
/// Characters shown after it, at most.
const AFTER: usize = 96;
/// A text is cut between words if a gap is at most so many characters from where it must
/// be cut.
const NEAR: usize = 16;

/// The text around a place: on one line, with one space for each run of white space, and `…` where
/// text was left out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Snippet {
    /// The text: about 48 characters before the place, the place whole, about 96 after it.
    pub text: String,
    /// Where the place is in it, in bytes.
    pub range: Range<usize>,
}

impl Snippet {
    /// The text around a place, which is in bytes and on character boundaries.
    #[must_use]
    pub fn new(text: &str, place: Range<usize>) -> Self {
        let (before, after) = (&text[..place.start], &text[place.end..]);
        let mut snippet = lead(before);
        let start = snippet.len();
        snippet.extend(one_spaced(text[place].chars()));
        let range = start..snippet.len();
        snippet.push_str(&trail(after));
        Self { text: snippet, range }
    }
}

/// What is shown before a place.
fn lead(before: &str) -> String {
    let outward: Vec<char> =
        one_spaced(before.trim_start().chars().rev()).take(BEFORE + 1).collect();
    let kept = kept(&outward, BEFORE, |nearer, farther| joined(farther, nearer));
    let mark = if kept < outward.len() { "…" } else { "" };
    mark.chars().chain(outward[..kept].iter().rev().copied()).collect()
}

/// What is shown after a place.
fn trail(after: &str) -> String {
    let outward: Vec<char> = one_spaced(after.trim_end().chars()).take(AFTER + 1).collect();
    let kept = kept(&outward, AFTER, joined);
    let mark = if kept < outward.len() { "…" } else { "" };
    outward[..kept].iter().copied().chain(mark.chars()).collect()
}

/// How many to keep of these characters, which lead away from the place: all, if they are not more
/// than `most`; else up to the end of a word, if one is near, or so that what belongs together stays
/// together.
fn kept(outward: &[char], most: usize, joined: impl Fn(char, char) -> bool) -> usize {
    if outward.len() <= most {
        return outward.len();
    }
    let ends_word = |at: &usize| outward[*at] == ' ';
    let parts = |at: &usize| !joined(outward[*at - 1], outward[*at]);
    let mut near = (most - NEAR..=most).rev();
    near.clone().find(ends_word).or_else(|| near.find(parts)).unwrap_or(most)
}

/// Whether two neighbours are drawn as one character, as far as that is easily told. (Flags are
/// pairs of letters, and a row of them is not told apart.)
fn joined(first: char, second: char) -> bool {
    let flag = |it| matches!(it, '\u{1f1e6}'..='\u{1f1ff}');
    first == JOINER || joins(second) || (flag(first) && flag(second))
}

const JOINER: char = '\u{200d}';

/// Whether a character is drawn onto the one before it.
fn joins(it: char) -> bool {
    matches!(it,
        JOINER
        | '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' // accents
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}'
        | '\u{3099}' | '\u{309a}' // voicing of kana
        | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' // variants
        | '\u{1f3fb}'..='\u{1f3ff}' // colours of skin
        | '\u{e0020}'..='\u{e007f}') // tags, in flags
}

/// The characters with one space for each run of white space.
fn one_spaced(chars: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    let mut in_run = false;
    chars.filter_map(move |it| {
        let repeated = std::mem::replace(&mut in_run, it.is_whitespace()) && in_run;
        (!repeated).then_some(if in_run { ' ' } else { it })
    })
}
