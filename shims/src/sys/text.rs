//! Strings as plain bytes.

use alloc::vec::Vec;
use core::ops::Deref;

/// A string of an argument list or an environment, or a path.
#[derive(Clone, Copy)]
pub struct Text<'a>(&'a [u8]);

impl<'a> Text<'a> {
    /// Returns what stands before the first `=`, or nothing if there is none.
    pub fn name(self) -> &'a [u8] {
        let end = self.0.iter().position(|byte| *byte == b'=');
        &self.0[..end.unwrap_or(0)]
    }

    /// Returns its bytes.
    pub fn to_bytes(self) -> &'a [u8] {
        self.0
    }
}

/// A path, or `NAME=value`, that goward makes.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct OwnedText {
    bytes: Vec<u8>,
}

impl OwnedText {
    /// Puts parts together. For the system, what follows a NUL in them does not exist.
    pub fn of<const PARTS: usize>(parts: [&[u8]; PARTS]) -> Self {
        Self::of_bytes(parts.concat())
    }

    /// Takes bytes. For the system, what follows a NUL in them does not exist.
    pub(crate) fn of_bytes(mut bytes: Vec<u8>) -> Self {
        let end = bytes.iter().position(|byte| *byte == 0);
        bytes.truncate(end.unwrap_or(bytes.len()));
        Self { bytes }
    }

    /// Puts `end`, which is no longer, in the place of everything from `start` on.
    pub(crate) fn shorten(&mut self, start: usize, end: &[u8]) {
        self.bytes.truncate(start);
        self.bytes.extend_from_slice(end);
    }

    /// Points to it.
    pub fn as_text(&self) -> Text<'_> {
        Text(&self.bytes)
    }

    /// Returns its bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl Deref for OwnedText {
    type Target = [u8];

    /// Returns its bytes.
    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}
