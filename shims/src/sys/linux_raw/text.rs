//! Strings as the kernel takes and gives them: a pointer each, to bytes that end with NUL.

use crate::letters::Letters;
use alloc::vec::Vec;
use core::ffi::{CStr, c_char};
use core::marker::PhantomData;
use core::ops::Deref;
use core::ptr::NonNull;

/// A string of an argument list or an environment, one pointer wide, so that a list of them is what
/// `execve` takes.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Text<'a>(NonNull<c_char>, PhantomData<&'a CStr>);

impl<'a> Text<'a> {
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

    /// Returns its bytes.
    pub fn to_bytes(self) -> &'a [u8] {
        // SAFETY: it was made from a string that ends with NUL, which lives as long.
        unsafe { CStr::from_ptr(self.0.as_ptr()) }.to_bytes()
    }

    /// Returns true when its first byte is one of the first letters, and the next one of the
    /// second.
    #[inline]
    fn begins_with(self, [first, second]: [Letters; 2]) -> bool {
        // SAFETY: NUL is no letter, and behind any other byte stands one more.
        unsafe { first.have(self.byte(0)) && second.have(self.byte(1)) }
    }

    /// Returns what stands from its start to the end of the page, if that is at least `LEAST`
    /// bytes; else the string.
    ///
    /// # Safety
    ///
    /// Nothing from there to the end of the page changes.
    #[inline]
    unsafe fn with_rest_of_page<const LEAST: usize>(self) -> &'a [u8] {
        /// The size of the smallest pages.
        const PAGE: usize = 4096;
        // The last byte is left out: the rest is one instruction less.
        let length = !self.0.addr().get() % PAGE;
        if length < LEAST {
            return self.measured();
        }
        // SAFETY: where one byte of a page can be read, all can.
        unsafe { core::slice::from_raw_parts(self.0.as_ptr().cast(), length) }
    }

    #[cold]
    #[inline(never)]
    fn measured(self) -> &'a [u8] {
        self.to_bytes()
    }

    /// Returns where it stands, for the kernel.
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

/// Strings that the process was started with: a list that ends with a null pointer.
#[derive(Clone, Copy, Debug)]
pub struct Texts<'a>(NonNull<Option<Text<'a>>>);

impl<'a> Texts<'a> {
    /// # Safety
    ///
    /// The list ends with a null pointer. Neither it nor the strings change, nor what stands behind
    /// one of them in its page.
    pub unsafe fn of_process(list: NonNull<Option<Text<'a>>>) -> Self {
        Self(list)
    }

    /// Goes through the strings and returns all of them. Of each that begins with these letters,
    /// `step` gets the place and the string: all of it, or at least `LEAST` bytes, and perhaps what
    /// stands behind it. So nobody has to look for the end.
    #[inline]
    pub(crate) fn look_through<const LEAST: usize>(
        self,
        letters: [Letters; 2],
        mut step: impl FnMut(usize, &'a [u8]),
    ) -> &'a [Text<'a>] {
        let mut count = 0;
        // SAFETY: the loop ends at the end of the list.
        while let Some(text) = unsafe { self.0.add(count).read() } {
            if text.begins_with(letters) {
                // SAFETY: whoever gave the list promised it.
                step(count, unsafe { text.with_rest_of_page::<LEAST>() });
            }
            count += 1;
        }
        // SAFETY: so many entries are no null pointers, and an `Option` that is none is what is in
        // it.
        unsafe { core::slice::from_raw_parts(self.0.as_ptr().cast(), count) }
    }
}

/// A path, or `NAME=value`, that goward makes.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnedText {
    /// Ends with NUL.
    bytes: Vec<u8>,
}

impl Default for OwnedText {
    /// Makes an empty one.
    fn default() -> Self {
        Self::of([])
    }
}

impl OwnedText {
    /// Puts parts together. For the system, what follows a NUL in them does not exist.
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

    /// Takes bytes. For the system, what follows a NUL in them does not exist.
    pub(crate) fn of_bytes(mut bytes: Vec<u8>) -> Self {
        bytes.push(0);
        Self { bytes }
    }

    /// Puts `end`, which is no longer, in the place of everything from `start` on.
    #[inline]
    pub(crate) fn shorten(&mut self, start: usize, end: &[u8]) {
        let length = start + end.len();
        self.bytes[start..length].copy_from_slice(end);
        self.bytes[length] = 0;
        self.bytes.truncate(length + 1);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Two pages, so that strings stand before, across and behind the border.
    #[repr(align(4096))]
    struct Pages([u8; 8192]);

    #[test]
    fn strings_are_looked_through_wherever_they_stand() {
        const STRINGS: &[u8] = b"GOROOT=/root\0\0G\0XG=\0GO=long enough\0go=lower\0PGO=1\0";
        const PLACES: [usize; 7] = [0, 13, 14, 16, 20, 35, 44];
        const LEAST: usize = 8;
        let letters = [Letters::NONE.with(b'G').with(b'X'), Letters::NONE.with(b'O')];
        for start in 4096 - STRINGS.len() - LEAST..=4096 {
            let mut pages = Pages([b'x'; 8192]);
            pages.0[start..][..STRINGS.len()].copy_from_slice(STRINGS);
            // All of them may read the pages.
            let text = |at| {
                Text(
                    NonNull::from(&pages.0[..])
                        .cast()
                        .map_addr(|base| base.checked_add(start + at).unwrap()),
                    PhantomData,
                )
            };
            let list: Vec<Option<Text>> =
                PLACES.map(|at| Some(text(at))).into_iter().chain([None]).collect();
            // SAFETY: the list has an end, and nobody writes into the pages.
            let texts = unsafe { Texts::of_process(NonNull::from(&list[..]).cast()) };
            let mut found = Vec::new();
            let all = texts.look_through::<LEAST>(letters, |place, begin| {
                let string = list[place].unwrap().to_bytes();
                let shorter = begin.len().min(string.len());
                assert_eq!(begin[..shorter], string[..shorter], "{start}");
                assert!(begin.len() >= string.len().min(LEAST), "{start}");
                found.push(place);
            });
            assert_eq!(found, [0, 4], "{start}");
            assert!(all.iter().eq(list.iter().flatten()));
        }
    }
}
