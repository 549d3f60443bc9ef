//! Strings as programs are started with them: a pointer each, to bytes that end with NUL.

#![expect(
    unsafe_code,
    reason = "a thin pointer says nothing about the length of what it points to"
)]

use alloc::vec::Vec;
use core::ffi::{CStr, c_char};
use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;
use core::ptr::NonNull;

/// A string of an argument list or an environment, one pointer wide, so that a list of them is what
/// `execve` takes.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Text<'a>(NonNull<c_char>, PhantomData<&'a CStr>);

impl<'a> Text<'a> {
    /// Points to a string.
    pub fn new(text: &'a CStr) -> Self {
        // SAFETY: a reference is not null.
        Self(unsafe { NonNull::new_unchecked(text.as_ptr().cast_mut()) }, PhantomData)
    }

    /// Returns what stands before the first `=`, or nothing if there is none.
    pub fn name(self) -> &'a [u8] {
        let mut length = 0;
        // SAFETY: the loop ends at the NUL, if not before.
        unsafe {
            loop {
                match self.byte(length) {
                    0 => return &[],
                    b'=' => break,
                    _ => length += 1,
                }
            }
            core::slice::from_raw_parts(self.0.as_ptr().cast(), length)
        }
    }

    /// Returns what stands before and behind the first `=`; `None` when it names no variable.
    pub fn variable(self) -> Option<(&'a [u8], &'a [u8])> {
        let name = self.name();
        let value = self.to_bytes().get(name.len() + 1..)?;
        (!name.is_empty()).then_some((name, value))
    }

    /// Returns the bytes before the NUL.
    pub fn to_bytes(self) -> &'a [u8] {
        self.to_c_str().to_bytes()
    }

    #[cold]
    #[inline(never)]
    fn measured(self) -> &'a [u8] {
        self.to_c_str().to_bytes_with_nul()
    }

    /// Returns the string with its length.
    pub fn to_c_str(self) -> &'a CStr {
        // SAFETY: it was made from such a string, which lives as long.
        unsafe { CStr::from_ptr(self.0.as_ptr()) }
    }

    /// Returns where it stands, for the kernel.
    #[cfg(linux)]
    pub(super) fn address(self) -> usize {
        self.0.as_ptr().expose_provenance()
    }

    /// # Safety
    ///
    /// None of the bytes before is NUL.
    unsafe fn byte(self, at: usize) -> u8 {
        // SAFETY: the string ends at its first NUL, not before.
        unsafe { self.0.as_ptr().cast::<u8>().add(at).read() }
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_c_str().fmt(f)
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.to_c_str() == other.to_c_str()
    }
}

impl Eq for Text<'_> {}

/// Strings that the process was started with. They stand in one block of memory.
#[derive(Clone, Copy, Debug)]
pub struct Texts<'a>(&'a [Text<'a>]);

impl<'a> Texts<'a> {
    /// # Safety
    ///
    /// What stands between two of the strings can be read, too, and does not change.
    pub unsafe fn in_one_block(all: &'a [Text<'a>]) -> Self {
        Self(all)
    }

    /// Returns the strings.
    pub fn all(self) -> &'a [Text<'a>] {
        self.0
    }

    /// Hands each string to `step`, the last one first: its place, itself, and what stands behind it. Linux
    /// itself lays them out in their order: all that is before the last one can be read, and nobody has to
    /// look for the ends of the others.
    #[inline]
    pub fn for_each_backwards(self, mut step: impl FnMut(usize, &'a [u8])) {
        /// With less than this between a string and the last one, it is measured, too.
        const LEAST: isize = 8;
        let Some(last) = self.0.last() else { return };
        for (at, text) in self.0.iter().enumerate().rev() {
            let length = last.0.addr().get().wrapping_sub(text.0.addr().get());
            let begin = if length.cast_signed() >= LEAST {
                // SAFETY: it ends where another string in the block starts.
                unsafe { core::slice::from_raw_parts(text.0.as_ptr().cast(), length) }
            } else {
                text.measured()
            };
            step(at, begin);
        }
    }
}

/// A path, or `NAME=value`, that goward makes.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnedText {
    /// Ends with NUL.
    bytes: Vec<u8>,
}

