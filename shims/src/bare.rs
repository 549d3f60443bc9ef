//! The start of the program without libc: from the kernel's stack to [`super::run`].
//!
//! What libc and std would bring is here as far as it is needed: the entry, memory that is never given
//! back, and the functions that the compiler calls for copying and comparing.

#![expect(unsafe_code, reason = "nothing below this stands between the kernel and the program")]

use alloc::vec::Vec;
use core::alloc::{GlobalAlloc, Layout};
use core::arch::{asm, global_asm};
use core::cell::{Cell, UnsafeCell};
use core::ffi::{CStr, c_char};
use core::panic::PanicInfo;
use goward_shim::{Environment, sys};

#[cfg(target_arch = "x86_64")]
global_asm!(
    ".globl _start",
    "_start:",
    "xor ebp, ebp",
    "mov rdi, rsp",
    "and rsp, -16",
    "call {start}",
    "ud2",
    start = sym start,
);
#[cfg(target_arch = "aarch64")]
global_asm!(
    ".globl _start",
    "_start:",
    "mov x29, xzr",
    "mov x30, xzr",
    "mov x0, sp",
    "bl {start}",
    "brk 1",
    start = sym start,
);

/// The number of the user who counts when files are opened, in the auxiliary vector.
const AT_EUID: usize = 12;
/// The longest string that the kernel hands over, in bytes (`MAX_ARG_STRLEN`).
const LONGEST: usize = 32 * 4096;

/// Takes the stack as the kernel leaves it: the number of arguments; pointers to them, and a null
/// pointer; the same for the environment; pairs of the auxiliary vector, the last one 0.
///
/// # Safety
///
/// `stack` is the stack pointer that the process was started with.
unsafe extern "C" fn start(stack: *const usize) -> ! {
    // SAFETY: this is how the kernel lays out what a program is started with (`fs/binfmt_elf.c`,
    // `create_elf_tables`), and nothing changes it afterwards.
    let (argv, env) = unsafe {
        let count = *stack;
        let argv = stack.add(1).cast::<*const c_char>();
        let entries = argv.add(count + 1);
        let mut end = entries;
        while !(*end).is_null() {
            end = end.add(1);
        }
        let variables = end.offset_from_unsigned(entries);
        let env = Environment::new(Strings { next: entries, left: variables });
        (
            Strings { next: argv, left: count }.collect::<Vec<_>>(),
            match user(end.add(1).cast()) {
                Some(user) => env.of_user(user),
                None => env,
            },
        )
    };
    sys::exit(super::run(&argv, env))
}

/// Looks for the user in the auxiliary vector.
///
/// # Safety
///
/// `vector` points to the auxiliary vector.
unsafe fn user(mut vector: *const usize) -> Option<u32> {
    // SAFETY: the vector ends with a pair whose first number is 0.
    unsafe {
        while *vector != 0 {
            if *vector == AT_EUID {
                return u32::try_from(*vector.add(1)).ok();
            }
            vector = vector.add(2);
        }
    }
    None
}

/// Strings of a list that the kernel made. They live as long as the process.
struct Strings {
    next: *const *const c_char,
    left: usize,
}

impl Iterator for Strings {
    type Item = &'static CStr;

    fn next(&mut self) -> Option<&'static CStr> {
        self.left = self.left.checked_sub(1)?;
        // SAFETY: the list has `left` pointers more, and one behind them. Strings stand one behind
        // another in the order of the list (`fs/exec.c`, `copy_strings`), so that the next one
        // begins behind this one's NUL; a string of which that is not so is measured.
        unsafe {
            let (text, behind) = (*self.next, *self.next.add(1));
            self.next = self.next.add(1);
            let length = behind.addr().wrapping_sub(text.addr());
            let is_next = (1..=LONGEST).contains(&length) && *text.add(length - 1) == 0;
            Some(if is_next {
                let bytes = core::slice::from_raw_parts(text.cast(), length);
                CStr::from_bytes_with_nul_unchecked(bytes)
            } else {
                CStr::from_ptr(text)
            })
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Strings {}

/// The memory of one call: handed out from the front, and given back by the exec.
struct Arena {
    /// The part that is not handed out yet.
    free: Cell<(usize, usize)>,
    first: UnsafeCell<[u8; Arena::FIRST]>,
}

#[global_allocator]
static ARENA: Arena = Arena { free: Cell::new((0, 0)), first: UnsafeCell::new([0; Arena::FIRST]) };

// SAFETY: the process has one thread.
unsafe impl Sync for Arena {}

impl Arena {
    /// Enough for nearly every call; pages that nothing touches cost nothing.
    const FIRST: usize = 256 * 1024;
    /// What is asked of the kernel when it is not.
    const MORE: usize = 1024 * 1024;

    /// Finds room behind what is handed out; null when there is none.
    fn allocate(&self, layout: Layout) -> *mut u8 {
        loop {
            let (start, end) = self.free.get();
            let place = start.next_multiple_of(layout.align());
            if start != 0
                && let Some(behind) = place.checked_add(layout.size())
                && behind <= end
            {
                self.free.set((behind, end));
                return core::ptr::with_exposed_provenance_mut(place);
            }
            let (start, size) = if start == 0 {
                (self.first.get().expose_provenance(), Self::FIRST)
            } else {
                let size = layout.size().saturating_add(Self::MORE).next_multiple_of(4096);
                let Some(start) = sys::more_memory(size) else { return core::ptr::null_mut() };
                (start, size)
            };
            self.free.set((start, start + size));
        }
    }
}

// SAFETY: memory is handed out once; only the block that was handed out last changes its size in its
// place.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.allocate(layout)
    }

