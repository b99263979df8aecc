use super::*;

fn item(text: &str) -> RolloutItem {
    RolloutItem::try_from(text).unwrap()
}

#[test]
fn any_json_object_on_one_line_is_kept_byte_for_byte() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(200_000), "]".repeat(200_000));
    for text in [
        "{}",
        r#"{ "b" : 1 , "a" : 2 }"#,
        r#"{"lone":"\ud800","nul":"\u0000","escaped \ud800 name":1}"#,
        r#"{"a":1,"a":2,"huge":1e999999,"long":123456789012345678901234567890.10}"#,
        "{\"raw\":\"\u{2028}\u{7f}é🦀\"}",
        "{\"carriage\":\r1}",
        &deep,
    ] {
        assert_eq!(item(text).as_bytes(), text.as_bytes());
    }
}

#[test]
fn what_is_not_one_object_on_one_line_is_refused_without_being_quoted() {
    let secret = r#"{"token":"s3cret""#;
    for text in [
        "",
        "{",
        "}",
        "[]",
        "null",
        "\"{}\"",
        "{}{}",
        "{} ",
        " {}",
        "{}\n",
        "{\n}",
        "\u{feff}{}",
        "{a:1}",
        "{\"a\":1,}",
        "{\"a\":\"\u{1}\"}",
        "{\"a\":01}",
        secret,
    ] {
        let error = RolloutItem::try_from(text).unwrap_err();
        assert_eq!(error.code(), "invalid_request", "{text:?}");
        assert!(!error.to_string().contains("s3cret"));
    }
    assert!(RolloutItem::from_bytes(&b"{\"a\":\"\xff\"}"[..]).is_err());
}

#[test]
fn debug_output_shows_no_contents() {
    let shown = format!("{:?}", item(r#"{"type":"event_msg","payload":"s3cret"}"#));
    assert_eq!(shown, r#"RolloutItem { kind: Some("event_msg"), len: 39 }"#);
}

#[test]
fn views_are_tolerant() {
    let line =
        item(r#"{"timestamp":"2026-11-20T16:33:40.587Z","type":"a","type":"b","payload":[1]}"#);
    assert_eq!(line.kind().as_deref(), Some("b"));
    assert_eq!(line.timestamp(), Some(Timestamp::from_millis(1_795_192_420_587)));
    assert!(line.members().object("payload").is_none());
    assert_eq!(item(r#"{"type":7}"#).kind(), None);
    assert_eq!(
        item(r#"{"type":"x\ud800y"}"#).kind().as_deref(),
        Some("x\u{fffd}\u{fffd}\u{fffd}y")
    );
    assert_eq!(item(r#"{"timestamp":"[trimmed]"}"#).timestamp(), None);
}

#[test]
fn an_ordinal_member_added_by_a_file_does_not_make_another_record() {
    let plain = item(r#"{"timestamp":"t","type":"x","payload":{"ordinal":1}}"#);
    for same in [
        r#"{"timestamp":"t","ordinal":17,"type":"x","payload":{"ordinal":1}}"#,
        r#"{"ordinal":0,"timestamp":"t","type":"x","payload":{"ordinal":1}}"#,
        r#"{"timestamp":"t","type":"x","payload":{"ordinal":1},"ordinal":3}"#,
    ] {
        assert!(plain.same_record(&item(same)), "{same}");
        assert!(item(same).same_record(&plain), "{same}");
    }
    for other in [
        r#"{"timestamp":"t","type":"x","payload":{"ordinal":2}}"#,
        r#"{"timestamp":"t","type":"x","payload":{}}"#,
        r#"{ "timestamp":"t","type":"x","payload":{"ordinal":1}}"#,
        r#"{"timestamp":"t","type":"x","payload":{"ordinal":1},"ordinals":3}"#,
    ] {
        assert!(!plain.same_record(&item(other)), "{other}");
    }
    assert!(item("{}").same_record(&item(r#"{"ordinal":1}"#)));
    assert!(!item("{}").same_record(&item(r#"{"oX":1,"\u006frdinal":1}"#)));
}

#[test]
fn digests_are_equal_exactly_for_the_same_records() {
    let items = [
        "{}",
        r#"{"ordinal":1}"#,
        r#"{"ordinal":23}"#,
        r#"{ "ordinal":1}"#,
        r#"{"\u006frdinal":1}"#,
        r#"{"oX":1,"\u006frdinal":1}"#,
        r#"{"timestamp":"t","type":"x","payload":{"ordinal":1}}"#,
        r#"{"timestamp":"t","ordinal":17,"type":"x","payload":{"ordinal":1}}"#,
        r#"{"ordinal":0,"timestamp":"t","type":"x","payload":{"ordinal":1}}"#,
        r#"{"timestamp":"t","type":"x","payload":{"ordinal":1},"ordinal":3}"#,
        r#"{"timestamp":"t","type":"x","payload":{"ordinal":1} , "ordinal" : 3}"#,
        r#"{"timestamp":"t","type":"x","payload":{"ordinal":2}}"#,
        r#"{"timestamp":"t","type":"x","payload":{"ordinal":1},"ordinals":3}"#,
        r#"{"ordinal":1,"ordinal":2}"#,
    ]
    .map(item);
    for (left, right) in items.iter().flat_map(|left| items.iter().map(move |right| (left, right)))
    {
        assert_eq!(
            left.record_digest() == right.record_digest(),
            left.same_record(right),
            "{} {}",
            left.text(),
            right.text(),
        );
    }
}

#[test]
fn as_json_an_item_is_its_object() {
    let stored = StoredItem { ordinal: Ordinal::new(3), item: item(r#"{ "a":1e999 }"#) };
    let json = serde_json::to_string(&stored).unwrap();
    assert_eq!(json, r#"{"ordinal":3,"item":{ "a":1e999 }}"#);
    assert_eq!(serde_json::from_str::<StoredItem>(&json).unwrap(), stored);
}

#[test]
fn a_new_item_stands_in_the_envelope() {
    let item =
        RolloutItem::new("event_msg", &serde_json::json!({"type": "x"}), Timestamp::from_millis(0))
            .unwrap();
    assert_eq!(
        item.text(),
        r#"{"timestamp":"1970-01-01T00:00:00.000Z","type":"event_msg","payload":{"type":"x"}}"#
    );
}
