//! Items come back byte for byte.

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;

/// These texts come back as they are, from a creation as from appends.
async fn come_back(cx: &Cx, texts: &[&str]) -> CaseResult {
    let items: Vec<_> = texts.iter().map(|text| cx.raw(text)).collect();
    items_come_back(cx, items).await
}

async fn items_come_back(cx: &Cx, items: Vec<RolloutItem>) -> CaseResult {
    let created = cx.create().with_items(items.clone());
    let created = cx.store().create_thread(created).await?.thread.thread_id;
    cx.expect_history(created, &items).await?;
    let lease = cx.leased(0).await?;
    cx.append(&lease, items.clone()).await?;
    cx.expect_history(lease.thread_id, &items).await
}

pub(super) async fn every_kind_of_record_comes_back(cx: Cx) -> CaseResult {
    let texts = [
        r#"{"timestamp":"2026-11-20T16:33:14.367Z","type":"session_meta","payload":{"id":"01a1f9ce-78de-7c20-8e0b-1825d888a9cb","cwd":"/w","originator":"x","cli_version":"0.1"}}"#,
        r#"{"timestamp":"2026-11-20T16:33:14.367Z","type":"turn_context","payload":{"cwd":"/w","model":"m"}}"#,
        r#"{"timestamp":"2026-11-20T16:33:14.367Z","type":"response_item","payload":{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}}"#,
        r#"{"timestamp":"2026-11-20T16:33:14.367Z","type":"event_msg","payload":{"type":"agent_message","message":"hi"}}"#,
        r#"{"timestamp":"2026-11-20T16:33:14.367Z","type":"compacted","payload":{"message":"","replacement_history":[]}}"#,
        r#"{"id":"01a1f9ce-78de-7c20-8e0b-1825d888a9cb","timestamp":"2025-05-07T17:24:21.597Z","instructions":null,"git":{}}"#,
        r#"{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}"#,
        r#"{"role":"user","content":"hi"}"#,
        r#"{"record_type":"state"}"#,
    ];
    come_back(&cx, &texts).await
}

pub(super) async fn unknown_kinds_and_odd_shapes_come_back(cx: Cx) -> CaseResult {
    let texts = [
        "{}",
        r#"{"type":"of the future","payload":{"a":[1,{"b":null}]},"more":true}"#,
        r#"{"type":5}"#,
        r#"{"type":null,"payload":null}"#,
        r#"{"type":["event_msg"],"payload":"text"}"#,
        r#"{"type":"event_msg","payload":[]}"#,
        r#"{"type":"","":""}"#,
        r#"{"payload":{"type":"event_msg"},"type":"event_msg"}"#,
        r#"{"ordinal":"not a number","thread_id":"x","epoch":-1}"#,
    ];
    come_back(&cx, &texts).await
}

pub(super) async fn order_and_white_space_come_back(cx: Cx) -> CaseResult {
    let texts = [
        r#"{"z":1,"a":2,"m":3}"#,
        r#"{ }"#,
        "{\t\"a\" :\t[ 1 , 2 ]  }",
        r#"{"a":    "  both   ends  "}"#,
        "{\r\"a\":1,\r\"b\":2\r}",
    ];
    come_back(&cx, &texts).await
}

