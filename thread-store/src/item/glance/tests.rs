use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::item::{Members, RolloutItem};

fn text(value: &[u8]) -> &str {
    std::str::from_utf8(value).unwrap()
}

fn values(object: &str) -> Option<[Option<&str>; 2]> {
    glance(object.as_bytes(), ["a", "b"]).map(|values| values.map(|value| value.map(text)))
}

#[test]
fn values_are_found_as_they_stand() {
    assert_eq!(values("{}"), Some([None; 2]));
    assert_eq!(
        values(r#"{ "b" : [1, {"a":2}] , "a":"x" }"#),
        Some([Some(r#""x""#), Some(r#"[1, {"a":2}]"#)])
    );
    assert_eq!(values(r#"{"c":{"a":1},"a":-1e9}"#), Some([Some("-1e9"), None]));
}

#[test]
fn of_a_name_that_repeats_the_last_value_counts() {
    assert_eq!(values(r#"{"a":1,"b":2,"a":3}"#), Some([Some("3"), Some("2")]));
}

#[test]
fn quotes_and_brackets_within_texts_end_nothing() {
    let object = r#"{"a":"}\"]\\","c":["]","\\\"["],"b":{"x":"{\\"}}"#;
    assert_eq!(values(object), Some([Some(r#""}\"]\\""#), Some(r#"{"x":"{\\"}"#)]));
}

#[test]
fn names_with_escapes_are_not_told_at_a_glance() {
    assert_eq!(values(r#"{"\u0061":1}"#), None);
}

#[test]
fn what_is_no_object_is_not_told() {
    for other in ["", "1", "[]", "\"a\"", "{", r#"{"a"#, r#"{"a":"#, r#"{"a":"x"#, r#"{"a" 1}"#] {
        assert_eq!(values(other), None, "{other}");
    }
}

#[test]
fn a_word_is_a_text_without_escapes() {
    assert_eq!(word(br#""a b""#), Some(&b"a b"[..]));
    for other in [r#""a\nb""#, "1", "null", "\"", ""] {
        assert_eq!(word(other.as_bytes()), None);
    }
}

/// The text of a value, with spaces, quotes, brackets and escapes where they can mislead.
fn value() -> impl Strategy<Value = String> {
    let leaf = select(
        &[
            r#""""#,
            r#""a""#,
            r#""\"""#,
            r#""\\""#,
            r#""}{][""#,
            r#""\u0061""#,
            "1",
            "null",
            "-2.5e3",
        ][..],
    );
    leaf.prop_map(str::to_owned).prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3)
                .prop_map(|it| format!("[{}]", it.join(" , "))),
            object(inner),
        ]
    })
}

fn object(values: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let name = select(&[r#""a""#, r#""b""#, r#""c""#, r#""\u0061""#, r#""a\\""#][..]);
    let member = (name, values).prop_map(|(name, value)| format!("{name} :{value} "));
    prop::collection::vec(member, 0..5).prop_map(|members| format!("{{{}}}", members.join(",")))
}

proptest! {
    #[test]
    fn a_glance_sees_what_is_there_or_does_not_tell(object in object(value())) {
        let item = RolloutItem::try_from(object.as_str()).unwrap();
        let members = Members::of(item.as_bytes());
        if let Some(seen) = values(&object) {
            let there = ["a", "b"].map(|name| members.get(name).map(|value| value.get()));
            prop_assert_eq!(seen, there);
        } else {
            prop_assert!(object.contains(r"\"));
        }
    }
}
