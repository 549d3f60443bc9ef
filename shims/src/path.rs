//! Syntax of paths: the only place that knows what is between its names, and between the
//! paths of a list.

#[cfg(not(windows))]
mod unix;
#[cfg(any(windows, test))]
#[cfg_attr(not(windows), expect(dead_code, unreachable_pub, reason = "tested everywhere"))]
mod windows;

#[cfg(not(windows))]
use unix as syntax;
#[cfg(windows)]
use windows as syntax;

pub use syntax::is_absolute;
pub(crate) use syntax::{SEPARATOR, end_of_parent, in_directory, is_name, program_name};

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use syntax::{LIST_SEPARATOR, is_separator};

/// Writes a relative path with the system's separator; at compile time.
pub(crate) const fn native<const LENGTH: usize>(mut path: [u8; LENGTH]) -> [u8; LENGTH] {
    let mut at = 0;
    while at < LENGTH {
        if path[at] == b'/' {
            path[at] = SEPARATOR;
        }
        at += 1;
    }
    path
}

/// Returns true for an absolute path without `.` and `..`: one with `..` in it would be walked up
/// through directories that are not above.
pub fn is_clean(path: &[u8]) -> bool {
    is_absolute(path) && !names(path).any(|name| name == b".." || name == b".")
}

/// Iterates over the names of a path.
pub(crate) fn names(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| is_separator(*byte)).filter(|name| !name.is_empty())
}

/// Iterates over the paths of a list.
pub fn list(paths: &[u8]) -> impl Iterator<Item = &[u8]> {
    paths.split(|byte| *byte == LIST_SEPARATOR)
}

/// Returns what is above the last name of a path; nothing for a path of one name.
pub(crate) fn parent(path: &[u8]) -> &[u8] {
    end_of_parent(path).map_or(&[], |end| &path[..end])
}

/// Splits a path before its last name.
pub(crate) fn split(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = end_of_parent(path)?;
    Some((&path[..at], &path[at + 1..]))
}

/// Returns `base/name`, without doubling the separator.
pub fn join(base: &[u8], name: &[u8]) -> Vec<u8> {
    below(base, name).concat()
}

/// Returns what [`join`] makes a path of.
pub(crate) fn below<'p>(base: &'p [u8], name: &'p [u8]) -> [&'p [u8]; 3] {
    [without_end(base), &[SEPARATOR], name]
}

/// Returns the path of `name` in the directory of the file at `path`.
pub fn beside(path: &[u8], name: &str) -> Vec<u8> {
    join(parent(path), name.as_bytes())
}

/// Returns a path without separators at its end.
pub(crate) fn without_end(mut path: &[u8]) -> &[u8] {
    while let [rest @ .., last] = path
        && is_separator(*last)
    {
        path = rest;
    }
    path
}

/// Returns a path as messages have it: on one line, with nothing that moves the cursor.
pub fn shown(path: &[u8]) -> String {
    let text = String::from_utf8_lossy(path);
    if cfg!(windows) {
        text.split('\\').map(|part| part.escape_debug().to_string()).collect::<Vec<_>>().join("\\")
    } else {
        text.escape_debug().to_string()
    }
}

/// Returns where a link at `path` leads.
pub(crate) fn of_link(path: &[u8], target: &[u8]) -> Vec<u8> {
    match split(path) {
        Some((directory, _)) if !is_absolute(target) => join(directory, target),
        _ => target.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn join_does_not_double_slashes() {
        let separator = char::from(SEPARATOR);
        for (base, want) in [("/", "@x"), ("/a/", "/a@x"), ("/a", "/a@x")] {
            let want = want.replace('@', separator.encode_utf8(&mut [0; 1]));
            assert_eq!(join(base.as_bytes(), b"x"), want.as_bytes());
        }
    }
}
