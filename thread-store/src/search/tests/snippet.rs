//! What is shown around a place.

use proptest::prelude::*;

use super::super::{Query, Snippet};

fn snippet(term: &str, text: &str) -> Snippet {
    let place = Query::new(term).unwrap().find(text).next().unwrap();
    let snippet = Snippet::new(text, place);
    let shown = &snippet.text[snippet.range.clone()];
    assert_eq!(Query::new(term).unwrap().find(shown).next(), Some(0..shown.len()));
    snippet
}

fn shown(term: &str, text: &str) -> String {
    snippet(term, text).text
}

#[test]
fn a_short_text_is_shown_whole() {
    assert_eq!(shown("lamp", "Why does the lamp blink?"), "Why does the lamp blink?");
    assert_eq!(snippet("lamp", "the lamp").range, 4..8);
}

#[test]
fn white_space_is_one_space_and_none_at_the_ends() {
    assert_eq!(shown("c d", "\n a\t\tb  c \r\n d   e \n"), "a b c d e");
    assert_eq!(shown("a", "  a  "), "a");
}

#[test]
fn a_long_text_is_cut_between_words_at_both_ends() {
    let text = format!("{}here{}", "before ".repeat(20), " after".repeat(40));
    let expected = format!("…{}here{}…", "before ".repeat(6), " after".repeat(16));
    assert_eq!(shown("here", &text), expected);
}

#[test]
fn the_start_and_the_end_of_a_text_have_no_mark() {
    let (start, end) = (format!("a{}", " long".repeat(40)), format!("{}z", "long ".repeat(40)));
    assert!(shown("a", &start).starts_with("a long") && shown("a", &start).ends_with("long…"));
    assert!(shown("z", &end).starts_with("…long") && shown("z", &end).ends_with("long z"));
}

#[test]
fn what_just_fits_is_not_cut() {
    let text = |before, after| format!("{}X{}", "界".repeat(before), "界".repeat(after));
    assert_eq!(shown("x", &text(48, 96)), text(48, 96));
    assert_eq!(shown("x", &text(49, 97)), format!("…{}…", text(48, 96)));
}

#[test]
fn a_word_without_end_is_cut_between_characters() {
    let text = format!("{}X{}", "é".repeat(500), "ü".repeat(500));
    assert_eq!(shown("x", &text), format!("…{}X{}…", "é".repeat(48), "ü".repeat(96)));
}

#[test]
fn what_is_drawn_as_one_character_is_shown_whole_or_not() {
    for one in ["👩‍🚀", "👍🏽", "e\u{301}", "❤\u{fe0f}", "🏴\u{e0067}\u{e0062}\u{e007f}"]
    {
        for shift in 0..5 {
            let (pad, row) = ("x".repeat(shift), one.repeat(100));
            let shown = shown("#", &format!("{row}{pad}#{pad}{row}"));
            let inner = shown.trim_matches('…').replace(one, "");
            assert_eq!(inner, format!("{pad}#{pad}"), "{one:?}");
        }
    }
}

#[test]
fn a_term_over_a_line_break_is_on_one_line() {
    let found = snippet("first second", "the first\n  second line");
    assert_eq!((found.text.as_str(), found.range), ("the first second line", 4..16));
}

#[test]
fn the_longest_term_is_shown_whole() {
    let term = "word ".repeat(204) + "end.";
    assert_eq!(term.len(), Query::MAX_CHARS);
    let found = snippet(&term, &format!("{term} {term}"));
    assert_eq!(found.range, 0..Query::MAX_CHARS);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_place_is_shown_on_one_line_of_bounded_length(text in "[a 界\n👍\u{301}\u{200d}]{1,400}", at in 0..400_usize) {
        let places: Vec<_> = Query::new("a").unwrap().find(&text).collect();
        prop_assume!(!places.is_empty());
        let found = Snippet::new(&text, places[at % places.len()].clone());
        prop_assert_eq!(&found.text[found.range.clone()], "a");
        prop_assert!(found.text.chars().count() <= 1 + 48 + 1 + 96 + 1);
        prop_assert!(!found.text.contains('\n') && !found.text.contains("  "));
    }
}