impl OwnedText {
    /// Puts parts together. For the system, what follows a NUL in them is not there.
    pub fn of<const PARTS: usize>(parts: [&[u8]; PARTS]) -> Self {
        let length = parts.iter().fold(0, |length: usize, part| length.saturating_add(part.len()));
        let mut bytes = Vec::with_capacity(length + 1);
        let mut end: *mut u8 = bytes.as_mut_ptr();
        // SAFETY: there is room for all parts, one behind the other, and the NUL.
        unsafe {
            for part in parts {
                end.copy_from_nonoverlapping(part.as_ptr(), part.len());
                end = end.add(part.len());
            }
            end.write(0);
            bytes.set_len(length + 1);
        }
        Self { bytes }
    }

    /// Makes an entry of an environment.
    pub fn entry(name: &str, value: &[u8]) -> Self {
        Self::of([name.as_bytes(), b"=", value])
    }

    /// Puts `end` in the place of everything from `start` on.
    pub fn replace_end(&mut self, start: usize, end: &[u8]) {
        self.bytes.truncate(start);
        self.bytes.extend_from_slice(end);
        self.bytes.push(0);
    }

    /// Points to it.
    pub fn as_text(&self) -> Text<'_> {
        // SAFETY: the bytes end with NUL, and stay as long as the text.
        Text(unsafe { NonNull::new_unchecked(self.bytes.as_ptr().cast_mut().cast()) }, PhantomData)
    }

    /// Returns it without the NUL at its end.
    pub fn into_bytes(self) -> Vec<u8> {
        let mut bytes = self.bytes;
        bytes.pop();
        bytes
    }
}

impl Deref for OwnedText {
    type Target = [u8];

    /// Returns it without the NUL at its end.
    fn deref(&self) -> &[u8] {
        self.bytes.split_last().map_or(&[], |(_, bytes)| bytes)
    }
}

impl fmt::Debug for OwnedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_text().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_strings_end_where_they_end() {
        let cases: [(&CStr, &[u8]); 7] = [
            (c"", b""),
            (c"a", b""),
            (c"=", b""),
            (c"a=", b"a"),
            (c"abc", b""),
            (c"abcd=e=f", b"abcd"),
            (c"\xff\xfe=x", b"\xff\xfe"),
        ];
        for (text, name) in cases {
            let shown = Text::new(text);
            assert_eq!(shown.name(), name, "{text:?}");
            let value = text.to_bytes().get(name.len() + 1..).unwrap_or_default();
            assert_eq!(shown.variable(), (!name.is_empty()).then_some((name, value)), "{text:?}");
            assert_eq!((shown.to_bytes(), shown.to_c_str()), (text.to_bytes(), text));
        }
    }

    /// In their order, in another one, and with something between them.
    #[test]
    fn strings_in_a_block_begin_with_themselves() {
        let block = b"HOME=/root\0A=\0\0between\0long enough=1\0last one\0";
        let whole: Vec<&CStr> = [0, 11, 14, 23, 37]
            .map(|at| CStr::from_bytes_until_nul(&block[at..]).unwrap())
            .to_vec();
        for turn in 0..whole.len() {
            for backwards in [false, true] {
                let mut strings = whole.clone();
                strings.rotate_left(turn);
                if backwards {
                    strings.reverse();
                }
                // All of them may read the whole block.
                let texts: Vec<Text> = strings
                    .iter()
                    .map(|string| {
                        let at = string.as_ptr().addr() - block.as_ptr().addr();
                        let place = block.as_ptr().wrapping_add(at).cast_mut().cast();
                        Text(NonNull::new(place).unwrap(), PhantomData)
                    })
                    .collect();
                // SAFETY: they are in the block above.
                let texts = unsafe { Texts::in_one_block(&texts) };
                let mut begins: Vec<&[u8]> = Vec::new();
                texts.for_each_backwards(|at, begin| {
                    assert_eq!(at, strings.len() - begins.len() - 1);
                    begins.push(begin);
                });
                begins.reverse();
                assert_eq!(begins.len(), strings.len());
                for (begin, string) in begins.iter().zip(strings) {
                    assert!(begin.starts_with(string.to_bytes()), "{begin:?} {string:?}");
                    let behind = begin.get(string.count_bytes());
                    assert!(behind.is_none_or(|byte| *byte == 0), "{begin:?} {string:?}");
                }
            }
        }
    }

    #[test]
    fn an_entry_is_made_of_name_and_value() {
        let made = |name, value| OwnedText::entry(name, value).as_text().to_bytes().to_vec();
        assert_eq!(made("A", b"b=c"), b"A=b=c");
        assert_eq!(made("A", b""), b"A=");
        assert_eq!(made("A", b"b\0c"), b"A=b");
        let long = "x".repeat(100_000);
        assert_eq!(made("A", long.as_bytes()), std::format!("A={long}").as_bytes());
    }
}
