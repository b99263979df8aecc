//! A glance at an object: where its members are, and nothing of what they say.

use std::ops::Range;

use memchr::{memchr, memchr3};

/// The values of the members with these names, as they stand: of a name that repeats the last one
/// counts, as in [`Members`](super::Members). `None` where names are written with escapes, or the
/// text is no object: then a glance does not tell.
///
/// Values are stepped over at the speed of memory, and nothing is checked that
/// [`RolloutItem`](super::RolloutItem) has checked.
pub(crate) fn glance<'a, const N: usize>(
    object: &'a [u8],
    names: [&str; N],
) -> Option<[Option<&'a [u8]>; N]> {
    let mut found = [None; N];
    let mut at = Place { json: object, at: 0 };
    let mut last = at.token()?;
    if last != b'{' {
        return None;
    }
    while last != b'}' {
        at.space();
        if at.peek()? == b'}' {
            break;
        }
        let name = word(at.value()?)?;
        if at.token()? != b':' {
            return None;
        }
        let value = at.value()?;
        if let Some(index) = names.iter().position(|wanted| wanted.as_bytes() == name) {
            found[index] = Some(value);
        }
        last = at.token()?;
    }
    Some(found)
}

/// The members of an object: where each name stands, with its quotes, and each value. It ends where
/// the text is no object.
pub(crate) fn places(object: &[u8]) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
    let mut at = Place { json: object, at: 0 };
    let mut last = at.token();
    std::iter::from_fn(move || {
        (matches!(last, Some(b'{' | b','))).then_some(())?;
        at.space();
        (at.peek()? == b'"').then_some(())?;
        let name = at.range()?;
        (at.token()? == b':').then_some(())?;
        let value = at.range()?;
        last = at.token();
        Some((name, value))
    })
}

/// The text of a string that has no escapes.
pub(crate) fn word(value: &[u8]) -> Option<&[u8]> {
    let text = value.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    memchr(b'\\', text).is_none().then_some(text)
}

/// A place in a text of JSON.
struct Place<'a> {
    json: &'a [u8],
    at: usize,
}

impl<'a> Place<'a> {
    fn peek(&self) -> Option<u8> {
        self.json.get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|it| it.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Steps over one of the signs between values.
    fn token(&mut self) -> Option<u8> {
        self.space();
        let token = self.peek()?;
        self.at += 1;
        Some(token)
    }

    /// Steps over a value.
    fn value(&mut self) -> Option<&'a [u8]> {
        let range = self.range()?;
        self.json.get(range)
    }

    fn range(&mut self) -> Option<Range<usize>> {
        self.space();
        let start = self.at;
        match self.peek()? {
            b'"' => self.string()?,
            b'{' => self.nested(b'{', b'}')?,
            b'[' => self.nested(b'[', b']')?,
            _ => self.scalar(),
        }
        Some(start..self.at)
    }

    /// To behind the quote that no backslash makes a part of the text.
    fn string(&mut self) -> Option<()> {
        let start = self.at + 1;
        self.at = start;
        loop {
            let quote = self.at + memchr(b'"', self.json.get(self.at..)?)?;
            self.at = quote + 1;
            let before = self.json[start..quote].iter().rev();
            if before.take_while(|it| **it == b'\\').count().is_multiple_of(2) {
                return Some(());
            }
        }
    }

    /// To behind the bracket that closes this one. Those of the other kind come in pairs.
    fn nested(&mut self, open: u8, close: u8) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            self.at += memchr3(open, close, b'"', self.json.get(self.at..)?)?;
            match self.peek()? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                it if it == open => depth += 1,
                _ => depth -= 1,
            }
            self.at += 1;
            if depth == 0 {
                return Some(());
            }
        }
    }

    fn scalar(&mut self) {
        let ends = |it: u8| matches!(it, b',' | b'}' | b']') || it.is_ascii_whitespace();
        while self.peek().is_some_and(|it| !ends(it)) {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests;
