//! Paths as Unix has them.

use crate::swar;
use alloc::vec::Vec;

/// What is between the names of a path.
pub(crate) const SEPARATOR: u8 = b'/';
/// What is between the paths of a list such as PATH.
pub(super) const LIST_SEPARATOR: u8 = b':';

/// Returns true for what is between names.
#[inline]
pub(super) fn is_separator(byte: u8) -> bool {
    byte == SEPARATOR
}

/// Returns true for a path that does not depend on the working directory.
#[inline]
pub fn is_absolute(path: &[u8]) -> bool {
    path.first() == Some(&SEPARATOR)
}

/// Returns where the last name of a path ends the path above it.
#[inline]
pub(crate) fn end_of_parent(path: &[u8]) -> Option<usize> {
    swar::last(path, SEPARATOR)
}

/// Returns true when the system takes one name of a file for the other.
#[inline]
pub(crate) fn is_name(one: &[u8], other: &[u8]) -> bool {
    one == other
}

/// Returns what a program is called by people.
#[inline]
pub(crate) fn program_name(name: &[u8]) -> &[u8] {
    name
}

/// Returns what `path` means in the directory `cwd`.
pub(crate) fn in_directory(cwd: &[u8], path: &[u8]) -> Vec<u8> {
    if is_absolute(path) { path.into() } else { super::join(cwd, path) }
}
