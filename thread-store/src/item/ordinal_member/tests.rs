use super::super::RolloutItem;

fn item(text: &str) -> RolloutItem {
    RolloutItem::try_from(text).unwrap()
}

/// Texts without, with, and with odd ordinals.
const TEXTS: [&str; 27] = [
    "{}",
    "{ }",
    r#"{"a":1}"#,
    r#"{ "a" : 1 }"#,
    r#"{"timestamp":"t"}"#,
    r#"{ "timestamp" : "t" }"#,
    r#"{"timestamp":"t","type":"a"}"#,
    r#"{ "timestamp" : "t" , "type" : "a" }"#,
    r#"{"timestamp":{"a":[1,"}"]},"type":"a"}"#,
    r#"{"type":"a","timestamp":"t"}"#,
    r#"{"timestam\u0070":"t","type":"a"}"#,
    r#"{"timestamp":"t","ordinal":3,"type":"a"}"#,
    r#"{"ordinal":3}"#,
    r#"{ "ordinal" : 3 }"#,
    r#"{"a":1 , "ordinal" : 3 }"#,
    r#"{"a":1,"ordinal":null}"#,
    r#"{"a":1,"ordinal":"3","b":[]}"#,
    r#"{"a":1,"ordinal":{"ordinal":3},"b":[]}"#,
    r#"{"a":1,"ordinal":-3}"#,
    r#"{"a":1,"ordinal":3.0}"#,
    r#"{"a":1,"ordinal":99999999999999999999}"#,
    r#"{"payload":{"ordinal":3}}"#,
    r#"{"payload":"\"ordinal\":3"}"#,
    r#"{"a":1,"ordinal":3,"ordinal":4}"#,
    r#"{"a":1,"ordin\u0061l":3}"#,
    r#"{"ordin\u0061l":3,"ordinal":4}"#,
    r#"{"\ud800":1,"ordinal":3}"#,
];

#[test]
fn the_ordinal_of_a_line_is_what_its_members_say() {
    for text in TEXTS {
        let item = item(text);
        assert_eq!(item.line_ordinal(), item.members().parse("ordinal"), "{text}");
    }
    assert_eq!(item(r#"{"ordinal":18446744073709551615}"#).line_ordinal(), Some(u64::MAX));
}

#[test]
fn a_record_with_another_ordinal_is_the_same_record() {
    for text in TEXTS {
        let before = item(text);
        for ordinal in [0, 3, 17, u64::MAX] {
            let after = before.with_line_ordinal(ordinal);
            item(&after.text());
            assert!(after.same_record(&before), "{text} {}", after.text());
            assert_eq!(after.with_line_ordinal(ordinal), after);
        }
    }
}

#[test]
fn the_ordinal_of_a_record_is_set() {
    for text in TEXTS {
        // Of names that repeat, or are nobody's, another member counts.
        if text.matches("ordin").count() < 2 && !text.contains('\\') {
            assert_eq!(item(text).with_line_ordinal(7).line_ordinal(), Some(7), "{text}");
        }
    }
}

#[test]
fn the_ordinal_stands_where_codex_writes_it() {
    for (before, after) in [
        ("{}", r#"{"ordinal":7}"#),
        ("{ }", r#"{"ordinal":7 }"#),
        (r#"{"a":1}"#, r#"{"ordinal":7,"a":1}"#),
        (r#"{"timestamp":"t"}"#, r#"{"timestamp":"t","ordinal":7}"#),
        (r#"{"timestamp":"t","type":"a"}"#, r#"{"timestamp":"t","ordinal":7,"type":"a"}"#),
        (r#"{"timestamp" : "t" , "b":1}"#, r#"{"timestamp" : "t" ,"ordinal":7, "b":1}"#),
        (r#"{"a":1,"timestamp":"t"}"#, r#"{"ordinal":7,"a":1,"timestamp":"t"}"#),
        (r#"{"a":{"ordinal":3}}"#, r#"{"ordinal":7,"a":{"ordinal":3}}"#),
        (r#"{"a":1, "ordinal" : null }"#, r#"{"a":1, "ordinal" : 7 }"#),
        (r#"{"ordinal":3,"ordinal":4}"#, r#"{"ordinal":7,"ordinal":4}"#),
        (r#"{"ordin\u0061l":3}"#, r#"{"ordinal":7,"ordin\u0061l":3}"#),
    ] {
        assert_eq!(item(before).with_line_ordinal(7).text(), after);
    }
}

#[test]
fn a_record_that_has_the_ordinal_shares_its_memory() {
    let before = item(r#"{"timestamp":"t","ordinal":7,"type":"a"}"#);
    assert_eq!(before.with_line_ordinal(7).as_bytes().as_ptr(), before.as_bytes().as_ptr());
}
