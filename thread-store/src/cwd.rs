//! Comparing working directories.

/// The form in which two working directories are compared: equal forms, same directory.
///
/// It is a pure function of the text; no file system is asked, since threads come from other
/// machines. Repeated and trailing separators and `.` vanish, `..` takes the folder before it away.
/// A path with a drive letter or a leading `\\` is a Windows path: there `\` separates as `/` does,
/// the prefix `\\?\` vanishes, and case does not count.
#[must_use]
pub fn cwd_key(path: &str) -> String {
    if is_windows(path) {
        let path = path.strip_prefix(r"\\?\").unwrap_or(path);
        normalize(&path.replace('\\', "/").to_lowercase())
    } else {
        normalize(path)
    }
}

fn is_windows(path: &str) -> bool {
    let bytes = path.as_bytes();
    path.starts_with(r"\\")
        || (bytes.len() >= 3
            && bytes[0].is_ascii_alphabetic()
            && bytes[1] == b':'
            && (bytes[2] == b'\\' || bytes[2] == b'/'))
}

fn normalize(path: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if absolute => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if absolute {
        format!("/{joined}")
    } else {
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::cwd_key;

    #[test]
    fn spellings_of_one_directory_have_one_form() {
        for (spelling, form) in [
            ("/srv/a", "/srv/a"),
            ("/srv/a/", "/srv/a"),
            ("/srv//a/.", "/srv/a"),
            ("/srv/a/../a", "/srv/a"),
            ("/../srv/a", "/srv/a"),
            ("/", "/"),
            ("/srv/größe-проект", "/srv/größe-проект"),
            ("a/../../b", "../b"),
            (r"C:\Users\Me\", "c:/users/me"),
            ("c:/users/me", "c:/users/me"),
            (r"\\?\C:\Users\me", "c:/users/me"),
            (r"\\server\share", "/server/share"),
            ("", ""),
        ] {
            assert_eq!(cwd_key(spelling), form, "{spelling}");
        }
    }

    #[test]
    fn different_directories_have_different_forms() {
        for (a, b) in [
            ("/srv/a", "/srv/A"),
            ("/srv/a", "/srv"),
            ("/srv/a", "srv/a"),
            (r"/srv\a", "/srv/a"),
        ] {
            assert_ne!(cwd_key(a), cwd_key(b));
        }
    }
}
