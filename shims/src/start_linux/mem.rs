//! The functions that the compiler calls for copying, filling, comparing and measuring.

use core::arch::asm;
use core::ffi::c_char;

/// Keeps the compiler from turning a loop that copies into a call of the function that it is in.
macro_rules! step {
    () => {
        asm!("", options(nostack, preserves_flags))
    };
}

/// # Safety
///
/// As for `memcpy` of C.
#[inline(never)]
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, length: usize) -> *mut u8 {
    // SAFETY: both blocks have `length` bytes, and none is in both.
    unsafe { apart(to, from, length) };
    to
}

/// # Safety
///
/// As for `memmove` of C.
#[inline(never)]
#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, length: usize) -> *mut u8 {
    // SAFETY: both blocks have `length` bytes; what is overwritten was read before.
    unsafe {
        if to.addr().abs_diff(from.addr()) >= length {
            apart(to, from, length);
        } else if to.addr() < from.addr() {
            for at in 0..length {
                step!();
                *to.add(at) = *from.add(at);
            }
        } else {
            for at in (0..length).rev() {
                step!();
                *to.add(at) = *from.add(at);
            }
        }
    }
    to
}

/// What long blocks are copied in, and what those are copied in that are a little shorter.
type Long = [u128; 4];
type Medium = [u128; 2];

/// Copies a block. What is left at its end is copied with the last bytes before it, once more.
///
/// # Safety
///
/// Both blocks have `length` bytes, and none is in both.
unsafe fn apart(to: *mut u8, from: *const u8, length: usize) {
    // SAFETY: all places are below `length`.
    unsafe {
        if length >= 16 {
            if length > size_of::<Long>() {
                let end = length - size_of::<Long>();
                let mut at = 0;
                while at < end {
                    step!();
                    copy::<Long>(to, from, at);
                    at += size_of::<Long>();
                }
                copy::<Long>(to, from, end);
            } else if length >= size_of::<Medium>() {
                ends::<Medium>(to, from, length);
            } else {
                ends::<u128>(to, from, length);
            }
        } else if length >= 8 {
            ends::<u64>(to, from, length);
        } else if length >= 4 {
            ends::<u32>(to, from, length);
        } else if length >= 2 {
            ends::<u16>(to, from, length);
        } else if length == 1 {
            *to = *from;
        }
    }
}

/// Copies the first and the last bytes of a block that has no others.
///
/// # Safety
///
/// As for [`apart`]; the length is that of one or two words.
#[inline]
unsafe fn ends<Word>(to: *mut u8, from: *const u8, length: usize) {
    // SAFETY: a word fits at both ends.
    unsafe {
        copy::<Word>(to, from, 0);
        copy::<Word>(to, from, length - size_of::<Word>());
    }
}

/// Copies a word.
///
/// # Safety
///
/// Both blocks have the bytes of a word at `at`.
#[inline]
unsafe fn copy<Word>(to: *mut u8, from: *const u8, at: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        let word = from.add(at).cast::<Word>().read_unaligned();
        to.add(at).cast::<Word>().write_unaligned(word);
    }
}

/// # Safety
///
/// As for `memset` of C.
#[inline(never)]
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, byte: i32, length: usize) -> *mut u8 {
    let byte = byte.to_le_bytes()[0];
    let words = u128::from_ne_bytes([byte; 16]);
    // SAFETY: below `length`. What is left at the end is set with the last bytes before it, once
    // more.
    unsafe {
        if length >= 16 {
            let mut at = 0;
            while length - at > 16 {
                step!();
                to.add(at).cast::<u128>().write_unaligned(words);
                at += 16;
            }
            to.add(length - 16).cast::<u128>().write_unaligned(words);
            return to;
        }
        let mut at = 0;
        while at < length {
            step!();
            *to.add(at) = byte;
            at += 1;
        }
    }
    to
}

