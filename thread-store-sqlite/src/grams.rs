//! Grams: what an index over three neighbouring characters is told of texts, and asked of terms.
//!
//! An index (`text_grams`, `message_grams`) answers *candidates*: every row that has the term, and
//! some that have not. Whoever asks looks at the texts themselves.
//!
//! Both sides are folded, so one index serves those who mind case and those who do not: a text that
//! has a term has its folded form within its own folded form.

use sqlx::{QueryBuilder, Sqlite};
use thread_store::fold;

/// Stands between texts and behind the last one. No folded text or term has it: white space is a
/// space there.
const SEPARATOR: char = '\n';
/// Every character of the texts begins three characters, so a term of one or two is the start of
/// some.
const PADS: [char; 2] = [SEPARATOR; 2];
/// So many grams, spread over a term, tell about as much as all of them; each one more is a list to
/// be read.
const MOST_GRAMS: usize = 8;
/// What is behind every gram with the same start.
const BEHIND: &str = "\u{10FFFF}\u{10FFFF}\u{10FFFF}";

/// What is put into an index for a row with these texts.
pub(crate) fn document<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut document = String::new();
    for text in texts.filter(|text| !text.is_empty()) {
        if !document.is_empty() {
            document.push(SEPARATOR);
        }
        document.extend(fold(text).chars().map(as_read));
    }
    document.extend(PADS);
    document
}

/// What an index is asked for rows that may have a folded term of three characters or more: grams of
/// it, in the language of `MATCH`.
pub(crate) fn pattern(folded: &str) -> String {
    let characters: Vec<char> = folded.chars().map(as_read).collect();
    let grams = characters.windows(3);
    let step = grams.len().div_ceil(MOST_GRAMS).max(1);
    let mut grams: Vec<String> = grams.step_by(step).map(quoted).collect();
    grams.sort_unstable();
    grams.dedup();
    grams.join(" AND ")
}

/// The first and the last gram that may begin with a folded term of one or two characters.
fn range(folded: &str) -> (String, String) {
    let from: String = folded.chars().map(as_read).collect();
    let to = format!("{from}{BEHIND}");
    (from, to)
}

/// Writes a query for the row ids, as `key`, of an index (`text_grams`, `message_grams`) that may
/// have this folded term, which is not empty. It answers a row several times if the term is shorter
/// than a gram.
pub(crate) fn push_candidates(query: &mut QueryBuilder<Sqlite>, index: &'static str, folded: &str) {
    if folded.chars().nth(2).is_some() {
        query.push(format_args!("SELECT rowid AS key FROM {index} WHERE {index} MATCH "));
        query.push_bind(pattern(folded));
    } else {
        // `MATCH` finds nothing for what is shorter than a gram, not even as the start of one.
        let (from, to) = range(folded);
        query.push(format_args!("SELECT doc AS key FROM {index}_instances WHERE term >= "));
        query.push_bind(from).push(" AND term <= ").push_bind(to);
    }
}

/// A character as the tokenizer of SQLite reads it; at U+0000 it would stop.
fn as_read(it: char) -> char {
    match it {
        '\0' | '\u{FFFE}' | '\u{FFFF}' => '\u{FFFD}',
        it => it,
    }
}

fn quoted(gram: &[char]) -> String {
    format!("\"{}\"", gram.iter().collect::<String>().replace('"', "\"\""))
}

#[cfg(test)]
mod tests;
