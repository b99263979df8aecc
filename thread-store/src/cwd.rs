//! Comparing working directories.

/// The form in which two working directories are compared: equal forms, same directory.
///
/// It is a pure function of the text; no file system is asked, since threads come from other
/// machines. Repeated and trailing separators and `.` vanish, `..` takes the folder before it away.
/// A path with a drive letter or a leading `\\` is a Windows path: there `\` separates as `/` does,
/// the prefix `\\?\` vanishes, and case does not count.
#[must_use]
pub fn cwd_key(path: &str) -> String {
    match Windows::of(path) {
        Some(windows) => join(&windows.root, &windows.rest, true),
        None if path.starts_with('/') => join("/", path, true),
        None => join("", path, false),
    }
}

/// A Windows path, with slashes and in lower case.
struct Windows {
    /// `c:/` or `//`, which no other path begins with once it is in its form.
    root: String,
    rest: String,
}

impl Windows {
    fn of(path: &str) -> Option<Self> {
        let plain = path.replace('\\', "/").to_lowercase();
        let verbatim = path.starts_with(r"\\?\").then(|| plain[4..].to_owned());
        let plain = match &verbatim {
            Some(unc) if unc.starts_with("unc/") => format!("/{}", &unc[3..]),
            Some(drive) => drive.clone(),
            None => plain,
        };
        let bytes = plain.as_bytes();
        let drive = bytes.len() >= 3 && bytes[0].is_ascii_alphabetic() && &bytes[1..3] == b":/";
        if drive {
            Some(Self { root: plain[..3].to_owned(), rest: plain[3..].to_owned() })
        } else if path.starts_with(r"\\") {
            Some(Self { root: "//".to_owned(), rest: plain })
        } else {
            None
        }
    }
}

/// The parts of a path behind its root. In an absolute path nothing lies above the root.
fn join(root: &str, path: &str, absolute: bool) -> String {
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
    format!("{root}{}", parts.join("/"))
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
            (r"\\server\share", "//server/share"),
            (r"\\?\UNC\server\share\", "//server/share"),
            (r"C:\..\x", "c:/x"),
            ("C:/", "c:/"),
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
            (r"C:\..\x", "x"),
            (r"\\srv\a", "/srv/a"),
        ] {
            assert_ne!(cwd_key(a), cwd_key(b));
        }
    }
}