/// # Safety
///
/// As for `memcmp` of C.
#[inline(never)]
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(one: *const u8, other: *const u8, length: usize) -> i32 {
    let mut at = 0;
    // SAFETY: below `length`.
    unsafe {
        while length - at >= 8 {
            step!();
            let words = [one, other].map(|block| block.add(at).cast::<u64>().read_unaligned());
            if words[0] != words[1] {
                break;
            }
            at += 8;
        }
        while at < length {
            step!();
            let (byte, other) = (*one.add(at), *other.add(at));
            if byte != other {
                return i32::from(byte) - i32::from(other);
            }
            at += 1;
        }
    }
    0
}

/// # Safety
///
/// As for `bcmp` of C.
#[inline(never)]
#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(one: *const u8, other: *const u8, length: usize) -> i32 {
    // SAFETY: the caller's promise is the same, and whole words are compared where they fit.
    unsafe {
        let differ = if length >= 16 {
            let mut at = 0;
            while length - at > 16 && !differ::<u128>(one, other, at) {
                step!();
                at += 16;
            }
            length - at > 16 || differ::<u128>(one, other, length - 16)
        } else if length >= 8 {
            differ::<u64>(one, other, 0) || differ::<u64>(one, other, length - 8)
        } else if length >= 4 {
            differ::<u32>(one, other, 0) || differ::<u32>(one, other, length - 4)
        } else {
            return memcmp(one, other, length);
        };
        i32::from(differ)
    }
}

/// Compares a word of two blocks.
///
/// # Safety
///
/// Both blocks have the bytes of a word at `at`.
#[inline]
unsafe fn differ<Word: PartialEq>(one: *const u8, other: *const u8, at: usize) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        let [one, other] = [one, other].map(|block| block.add(at).cast::<Word>().read_unaligned());
        one != other
    }
}

/// # Safety
///
/// As for `strlen` of C.
#[inline(never)]
#[unsafe(no_mangle)]
unsafe extern "C" fn strlen(text: *const c_char) -> usize {
    let before = text.addr() % block::SIZE;
    let mut place = text.wrapping_sub(before).cast::<u8>();
    // SAFETY: the text ends with NUL, and an aligned block that holds a byte of it can be read as a
    // whole.
    let nuls = |place| unsafe { block::nuls(place) };
    // What stands before the text, in the block where it starts, is not its end.
    let mut found = nuls(place) & u64::MAX << (before * block::MARK);
    while found == 0 {
        place = place.wrapping_add(block::SIZE);
        found = nuls(place);
    }
    place.addr() + found.trailing_zeros() as usize / block::MARK - text.addr()
}

/// What [`strlen`] looks at in one step: as much as every processor of the kind can compare at
/// once.
#[cfg(target_arch = "x86_64")]
mod block {
    use core::arch::x86_64::{
        _mm_cmpeq_epi8, _mm_load_si128, _mm_movemask_epi8, _mm_setzero_si128,
    };

    pub(super) const SIZE: usize = 16;
    /// How many bits stand for a byte.
    pub(super) const MARK: usize = 1;

    /// Marks the bytes that are NUL.
    ///
    /// # Safety
    ///
    /// The block at `place` can be read, and is aligned.
    pub(super) unsafe fn nuls(place: *const u8) -> u64 {
        // SAFETY: the caller's promise; every processor of this architecture has these
        // instructions.
        let marks = unsafe {
            let block = _mm_load_si128(place.cast());
            _mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_setzero_si128()))
        };
        u64::from(marks.cast_unsigned())
    }
}
#[cfg(not(target_arch = "x86_64"))]
mod block {
    use goward_shim::swar;

    pub(super) const SIZE: usize = 8;
    pub(super) const MARK: usize = 8;

    /// Marks the bytes that are NUL.
    ///
    /// # Safety
    ///
    /// As for the other architecture.
    pub(super) unsafe fn nuls(place: *const u8) -> u64 {
        // SAFETY: the caller's promise.
        swar::marks_of_nul(unsafe { place.cast::<u64>().read() })
    }
}
