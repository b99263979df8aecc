//! Paths of records as people write them.

/// A path that may be written as a URL: `file:///a%20b` is `/a b`. Anything else stays as it is.
pub(super) fn local(path: &str) -> String {
    let Some(rest) = path.strip_prefix("file://") else {
        return path.to_owned();
    };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let path = decoded(path);
    match host {
        "" | "localhost" => match path.strip_prefix('/') {
            Some(windows) if has_drive(windows) => windows.replace('/', "\\"),
            _ => path,
        },
        host => format!("\\\\{host}{}", path.replace('/', "\\")),
    }
}

/// A path as seen from a folder, without `.` and `..`. Folders of Windows keep to their own
/// separators, and what is seen from them is only put behind them.
pub(super) fn join(folder: &str, path: &str) -> String {
    if path.starts_with('/') || has_drive(path) || folder.is_empty() {
        return path.to_owned();
    }
    if !folder.starts_with('/') {
        return format!("{}\\{path}", folder.trim_end_matches('\\'));
    }
    let mut names: Vec<&str> = Vec::new();
    for name in folder.split('/').chain(path.split('/')) {
        match name {
            "" | "." => {}
            ".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    format!("/{}", names.join("/"))
}

fn has_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}

/// `%20` and the like as the bytes they stand for.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let (byte, tail) = match (first, tail) {
            (b'%', [high, low, tail @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => (high * 16 + low, tail),
                _ => (b'%', &rest[1..]),
            },
            (first, tail) => (*first, tail),
        };
        bytes.push(byte);
        rest = tail;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn digit(letter: u8) -> Option<u8> {
    char::from(letter).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
