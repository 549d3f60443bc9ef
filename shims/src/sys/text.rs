//! Strings as programs are started with them: a pointer each, to bytes that end with NUL.

#![expect(
    unsafe_code,
    reason = "a thin pointer says nothing about the length of what it points to"
)]

use alloc::vec::Vec;
use core::ffi::{CStr, c_char};
use core::fmt;
use core::marker::PhantomData;
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

    /// Returns the first two bytes; zeros behind the end.
    pub fn first_two(self) -> [u8; 2] {
        // SAFETY: behind a byte that is not NUL there is another one.
        unsafe {
            let first = self.byte(0);
            [first, if first == 0 { 0 } else { self.byte(1) }]
        }
    }

    /// Hands the bytes before the NUL to `step`, until it has an answer.
    pub fn find_map<T>(self, mut step: impl FnMut(u8) -> Option<T>) -> Option<T> {
        let mut at = 0;
        loop {
            // SAFETY: the last byte was not NUL.
            let byte = unsafe { self.byte(at) };
            if byte == 0 {
                return None;
            }
            let answer = step(byte);
            if answer.is_some() {
                return answer;
            }
            at += 1;
        }
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

    /// Returns the bytes before the NUL.
    pub fn to_bytes(self) -> &'a [u8] {
        self.to_c_str().to_bytes()
    }

    /// Returns the string with its length.
    pub fn to_c_str(self) -> &'a CStr {
        // SAFETY: it was made from such a string, which lives as long.
        unsafe { CStr::from_ptr(self.0.as_ptr()) }
    }

    /// # Safety
    ///
    /// None of the bytes before is NUL.
    unsafe fn byte(self, at: usize) -> u8 {
        // SAFETY: the string ends at its first NUL, not before.
        unsafe { self.0.as_ptr().cast::<u8>().add(at).read() }
    }
}

impl<'a> From<&'a CStr> for Text<'a> {
    fn from(text: &'a CStr) -> Self {
        Self::new(text)
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

/// `NAME=value` that goward makes.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnedText {
    /// Ends with NUL.
    bytes: Vec<u8>,
}

impl OwnedText {
    /// Makes an entry of an environment. What follows a NUL in the value is lost on its way.
    pub fn entry(name: &str, value: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(name.len() + value.len() + 2);
        bytes.extend_from_slice(name.as_bytes());
        bytes.push(b'=');
        bytes.extend_from_slice(value);
        bytes.push(0);
        Self { bytes }
    }

    /// Points to it.
    pub fn as_text(&self) -> Text<'_> {
        // SAFETY: the bytes end with NUL, and stay as long as the text.
        Text(unsafe { NonNull::new_unchecked(self.bytes.as_ptr().cast_mut().cast()) }, PhantomData)
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
            let [first, second] = [0, 1].map(|at| text.to_bytes().get(at).copied().unwrap_or(0));
            assert_eq!(shown.first_two(), [first, second], "{text:?}");
            let mut bytes = Vec::new();
            let found = shown.find_map(|byte| {
                bytes.push(byte);
                (byte == b'd').then_some(())
            });
            let end = text.to_bytes().iter().position(|&byte| byte == b'd');
            assert_eq!(found.is_some(), end.is_some());
            assert_eq!(bytes, &text.to_bytes()[..end.map_or(text.count_bytes(), |at| at + 1)]);
            assert_eq!((shown.to_bytes(), shown.to_c_str()), (text.to_bytes(), text));
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