pub(super) async fn numbers_come_back_as_they_were_written(cx: Cx) -> CaseResult {
    let digits = "9".repeat(5000);
    let long = format!(r#"{{"n":-{digits}.{digits}e+{digits}}}"#);
    let texts = [
        r#"{"n":[0,-0,0.0,-0.0,1.0,1.10,1e0,1E+2,1e-2,100e-2]}"#,
        r#"{"n":[9007199254740993,18446744073709551615,18446744073709551616,-9223372036854775809]}"#,
        r#"{"n":[1e400,-1e400,1e-400,0.1,0.30000000000000004,3.141592653589793238462643]}"#,
        &long,
    ];
    come_back(&cx, &texts).await
}

pub(super) async fn escapes_come_back_as_they_were_written(cx: Cx) -> CaseResult {
    let texts = [
        r#"{"s":"\u0000","nul\u0000name":"a\u0000b"}"#,
        r#"{"s":"\ud800","t":"\udc00\ud800","u":"\ud83d\ude00"}"#,
        r#"{"s":"\u00e9 é \/ / \" \\ \b\f\n\r\t"}"#,
        r#"{"s":"\u2028\u2029\ufeff\uffff\uFFFE"}"#,
        r#"{"\u0061":1,"a":2}"#,
    ];
    come_back(&cx, &texts).await
}

pub(super) async fn every_character_comes_back(cx: Cx) -> CaseResult {
    let all = ('\u{20}'..=char::MAX).filter(|c| !matches!(c, '"' | '\\'));
    let all: Vec<char> = all.collect();
    let in_item = |chars: &[char]| {
        let text: String = chars.iter().collect();
        cx.raw(&format!(r#"{{"s":"{text}","{text}":0}}"#))
    };
    items_come_back(&cx, all.chunks(10_000).map(in_item).collect()).await
}

pub(super) async fn line_ends_of_other_alphabets_end_no_item(cx: Cx) -> CaseResult {
    let texts = [
        "{\"s\":\"a\u{2028}b\u{2029}c\u{85}d\"}",
        "{\"s\":\"\u{feff}\",\"\u{feff}\":1}",
        "{\"s\":\"\u{7f}\u{a0}\u{200b}\u{fffd}\u{10ffff}\"}",
        r#"{"s":"}\n{","t":"{\"type\":\"event_msg\"}"}"#,
    ];
    come_back(&cx, &texts).await
}

pub(super) async fn names_that_repeat_come_back(cx: Cx) -> CaseResult {
    let texts = [
        r#"{"a":1,"a":2,"a":1}"#,
        r#"{"type":"event_msg","payload":{},"type":"compacted","payload":1}"#,
        r#"{"ordinal":1,"ordinal":2}"#,
        r#"{"a":{"b":1,"b":1},"a":{"b":1,"b":1}}"#,
    ];
    come_back(&cx, &texts).await
}

pub(super) async fn an_ordinal_member_of_the_callers_own_comes_back(cx: Cx) -> CaseResult {
    let texts = [
        r#"{"ordinal":5,"type":"event_msg","payload":{}}"#,
        r#"{"type":"event_msg","ordinal":18446744073709551616,"payload":{"ordinal":0}}"#,
        r#"{"type":"event_msg","payload":{},"ordinal":-1.5}"#,
        r#"{"ordinal":{"ordinal":null}}"#,
        r#"{ "ordinal" : 0 }"#,
    ];
    come_back(&cx, &texts).await
}

pub(super) async fn nesting_of_any_depth_comes_back(cx: Cx) -> CaseResult {
    const DEPTH: usize = 100_000;
    let arrays = format!(r#"{{"a":{}{}}}"#, "[".repeat(DEPTH), "]".repeat(DEPTH));
    let objects = format!("{}1{}", r#"{"a":"#.repeat(DEPTH), "}".repeat(DEPTH));
    come_back(&cx, &[&arrays, &objects, "{}"]).await
}

pub(super) async fn many_members_come_back(cx: Cx) -> CaseResult {
    let members: Vec<_> = (0..50_000).rev().map(|n| format!(r#""m{n}":{n}"#)).collect();
    let wide = format!("{{{}}}", members.join(","));
    let long = format!(r#"{{"{}":1}}"#, "name".repeat(100_000));
    come_back(&cx, &[&wide, &long]).await
}

pub(super) async fn items_of_every_size_come_back(cx: Cx) -> CaseResult {
    let edges = (3..=17).flat_map(|bits| (1_usize << bits) - 2..=(1_usize << bits) + 2);
    let sizes = edges.filter(|bytes| *bytes >= 8);
    items_come_back(&cx, sizes.map(|bytes| cx.sized(bytes)).collect()).await
}

pub(super) async fn items_of_a_mebibyte_come_back_among_small_ones(cx: Cx) -> CaseResult {
    let mut items = cx.items(0..20);
    for at in [19, 10, 9, 0] {
        items.insert(at, cx.sized(1 << 20));
    }
    items_come_back(&cx, items).await
}

pub(super) async fn an_item_of_17_mib_comes_back(cx: Cx) -> CaseResult {
    let items = vec![cx.item(0), cx.sized(Limits::LEAST_MAX_ITEM_BYTES), cx.item(1)];
    items_come_back(&cx, items).await
}

pub(super) async fn an_item_as_large_as_the_limit_is_taken(cx: Cx) -> CaseResult {
    // Made only to learn that the limit is small enough to be tried.
    let most = cx.oversized()?.len() - 1;
    let lease = cx.leased(1).await?;
    cx.append(&lease, vec![cx.sized(most)]).await?;
    cx.append(&lease, vec![cx.item(2)]).await?;
    let items = [cx.item(0), cx.sized(most), cx.item(2)];
    cx.expect_history(lease.thread_id, &items).await
}

pub(super) async fn an_item_above_the_limit_is_refused_and_nothing_written(cx: Cx) -> CaseResult {
    let item = cx.oversized()?;
    let lease = cx.leased(2).await?;
    let batch = vec![cx.item(2), item.clone(), cx.item(3)];
    cx.refused("invalid_request", cx.append(&lease, vec![item])).await?;
    cx.refused("invalid_request", cx.append_at(&lease, 2, batch.clone())).await?;
    let create = cx.create().with_items(batch);
    cx.refused("invalid_request", cx.store().create_thread(create)).await?;
    cx.append_at(&lease, 2, cx.items(2..3)).await?;
    cx.expect_items(lease.thread_id, 3).await
}

pub(super) async fn a_batch_above_the_limit_is_refused_and_nothing_written(cx: Cx) -> CaseResult {
    let limits = cx.capabilities().limits;
    let item = cx.sized(Limits::LEAST_MAX_ITEM_BYTES);
    if limits.max_batch_bytes / item.len() > 1000 {
        return skip("the largest batch of this store is too large to be tried");
    }
    // One item, shared: the batch is larger than what it takes to make it.
    let batch = vec![item.clone(); limits.max_batch_bytes / item.len() + 1];
    let lease = cx.leased(2).await?;
    cx.refused("invalid_request", cx.append(&lease, batch)).await?;
    Ok(())
}

pub(super) async fn a_batch_of_5000_items_comes_back(cx: Cx) -> CaseResult {
    let lease = cx.leased(0).await?;
    cx.append(&lease, cx.items(0..5000)).await?;
    cx.expect_items(lease.thread_id, 5000).await
}

pub(super) async fn odd_items_come_back_whichever_way_they_are_read(cx: Cx) -> CaseResult {
    let texts = ["{}", r#"{"a":1,"a":"\ud800\u0000"}"#, "{ \"b\" :\r1e400 }"];
    let items: Vec<_> = texts.iter().map(|text| cx.raw(text)).collect();
    let lease = cx.leased(0).await?;
    cx.append(&lease, items.clone()).await?;
    for (at, item) in items.iter().enumerate() {
        let ordinal = Ordinal::new(at as u64);
        let range = OrdinalRange::between(ordinal, ordinal.plus(1));
        for direction in [Direction::Ascending, Direction::Descending] {
            let load = LoadHistory::new(lease.thread_id).with_range(range);
            let page = cx.store().load_history(load.with_direction(direction)).await?;
            let read = page.items.first().map(|stored| stored.item.text().into_owned());
            expect_eq("the item", Some(item.text().into_owned()), read)?;
        }
    }
    Ok(())
}
