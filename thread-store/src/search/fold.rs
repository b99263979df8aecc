//! How texts are compared: step by step, whatever their case and their white space.

use std::char::ToLowercase;

/// The form in which texts are compared. A text has a term only if this form of it contains this
/// form of the term: so an index over it tells which texts are worth a look, and
/// [`Query::find`](super::Query::find) tells which of them have the term.
///
/// - Each character is put into lower case on its own ([`char::to_lowercase`], Unicode, no
///   language): `Ü` is `ü`, and `İ` is two characters, `i` and a combining dot.
/// - `ς` is `σ`, so that a Greek word is found in capitals, and as the start of a longer one.
/// - A run of white space (Unicode `White_Space`, line breaks among it) is one space.
/// - Nothing else is equal: `ß` is not `ss`, `é` is not `e` with a combining accent.
#[must_use]
pub fn fold(text: &str) -> String {
    steps(text, 0).flat_map(|step| step.folded).collect()
}

/// A character or a run of white space: what a match has whole or not at all.
#[derive(Debug)]
pub(super) struct Step {
    /// Where it ends.
    pub(super) end: usize,
    /// What it is compared as.
    pub(super) folded: ToLowercase,
}

/// The steps of a text from a place on, which must be the start of one.
pub(super) fn steps(text: &str, from: usize) -> impl Iterator<Item = Step> {
    let mut at = from;
    std::iter::from_fn(move || {
        let rest = &text[at..];
        let first = rest.chars().next()?;
        let (len, folded) = if first.is_whitespace() {
            (rest.len() - rest.trim_start().len(), ' '.to_lowercase())
        } else {
            (first.len_utf8(), fold_char(first))
        };
        at += len;
        Some(Step { end: at, folded })
    })
}

/// What a character is compared as that is no white space.
pub(super) fn fold_char(it: char) -> ToLowercase {
    match it {
        'ς' => 'σ'.to_lowercase(),
        it => it.to_lowercase(),
    }
}
