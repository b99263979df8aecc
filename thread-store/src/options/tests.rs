use serde_json::json;

use super::*;
use crate::metadata::ThreadMetadata;
use crate::thread::Identity;
use crate::time::Timestamp;

fn stored(metadata: ThreadMetadata) -> StoredThread {
    let identity = Identity::new(Timestamp::from_millis(0));
    StoredThread::new(crate::ThreadId::from_bytes([1; 16]), identity, metadata)
}

#[test]
fn not_given_and_given_as_null_and_given_are_three_things_in_json() {
    let json = json!({"model": "m", "cwd": null, "of_the_future": [1]});
    let options: ThreadOptions = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(options.model, Edit::Set(Some("m".into())));
    assert_eq!(options.cwd, Edit::Set(None));
    assert_eq!(options.personality, Edit::Keep);
    assert_eq!(serde_json::to_value(&options).unwrap(), json);
}

#[test]
fn every_option_can_be_given_left_out_and_null() {
    for name in ThreadOptions::NAMES {
        for value in [json!("x"), json!(null)] {
            let json = json!({ *name: value });
            let options: ThreadOptions = serde_json::from_value(json.clone()).unwrap();
            assert!(!options.is_empty(), "{json}");
            assert_eq!(serde_json::to_value(&options).unwrap(), json);
            assert_eq!(ThreadOptions::default().overridden_by(options.clone()), options);
        }
    }
    assert!(ThreadOptions::default().is_empty());
}

#[test]
fn what_was_given_later_counts_and_null_is_given() {
    let thread = ThreadOptions::default().model("m".to_owned()).cwd("/c".to_owned());
    let turn = ThreadOptions::default().model(None).personality("none".to_owned());
    let both = thread.overridden_by(turn);
    let expected =
        ThreadOptions::default().model(None).cwd("/c".to_owned()).personality("none".to_owned());
    assert_eq!(both, expected);
}

#[test]
fn options_that_were_stored_are_not_mixed_with_what_turns_were_run_with() {
    let mut metadata = ThreadMetadata::new(Timestamp::from_millis(0));
    metadata.model = Some("of the last turn".into());
    let observed = ThreadOptions::default().model("of the last turn".to_owned());
    assert_eq!(ThreadOptions::of(&stored(metadata.clone())), observed);
    metadata.options = Some(ThreadOptions::default());
    assert!(ThreadOptions::of(&stored(metadata)).is_empty());
}

#[test]
fn storing_options_shows_them_in_the_metadata_and_gives_them_back() {
    let options = ThreadOptions::default()
        .model("m".to_owned())
        .cwd("/c".to_owned())
        .approval_policy(json!("never"))
        .base_instructions("b".to_owned());
    let mut metadata = ThreadMetadata::new(Timestamp::from_millis(0));
    metadata.model_provider = Some("kept".into());
    options.to_patch().apply(&mut metadata);
    assert_eq!(metadata.model.as_deref(), Some("m"));
    assert_eq!(metadata.cwd.as_deref(), Some("/c"));
    assert_eq!(metadata.model_provider.as_deref(), Some("kept"));
    assert_eq!(ThreadOptions::of(&stored(metadata)), options);
}

#[test]
fn what_is_printed_of_options_is_their_names() {
    let options = ThreadOptions::default().base_instructions("s3cret".to_owned());
    let printed = format!("{options:?}");
    assert!(printed.contains("base_instructions") && !printed.contains("s3cret"), "{printed}");
}
