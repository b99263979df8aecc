use super::*;

#[test]
fn the_source_is_kept_and_not_printed_twice() {
    let error = Error::internal("disk on fire").during(Operation::AppendItems);
    assert_eq!(error.to_string(), "append_items: internal error");
    assert_eq!(error.source().unwrap().to_string(), "disk on fire");
}

#[test]
fn the_json_of_an_error_carries_code_and_data() {
    let id = ThreadId::from_bytes([7; 16]);
    let error = Error::conflict(
        id,
        Conflict::Ordinal { expected: Ordinal::new(3), actual: Ordinal::new(5) },
    )
    .during(Operation::AppendItems);
    assert_eq!(
        serde_json::to_value(&error).unwrap(),
        serde_json::json!({
            "code": "conflict.ordinal",
            "message": format!("append_items: thread {id}: expected the next ordinal 3, it is 5"),
            "operation": "append_items",
            "thread_id": id.to_string(),
            "data": {"kind": "conflict", "conflict": "ordinal", "expected": 3, "actual": 5},
        })
    );
}

#[test]
fn the_first_operation_named_stays() {
    let error = Error::new(ErrorKind::Internal)
        .during(Operation::LoadHistory)
        .during(Operation::ForkThread);
    assert_eq!(error.operation(), Some(Operation::LoadHistory));
}
