//! What is found, and where.

use std::ops::Range;

use proptest::prelude::*;

use super::super::anchor::{odd, upper};
use super::super::{Query, fold};

fn places(term: &str, text: &str) -> Vec<Range<usize>> {
    Query::new(term).unwrap().find(text).collect()
}

/// The texts found, as they stand.
fn found<'a>(term: &str, text: &'a str) -> Vec<&'a str> {
    places(term, text).into_iter().map(|place| &text[place]).collect()
}

fn refused(term: &str) -> String {
    let error = Query::new(term).unwrap_err();
    assert_eq!(error.code(), "invalid_request");
    error.to_string()
}

#[test]
fn a_term_without_text_is_refused() {
    for term in ["", " ", "\t\r\n", "\u{3000}\u{a0}\u{2028}"] {
        assert!(refused(term).contains("term"), "{term:?}");
    }
}

#[test]
fn a_term_has_at_most_1024_characters_of_any_width() {
    let longest = "界".repeat(1024);
    assert_eq!(found(&longest, &longest), [longest.as_str()]);
    assert!(refused(&"a".repeat(1025)).contains("1025 characters of at most 1024"));
}

#[test]
fn a_refusal_carries_nothing_of_the_term() {
    assert!(!refused(&"secret".repeat(200)).contains("secret"));
}

#[test]
fn case_does_not_count() {
    assert_eq!(found("lamp", "Lamp, LAMP and lAmP"), ["Lamp", "LAMP", "lAmP"]);
    assert_eq!(found("ÜBER", "über Über ÜBER uber"), ["über", "Über", "ÜBER"]);
    assert_eq!(found("привет", "Привет, ПРИВЕТ"), ["Привет", "ПРИВЕТ"]);
    assert_eq!(found("kelvin", "300 \u{212a}elvin"), ["\u{212a}elvin"]);
    assert_eq!(found("å", "Å \u{212b} å a"), ["Å", "\u{212b}", "å"]);
    assert_eq!(found("ǆ", "Ǆ ǅ ǆ"), ["Ǆ", "ǅ", "ǆ"]);
}

#[test]
fn a_term_is_literal() {
    assert_eq!(found("a.c", "abc a.c a*c"), ["a.c"]);
    assert_eq!(found("50%_", r"50%_ 50xx \50%_"), ["50%_", "50%_"]);
    assert_eq!(found("\"AND\" -x*", "a \"and\" -X* b"), ["\"and\" -X*"]);
}

#[test]
fn texts_without_case_or_spaces_are_found() {
    assert_eq!(found("日本", "東日本と日本語"), ["日本", "日本"]);
    assert_eq!(found("语", "你好,语言"), ["语"]);
    assert_eq!(found("한국어", "나는 한국어를"), ["한국어"]);
    assert_eq!(found("👍", "ok 👍🏽 and 👍"), ["👍", "👍"]);
    assert_eq!(found("👩‍🚀", "a 👩‍🚀 flies"), ["👩‍🚀"]);
    assert_eq!(found("2本", "第2本目"), ["2本"]);
}

#[test]
fn a_run_of_white_space_is_one_space_in_term_and_text() {
    assert_eq!(found("two words", "two\r\n\t words"), ["two\r\n\t words"]);
    assert_eq!(found("two \n words", "Two\u{3000}Words"), ["Two\u{3000}Words"]);
    assert_eq!(found("twowords", "two words"), [""; 0]);
    assert_eq!(found("two words", "twowords"), [""; 0]);
    assert_eq!(found("日 本", "日\n本"), ["日\n本"]);
}

#[test]
fn white_space_at_the_ends_of_a_term_counts_and_is_found_whole() {
    assert_eq!(found(" a", "a  a"), ["  a"]);
    assert_eq!(found("a ", "a  a"), ["a  "]);
    assert_eq!(found(" a ", "a \n a \t b"), [" \n a \t "]);
}

#[test]
fn sharp_s_is_itself_in_both_cases_and_not_two_letters() {
    assert_eq!(found("straße", "STRAẞE, Straße, STRASSE"), ["STRAẞE", "Straße"]);
    assert_eq!(found("ss", "Straße"), [""; 0]);
}

#[test]
fn a_dotted_capital_i_is_an_i_with_a_dot_and_found_whole() {
    assert_eq!(found("İstanbul", "i\u{307}stanbul İSTANBUL"), ["i\u{307}stanbul", "İSTANBUL"]);
    assert_eq!(found("i\u{307}s", "İs"), ["İs"]);
    assert_eq!(found("i", "İ"), [""; 0]);
    assert_eq!(found("\u{307}s", "İs"), [""; 0]);
    assert_eq!(found("mi\u{307}", "Mİ"), ["Mİ"]);
}

