//! Items that were not kept as they are.

use thread_store::RolloutItem;

fn item(bytes: Vec<u8>, otherwise: &RolloutItem) -> RolloutItem {
    RolloutItem::from_bytes(bytes).unwrap_or_else(|_| otherwise.clone())
}

/// The last letter in the other case, if the item is one still.
pub(crate) fn with_changed_letter(original: &RolloutItem) -> RolloutItem {
    let mut bytes = original.as_bytes().to_vec();
    if let Some(letter) = bytes.iter_mut().rfind(|byte| byte.is_ascii_alphabetic()) {
        *letter ^= 0x20;
    }
    item(bytes, original)
}

pub(crate) fn without_white_space(original: &RolloutItem) -> RolloutItem {
    let (mut in_text, mut escaped) = (false, false);
    let keep = |byte: &u8| {
        let kept = in_text || !byte.is_ascii_whitespace();
        match *byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ => {}
        }
        kept
    };
    let bytes = original.as_bytes().iter().copied();
    let mut keep = keep;
    item(bytes.filter(|byte| keep(byte)).collect(), original)
}

/// Parsed and printed: members sorted, numbers and escapes in another form.
pub(crate) fn from_value_tree(original: &RolloutItem) -> RolloutItem {
    let value: Option<serde_json::Value> = serde_json::from_slice(original.as_bytes()).ok();
    let bytes = value.map(|value| value.to_string().into_bytes());
    bytes.map_or_else(|| original.clone(), |bytes| item(bytes, original))
}

/// Whether a parser that counts levels would give up.
pub(crate) fn is_deep(item: &RolloutItem) -> bool {
    item.as_bytes().windows(128).any(|levels| levels.iter().all(|byte| *byte == b'['))
}
