//! A text that is looked for.

use std::ops::Range;

use super::anchor::Anchor;
use super::fold::{fold, steps};
use crate::error::Error;

/// A text that is looked for: literally, but for case and the width of white space, as [`fold`]
/// says.
#[derive(Clone, Debug)]
pub struct Query {
    folded: String,
    anchor: Anchor,
}

impl Query {
    /// The longest term, in characters (Unicode scalar values).
    pub const MAX_CHARS: usize = 1024;

    /// Takes a term as it was typed. White space at its ends counts: ` a` is not at the start of a
    /// text.
    ///
    /// # Errors
    ///
    /// *Invalid request* (field `term`): nothing but white space, or more than
    /// [`MAX_CHARS`](Self::MAX_CHARS) characters.
    pub fn new(term: &str) -> Result<Self, Error> {
        if term.chars().all(char::is_whitespace) {
            return Err(Error::invalid("term", "must have a character that is no white space"));
        }
        let chars = term.chars().count();
        if chars > Self::MAX_CHARS {
            let reason = format!("{chars} characters of at most {}", Self::MAX_CHARS);
            return Err(Error::invalid("term", reason));
        }
        let folded = fold(term);
        let anchor = Anchor::of(&folded);
        Ok(Self { folded, anchor })
    }

    /// The term in the form in which texts are compared, for an index over that form.
    #[must_use]
    pub fn folded(&self) -> &str {
        &self.folded
    }

    /// Every place at which a text has the term, in bytes, from left to right; a place begins where
    /// the one before ends, or later. Characters and runs of white space are in it whole.
    pub fn find(&self, text: &str) -> impl Iterator<Item = Range<usize>> {
        let anchor = self.anchor.within(text);
        let mut from = 0;
        std::iter::from_fn(move || {
            let place = self.next(anchor, text, from)?;
            from = place.end;
            Some(place)
        })
    }

    /// The first place from `from` on.
    fn next(&self, anchor: &Anchor, text: &str, mut from: usize) -> Option<Range<usize>> {
        loop {
            let start = anchor.next(text, from)?;
            if let Some(end) = self.end_of_match(text, start) {
                return Some(start..end);
            }
            from = steps(text, start).next()?.end;
        }
    }

    /// Where the term ends that begins here, if it does.
    fn end_of_match(&self, text: &str, start: usize) -> Option<usize> {
        let mut wanted = self.folded.chars();
        for step in steps(text, start) {
            for folded in step.folded {
                if wanted.next() != Some(folded) {
                    return None;
                }
            }
            if wanted.as_str().is_empty() {
                return Some(step.end);
            }
        }
        None
    }
}
