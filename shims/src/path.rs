//! Syntax of paths: the only file that knows what is between its names, and between the
//! paths of a list.

use crate::swar;
use alloc::vec::Vec;

/// What is between the names of a path.
pub(crate) const SEPARATOR: u8 = b'/';
/// What is between the paths of a list such as PATH.
const LIST_SEPARATOR: u8 = b':';

/// Returns true for a path that does not depend on the working directory.
#[inline]
pub fn is_absolute(path: &[u8]) -> bool {
    path.first() == Some(&SEPARATOR)
}

/// Returns true for an absolute path without `.` and `..`: one with `..` in it would be walked up
/// through directories that are not above.
pub fn is_clean(path: &[u8]) -> bool {
    is_absolute(path) && !names(path).any(|name| name == b".." || name == b".")
}

/// Iterates over the names of a path.
pub(crate) fn names(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == SEPARATOR).filter(|name| !name.is_empty())
}

/// Iterates over the paths of a list.
pub fn list(paths: &[u8]) -> impl Iterator<Item = &[u8]> {
    paths.split(|byte| *byte == LIST_SEPARATOR)
}

/// Returns where the last name of a path ends the path above it.
#[inline]
pub(crate) fn end_of_parent(path: &[u8]) -> Option<usize> {
    swar::last(path, SEPARATOR)
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

/// Returns `base/name`, without doubling the slash.
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

/// Returns a path without slashes at its end.
pub(crate) fn without_end(mut path: &[u8]) -> &[u8] {
    while let [rest @ .., SEPARATOR] = path {
        path = rest;
    }
    path
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
    use alloc::vec;

    #[test]
    fn join_does_not_double_slashes() {
        assert_eq!(join(b"/", b"x"), vec![b'/', b'x']);
        assert_eq!(join(b"/a/", b"x"), b"/a/x".to_vec());
    }
}
