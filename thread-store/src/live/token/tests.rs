use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;

const THREAD: ThreadId = ThreadId::from_bytes([1; 16]);

fn items(count: usize) -> Vec<RolloutItem> {
    (0..count)
        .map(|n| RolloutItem::try_from(format!(r#"{{"type":"x","payload":{n}}}"#).as_str()))
        .collect::<Result<_>>()
        .unwrap()
}

fn token(items: &[RolloutItem]) -> ContinuationToken {
    ContinuationToken::of(THREAD, Ordinal::ZERO.plus(items.len()), items)
}

fn matches(token: &ContinuationToken, items: &[RolloutItem]) -> bool {
    ContinuationToken::matches(token.position(THREAD).unwrap().1, items)
}

#[track_caller]
fn assert_refused(token: &ContinuationToken, thread_id: ThreadId, reason: &str) {
    let error = token.position(thread_id).unwrap_err();
    assert_eq!(error.code(), "invalid_request");
    let shown = error.to_string();
    assert!(shown.contains("continuation_token") && shown.contains(reason), "{shown}");
}

#[test]
fn a_token_says_where_its_thread_was_left() {
    for count in [0, 1, 7, 8, 9, 100] {
        let items = items(count);
        let read = ContinuationToken::new(token(&items).to_string());
        let (next, digest) = read.position(THREAD).unwrap();
        assert_eq!(next, Ordinal::ZERO.plus(count));
        assert!(ContinuationToken::matches(digest, &items));
    }
    let last = Ordinal::new(u64::MAX);
    let token = ContinuationToken::of(THREAD, last, []);
    assert_eq!(token.position(THREAD).unwrap().0, last);
}

#[test]
fn as_json_a_token_is_its_text() {
    let token = token(&items(2));
    let json = serde_json::to_value(&token).unwrap();
    assert_eq!(json, token.as_str());
    assert_eq!(serde_json::from_value::<ContinuationToken>(json).unwrap(), token);
}

#[test]
fn the_text_of_a_token_stays_the_same_in_every_version() {
    assert_eq!(token(&items(3)).as_str(), "AQAAAAAAAAADe-MTKWcam1Wd6eNA73jQzvuQcnVSkjwC");
}

#[test]
fn the_last_eight_items_count_and_none_before() {
    let items = items(20);
    let token = token(&items);
    assert!(matches(&token, &items[12..]));
    assert!(matches(&token, &items[5..]));
    assert!(!matches(&token, &items[13..]));
    assert!(!matches(&token, &items[11..19]));
}

#[test]
fn other_items_and_another_order_do_not_match() {
    let items = items(8);
    let token = token(&items);
    for at in 0..8 {
        let mut others = items.clone();
        others[at] = RolloutItem::try_from("{}").unwrap();
        assert!(!matches(&token, &others), "{at}");
        others.remove(at);
        assert!(!matches(&token, &others), "{at}");
    }
    for at in 0..7 {
        let mut swapped = items.clone();
        swapped.swap(at, at + 1);
        assert!(!matches(&token, &swapped), "{at}");
    }
}

#[test]
fn an_empty_history_matches_itself_alone() {
    assert!(matches(&token(&[]), &[]));
    assert!(!matches(&token(&[]), &items(1)));
    assert!(!matches(&token(&items(1)), &[]));
}

#[test]
fn an_ordinal_member_that_a_file_adds_makes_no_difference() {
    let plain = RolloutItem::try_from(r#"{"timestamp":"t","type":"x"}"#).unwrap();
    let numbered = RolloutItem::try_from(r#"{"timestamp":"t","ordinal":4,"type":"x"}"#).unwrap();
    assert!(matches(&token(&[plain]), &[numbered]));
}

#[test]
fn damage_anywhere_is_refused() {
    let text = token(&items(3)).to_string();
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        for other in [b'A', b'_', b'=', b' '] {
            if bytes[at] != other {
                bytes[at] = other;
                let damaged = String::from_utf8(bytes.clone()).unwrap();
                assert_refused(&ContinuationToken::new(damaged), THREAD, "");
            }
        }
        assert_refused(&ContinuationToken::new(&text[..at]), THREAD, "not a continuation token");
    }
    let longer = ContinuationToken::new(format!("{text}AAAA"));
    assert_refused(&longer, THREAD, "not a continuation token");
}

#[test]
fn another_thread_is_refused() {
    let other = ThreadId::from_bytes([2; 16]);
    assert_refused(&token(&items(3)), other, "made for another thread");
}

#[test]
fn another_version_is_refused() {
    let mut bytes = URL_SAFE_NO_PAD.decode(token(&items(3)).as_str()).unwrap();
    bytes[0] += 1;
    let end = bytes.len() - 8;
    let check = digest(&bytes[..end]).to_be_bytes();
    bytes[end..].copy_from_slice(&check);
    let token = ContinuationToken::new(URL_SAFE_NO_PAD.encode(bytes));
    assert_refused(&token, THREAD, "of another version");
}
