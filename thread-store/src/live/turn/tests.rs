use super::*;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn event(item: &RolloutItem) -> Value {
    serde_json::from_slice::<Value>(item.as_bytes()).unwrap()["payload"].take()
}

#[test]
fn the_end_of_a_turn_repeats_when_it_started() {
    let start = event(&started("t", at(7_900)).unwrap());
    for outcome in [TurnOutcome::Completed, TurnOutcome::Interrupted] {
        let end = event(&ended(Some("t"), Some(at(7_900)), &outcome, at(9_100)).unwrap());
        assert_eq!(end["started_at"], start["started_at"]);
        assert_eq!((&end["completed_at"], &end["duration_ms"]), (&json!(9), &json!(1_200)));
    }
}

#[test]
fn where_nobody_knows_when_a_turn_started_its_end_says_nothing_of_it() {
    let end = event(&ended(Some("t"), None, &TurnOutcome::Completed, at(9_100)).unwrap());
    assert!(end.get("started_at").is_none() && end.get("duration_ms").is_none());
}
