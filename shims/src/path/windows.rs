//! Paths as Windows has them: drives, servers, and two separators.
//!
//! ```text
//! C:\src\app                   \\server\share\app
//! \\?\C:\src\app               \\?\UNC\server\share\app
//! ```
//!
//! What stands before the first name of a directory, the root, is never walked up into: above
//! `\\server\share` there is no directory to look into, only a network to ask. `\app` and `C:app` are
//! not absolute: one depends on the current drive, the other on that drive's directory.

use alloc::vec::Vec;

/// What is between the names of a path that goward makes.
pub(crate) const SEPARATOR: u8 = b'\\';
/// What is between the paths of a list such as PATH.
pub(super) const LIST_SEPARATOR: u8 = b';';

/// Returns true for what is between names.
pub(super) fn is_separator(byte: u8) -> bool {
    matches!(byte, b'/' | b'\\')
}

/// Returns true for a path that depends neither on a working directory nor on the current drive.
pub fn is_absolute(path: &[u8]) -> bool {
    match root(path) {
        0 => false,
        2 => path.get(2).is_some_and(|byte| is_separator(*byte)),
        _ => true,
    }
}

/// Returns the length of what stands before the names of directories: a drive, or server and share.
/// Nothing stands there in a relative path.
fn root(path: &[u8]) -> usize {
    match path {
        [drive, b':', ..] if drive.is_ascii_alphabetic() => 2,
        [one, two, b'?' | b'.', three, rest @ ..]
            if [one, two, three].into_iter().all(|byte| is_separator(*byte)) =>
        {
            match rest.split_at_checked(4) {
                Some((start, rest)) if is_unc(start) => 8 + end_of_names(rest, 2),
                _ => 4 + end_of_names(rest, 1),
            }
        }
        [one, two, rest @ ..] if is_separator(*one) && is_separator(*two) => {
            2 + end_of_names(rest, 2)
        }
        _ => 0,
    }
}

fn is_unc(start: &[u8]) -> bool {
    start.get(..3).is_some_and(|it| it.eq_ignore_ascii_case(b"UNC"))
        && start.last().is_some_and(|byte| is_separator(*byte))
}

/// Returns where the first names of a path end.
fn end_of_names(path: &[u8], count: usize) -> usize {
    let mut ends = path.iter().enumerate().filter(|(_, byte)| is_separator(**byte));
    ends.nth(count - 1).map_or(path.len(), |(at, _)| at)
}

/// Returns where the last name of a path ends the path above it.
pub(crate) fn end_of_parent(path: &[u8]) -> Option<usize> {
    let root = root(path);
    let names = path.get(root..)?;
    names.iter().rposition(|byte| is_separator(*byte)).map(|at| root + at)
}

/// Returns true when the system takes one name of a file for the other. Of names that are not ASCII
/// it does so by tables of its own; they are compared as they are.
pub(crate) fn is_name(one: &[u8], other: &[u8]) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// Returns what a program is called by people: its name without `.exe`.
pub(crate) fn program_name(name: &[u8]) -> &[u8] {
    match name.split_last_chunk::<4>() {
        Some((name, end)) if end.eq_ignore_ascii_case(b".exe") => name,
        _ => name,
    }
}

/// Returns what `path` means in the directory `cwd`.
pub(crate) fn in_directory(cwd: &[u8], path: &[u8]) -> Vec<u8> {
    match path {
        _ if is_absolute(path) => path.into(),
        // A directory of the drive that the working directory is on.
        [first, ..] if is_separator(*first) => [&cwd[..root(cwd)], path].concat(),
        // That of another drive, which only the system knows.
        [drive, b':', ..] if drive.is_ascii_alphabetic() => path.into(),
        _ => super::join(cwd, path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_of_drives_and_servers() {
        let cases: [(&[u8], usize, bool); 18] = [
            (b"C:\\a", 2, true),
            (b"c:/a", 2, true),
            (b"C:", 2, false),
            (b"C:a", 2, false),
            (b"\\a", 0, false),
            (b"/a", 0, false),
            (b"a\\b", 0, false),
            (b"", 0, false),
            (b"1:\\a", 0, false),
            (b"\\\\server\\share", 14, true),
            (b"\\\\server\\share\\a\\b", 14, true),
            (b"//server/share/a", 14, true),
            (b"\\\\server", 8, true),
            (b"\\\\?\\C:\\a", 6, true),
            (b"\\\\.\\pipe\\x", 8, true),
            (b"\\\\?\\UNC\\server\\share\\a", 20, true),
            (b"\\\\?\\unc\\server\\share", 20, true),
            (b"\\\\?\\UNCLE\\a", 9, true),
        ];
        for (path, length, absolute) in cases {
            assert_eq!(
                (root(path), is_absolute(path)),
                (length, absolute),
                "{}",
                path.escape_ascii()
            );
        }
    }

    #[test]
    fn the_way_up_ends_at_the_root() {
        let ways: [(&str, &[&str]); 5] = [
            ("C:\\a/b", &["C:\\a", "C:"]),
            ("\\\\server\\share\\a", &["\\\\server\\share"]),
            ("\\\\?\\C:\\a", &["\\\\?\\C:"]),
            ("\\\\?\\UNC\\server\\share\\a", &["\\\\?\\UNC\\server\\share"]),
            ("a\\b", &["a"]),
        ];
        for (path, want) in ways {
            let mut path = path.as_bytes();
            let mut way = Vec::new();
            while let Some(end) = end_of_parent(path) {
                path = &path[..end];
                way.push(path);
            }
            let want: Vec<&[u8]> = want.iter().map(|path| path.as_bytes()).collect();
            assert_eq!(way, want);
        }
    }

    #[test]
    fn programs_are_called_without_their_extension() {
        for (name, want) in [
            ("go.exe", "go"),
            ("GO.EXE", "GO"),
            ("go", "go"),
            ("go1.27.1.exe", "go1.27.1"),
            ("go1.27.1", "go1.27.1"),
            (".exe", ""),
            ("exe", "exe"),
        ] {
            assert_eq!(program_name(name.as_bytes()), want.as_bytes());
        }
        assert!(is_name(b"GoFmt", b"gofmt") && !is_name(b"gofmt", b"go"));
    }
}