#[test]
fn a_sigma_at_the_end_of_a_word_is_a_sigma() {
    assert_eq!(found("ΟΔΟΣ", "οδος, Οδός, οδοσ"), ["οδος", "οδοσ"]);
    assert_eq!(found("οδος", "ΟΔΟΣ"), ["ΟΔΟΣ"]);
}

#[test]
fn accents_count() {
    assert_eq!(found("e", "é"), [""; 0]);
    assert_eq!(found("é", "e\u{301}"), [""; 0]);
    assert_eq!(found("E\u{301}", "e\u{301}"), ["e\u{301}"]);
}

#[test]
fn places_do_not_overlap() {
    assert_eq!(places("aa", "aaaaa"), [0..2, 2..4]);
    assert_eq!(places("a a", "a a a a"), [0..3, 4..7]);
}

#[test]
fn a_text_that_ends_within_the_term_has_it_not() {
    for text in ["", "lam", "x lam", "la mp"] {
        assert_eq!(found("lamp", text), [""; 0]);
    }
}

#[test]
fn the_folded_form_is_in_lower_case_with_single_spaces() {
    assert_eq!(fold(" ÜBER\r\n\tΣΑΣ\u{a0}İẞ日"), " über σασ i\u{307}ß日");
    assert_eq!(Query::new("A \n B").unwrap().folded(), "a b");
}

/// What the quick ways to a place rely on.
#[test]
fn what_equals_a_letter_is_known_for_every_letter() {
    for it in ('\0'..=char::MAX).filter(|it| !it.is_whitespace()) {
        let folded = fold(&it.to_string());
        if folded.chars().eq([it]) {
            continue;
        }
        let known =
            |lower| upper(lower).is_none() || [upper(lower), odd(lower)].contains(&Some(it));
        assert!(it == 'İ' || folded.chars().all(known), "{it:?} equals {folded:?}");
    }
}

/// Compares at every place, character by character.
fn naive(term: &str, text: &str) -> Vec<Range<usize>> {
    let (term, text) = (units(term), units(text));
    let wanted: String = term.into_iter().map(|unit| unit.1).collect();
    let (mut places, mut at) = (Vec::new(), 0);
    while at < text.len() {
        let ends = (at + 1..=text.len())
            .find(|end| text[at..*end].iter().map(|unit| unit.1.as_str()).eq_text(&wanted));
        match ends {
            Some(end) => {
                places.push(text[at].0.start..text[end - 1].0.end);
                at = end;
            }
            None => at += 1,
        }
    }
    places
}

trait EqText {
    fn eq_text(self, text: &str) -> bool;
}

impl<'a, I: Iterator<Item = &'a str>> EqText for I {
    fn eq_text(self, text: &str) -> bool {
        self.collect::<String>() == text
    }
}

/// Characters in lower case, and runs of white space as one.
fn units(text: &str) -> Vec<(Range<usize>, String)> {
    let mut units: Vec<(Range<usize>, String)> = Vec::new();
    for (at, it) in text.char_indices() {
        let end = at + it.len_utf8();
        match units.last_mut() {
            Some((range, unit)) if it.is_whitespace() && unit == " " => range.end = end,
            _ if it.is_whitespace() => units.push((at..end, " ".into())),
            _ => units.push((at..end, it.to_lowercase().to_string().replace('ς', "σ"))),
        }
    }
    units
}

/// Texts in which much that is hard to compare comes often.
fn text(most: usize) -> impl Strategy<Value = String> {
    let chars: Vec<char> =
        "aAbkK\u{212a}iIİ\u{307}ßẞςσΣüÜåÅ\u{212b}éДд日本.1 \n\u{a0}\u{3000}👍\u{1f3fd}\u{200d}"
            .chars()
            .collect();
    prop::collection::vec(prop::sample::select(chars), 0..most)
        .prop_map(|chars| chars.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_places_are_those_that_comparing_everywhere_finds(term in text(4), text in text(40)) {
        let Ok(query) = Query::new(&term) else { return Ok(()) };
        prop_assert_eq!(query.find(&text).collect::<Vec<_>>(), naive(&term, &text));
    }

    #[test]
    fn a_part_of_a_text_is_found_in_it_in_any_case(text in text(40), from in 0..40_usize, len in 1..40_usize) {
        let term: String = text.chars().skip(from).take(len).collect();
        let Ok(query) = Query::new(&term) else { return Ok(()) };
        prop_assert_eq!(query.find(&text).collect::<Vec<_>>(), naive(&term, &text));
        let upper: String = term.chars().map(|it| if it.is_ascii() { it.to_ascii_uppercase() } else { it }).collect();
        prop_assert_eq!(places(&upper, &text), naive(&term, &text));
    }

    #[test]
    fn a_text_that_has_the_term_has_its_folded_form(term in text(4), text in text(40)) {
        let Ok(query) = Query::new(&term) else { return Ok(()) };
        prop_assert!(query.find(&text).next().is_none() || fold(&text).contains(query.folded()));
    }
}
