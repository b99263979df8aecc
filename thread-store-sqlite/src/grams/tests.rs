use proptest::prelude::*;
use sqlx::{Connection as _, SqliteConnection};

use super::*;
use crate::schema;

/// Rows of three texts in the index of texts, by their numbers.
struct Index(SqliteConnection);

impl Index {
    async fn of(rows: &[[&str; 3]]) -> Self {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        schema::migrate(&mut connection).await.unwrap();
        for (row, texts) in (1_i64..).zip(rows) {
            sqlx::query("INSERT INTO text_grams (rowid, folded) VALUES (?, ?)")
                .bind(row)
                .bind(document(texts.iter().copied()))
                .execute(&mut connection)
                .await
                .unwrap();
        }
        Self(connection)
    }

    async fn candidates(&mut self, folded: &str) -> Vec<i64> {
        let mut query = QueryBuilder::new("SELECT DISTINCT key FROM (");
        push_candidates(&mut query, "text_grams", folded);
        query.push(") ORDER BY key");
        query.build_query_scalar().fetch_all(&mut self.0).await.unwrap()
    }
}

#[tokio::test]
async fn terms_are_found_in_the_middle_at_the_ends_and_whatever_their_length() {
    let mut index = Index::of(&[["Größe", "", "b"], ["会議", "x\"y'z", "ab"], ["", "", ""]]).await;
    for (term, rows) in [
        ("größe", vec![1]),
        ("grö", vec![1]),
        ("ße", vec![1]),
        ("e", vec![1]),
        ("b", vec![1, 2]),
        ("ab", vec![2]),
        ("会", vec![2]),
        ("議", vec![2]),
        ("会議", vec![2]),
        ("x\"y", vec![2]),
        ("\"", vec![2]),
        ("y'z", vec![2]),
        // One text ends, the next begins: that is no neighbourhood.
        ("eb", vec![]),
        ("議x", vec![]),
        ("e b", vec![]),
    ] {
        assert_eq!(index.candidates(term).await, rows, "{term}");
    }
}

#[tokio::test]
async fn what_the_tokenizer_stops_at_or_reads_otherwise_hides_nothing() {
    let mut index = Index::of(&[["a\0bcd", "", ""], ["a\u{FFFE}b\u{FFFF}", "", ""]]).await;
    for (term, row) in [("bcd", 1), ("a\0b", 1), ("\0", 1), ("a\u{FFFE}b", 2), ("b\u{FFFF}", 2)] {
        assert!(index.candidates(&fold(term)).await.contains(&row), "{term:?}");
    }
}

#[tokio::test]
async fn the_last_character_of_unicode_may_follow_a_short_term() {
    let mut index = Index::of(&[["a\u{10FFFF}\u{10FFFF}", "", ""]]).await;
    for term in ["a", "a\u{10FFFF}", "\u{10FFFF}"] {
        assert_eq!(index.candidates(term).await, [1], "{term:?}");
    }
}

#[tokio::test]
async fn a_very_long_term_is_asked_for_by_some_of_its_grams() {
    let text = (0..5000).map(|n| char::from(b'a' + (n * n % 23) as u8)).collect::<String>();
    let mut index = Index::of(&[[&text, "", ""], [&text[..4000], "", ""]]).await;
    assert_eq!(index.candidates(&text).await.first(), Some(&1));
    assert!(pattern(&text).matches(" AND ").count() < MOST_GRAMS);
}

/// Characters that fold, quote, separate, or end something somewhere.
const CHARACTERS: &[char] = &[
    'a', 'b', 'A', 'B', ' ', '\t', '\n', '\u{2003}', '"', '\'', '*', '\0', 'İ', 'i', '\u{307}',
    'ς', 'σ', 'Σ', 'ß', '会', '議', '\u{FFFD}', '\u{FFFE}', '😀',
];

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(CHARACTERS), 0..12)
        .prop_map(|characters| characters.into_iter().collect())
}

fn part(text: &str, from: prop::sample::Index, len: usize) -> String {
    let from = from.index(text.chars().count() + 1);
    text.chars().skip(from).take(len).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// So an index of folded texts serves those who mind case and white space, too.
    #[test]
    fn a_text_that_has_a_term_has_its_folded_form_folded(
        text in text(),
        from in any::<prop::sample::Index>(),
        len in 0_usize..7,
    ) {
        prop_assert!(fold(&text).contains(&fold(&part(&text, from, len))));
    }

    #[test]
    fn every_row_that_has_a_term_is_a_candidate(
        rows in prop::collection::vec([text(), text(), text()], 1..6),
        of in any::<prop::sample::Index>(),
        column in 0_usize..3,
        from in any::<prop::sample::Index>(),
        len in 1_usize..7,
    ) {
        let texts: Vec<_> = rows.iter().map(|row| row.each_ref().map(String::as_str)).collect();
        let term = part(&fold(&of.get(&rows)[column]), from, len);
        prop_assume!(!term.is_empty());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let found = runtime.block_on(async { Index::of(&texts).await.candidates(&term).await });
        for (row, texts) in (1..).zip(&texts) {
            let has = texts.iter().any(|text| fold(text).contains(&term));
            prop_assert!(!has || found.contains(&row), "{term:?} in {texts:?}");
            // One gram or less is all of the term, but for what the tokenizer does not tell apart.
            let plain = |text: &str| fold(text).chars().map(as_read).collect::<String>();
            let alike = texts.iter().any(|text| plain(text).contains(&plain(&term)));
            let whole = term.chars().count() <= 3;
            prop_assert!(!whole || alike || !found.contains(&row), "{term:?} in {texts:?}");
        }
    }
}