    unsafe fn dealloc(&self, _block: *mut u8, _layout: Layout) {}

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let (start, end) = self.free.get();
        let is_last = block.addr() + layout.size() == start;
        if is_last && end - block.addr() >= size {
            self.free.set((block.addr() + size, end));
            return block;
        }
        if size <= layout.size() {
            return block;
        }
        // SAFETY: the caller gives a size that a layout can have.
        let new = self.allocate(unsafe { Layout::from_size_align_unchecked(size, layout.align()) });
        if !new.is_null() {
            // SAFETY: the new block is another one and larger.
            unsafe { new.copy_from_nonoverlapping(block, layout.size()) };
        }
        new
    }
}

/// A mistake in the program: nothing is known about the call any more.
#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    sys::complain(
        "goward: the shim failed; this is a bug\nhint: GOWARD_BYPASS=1 goes without it\n",
    );
    sys::exit(super::CANNOT_RUN)
}

/// Keeps the compiler from turning a loop that copies into a call of the function that it is in.
macro_rules! step {
    () => {
        asm!("", options(nostack, preserves_flags))
    };
}

/// # Safety
///
/// As for `memcpy` of C.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, length: usize) -> *mut u8 {
    // SAFETY: both blocks have `length` bytes.
    unsafe { forwards(to, from, length) };
    to
}

/// # Safety
///
/// As for `memmove` of C.
#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, length: usize) -> *mut u8 {
    // SAFETY: both blocks have `length` bytes; what is overwritten was read before.
    unsafe {
        if to.addr().wrapping_sub(from.addr()) >= length {
            forwards(to, from, length);
        } else {
            let mut left = length;
            while left > 0 {
                step!();
                left -= 1;
                *to.add(left) = *from.add(left);
            }
        }
    }
    to
}

/// Copies from the front, eight bytes at a time.
///
/// # Safety
///
/// Both blocks have `length` bytes, and none of those that are still to be read is overwritten.
unsafe fn forwards(to: *mut u8, from: *const u8, length: usize) {
    let mut at = 0;
    // SAFETY: below `length`.
    unsafe {
        while length - at >= 8 {
            step!();
            to.add(at).cast::<u64>().write_unaligned(from.add(at).cast::<u64>().read_unaligned());
            at += 8;
        }
        while at < length {
            step!();
            *to.add(at) = *from.add(at);
            at += 1;
        }
    }
}

/// # Safety
///
/// As for `memset` of C.
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, byte: i32, length: usize) -> *mut u8 {
    let byte = byte.to_le_bytes()[0];
    let word = u64::from_ne_bytes([byte; 8]);
    let mut at = 0;
    // SAFETY: below `length`.
    unsafe {
        while length - at >= 8 {
            step!();
            to.add(at).cast::<u64>().write_unaligned(word);
            at += 8;
        }
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
#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(one: *const u8, other: *const u8, length: usize) -> i32 {
    // SAFETY: the caller's promise is the same.
    unsafe { memcmp(one, other, length) }
}

/// # Safety
///
/// As for `strlen` of C.
#[unsafe(no_mangle)]
unsafe extern "C" fn strlen(text: *const c_char) -> usize {
    let mut length = 0;
    // SAFETY: the text ends with NUL.
    unsafe {
        while *text.add(length) != 0 {
            step!();
            length += 1;
        }
    }
    length
}
