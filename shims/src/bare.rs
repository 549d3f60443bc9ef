//! The start of the program without libc: from the kernel's stack to [`super::run`].
//!
//! What libc and std would bring is here as far as it is needed: the entry, memory that is never given
//! back, and the functions that the compiler calls for copying and comparing.

#![expect(unsafe_code, reason = "nothing below this stands between the kernel and the program")]

use core::alloc::{GlobalAlloc, Layout};
use core::arch::{asm, global_asm};
use core::cell::{Cell, UnsafeCell};
use core::ffi::{CStr, c_char};
use core::panic::PanicInfo;
use core::ptr::NonNull;
use core::slice::from_raw_parts;
use goward_shim::Environment;
use goward_shim::sys::{self, Text, Texts};

#[cfg(target_arch = "x86_64")]
global_asm!(
    ".section .text.goward_shim.start, \"ax\", @progbits",
    ".globl _start",
    "_start:",
    "xor ebp, ebp",
    "mov rdi, rsp",
    "and rsp, -16",
    "call {start}",
    "ud2",
    ".text",
    start = sym start,
);
#[cfg(target_arch = "aarch64")]
global_asm!(
    ".section .text.goward_shim.start, \"ax\", @progbits",
    ".globl _start",
    "_start:",
    "mov x29, xzr",
    "mov x30, xzr",
    "mov x0, sp",
    "bl {start}",
    "brk 1",
    ".text",
    start = sym start,
);

/// The numbers of the user who counts when files are opened, and of the path that was run, in the
/// auxiliary vector.
const AT_EUID: usize = 12;
const AT_EXECFN: usize = 31;

/// Takes the stack as the kernel leaves it: the number of arguments; pointers to them, and a null
/// pointer; the same for the environment; pairs of the auxiliary vector, the last one 0.
///
/// # Safety
///
/// `stack` is the stack pointer that the process was started with.
unsafe extern "C" fn start(stack: *const usize) -> ! {
    ARENA.open();
    // SAFETY: this is how the kernel lays out what a program is started with (`fs/binfmt_elf.c`,
    // `create_elf_tables`), and nothing changes it afterwards. A text is a pointer to such a string.
    // Behind all of them, at the end of the stack, stand only the program's name and zeros.
    let (argv, entries) = unsafe {
        let count = *stack;
        let argv = stack.add(1).cast::<Text<'static>>();
        let entries = NonNull::new_unchecked(argv.add(count + 1).cast_mut().cast());
        (from_raw_parts(argv, count), Texts::of_process(entries))
    };
    let mut env = Environment::of_process(entries);
    // SAFETY: the vector stands behind the null pointer at the end of the environment.
    let (user, program) =
        unsafe { auxiliary(env.texts().as_ptr_range().end.cast::<usize>().add(1)) };
    if let Some(user) = user {
        env = env.of_user(user);
    }
    sys::exit(super::run(argv, env, program))
}

/// Looks for the user, and for the path that was run, in the auxiliary vector.
///
/// # Safety
///
/// `vector` points to the auxiliary vector.
unsafe fn auxiliary(mut vector: *const usize) -> (Option<u32>, Option<&'static [u8]>) {
    let (mut user, mut program) = (None, None);
    // SAFETY: the vector ends with a pair whose first number is 0. The path is a string that stays on the
    // stack.
    unsafe {
        while *vector != 0 {
            if *vector == AT_EUID {
                user = u32::try_from(*vector.add(1)).ok();
            } else if *vector == AT_EXECFN {
                let place = core::ptr::with_exposed_provenance::<c_char>(*vector.add(1));
                program = (!place.is_null()).then(|| CStr::from_ptr(place).to_bytes());
                // It stands behind the user.
                break;
            }
            vector = vector.add(2);
        }
    }
    (user, program)
}

/// The memory of one call: handed out from the front, and given back by the exec.
#[repr(C)]
struct Arena {
    /// Where the part that is not handed out yet starts and ends. It stands before the block, because what
    /// is used is then one page more seldom.
    free: Cell<(usize, usize)>,
    /// Where memory starts that was never handed out, and is zero as the kernel gave it.
    fresh: Cell<usize>,
    first: UnsafeCell<[u8; Arena::FIRST]>,
}

#[global_allocator]
static ARENA: Arena = Arena {
    free: Cell::new((0, 0)),
    fresh: Cell::new(0),
    first: UnsafeCell::new([0; Arena::FIRST]),
};

// SAFETY: the process has one thread.
unsafe impl Sync for Arena {}

impl Arena {
    /// Enough for nearly every call; pages that nothing touches cost nothing.
    const FIRST: usize = 256 * 1024;
    /// What is asked of the kernel when it is not.
    const MORE: usize = 1024 * 1024;

    /// Makes the first block ready. A page that is written before it is read costs one fault, not two.
    fn open(&self) {
        let start = self.first.get().expose_provenance();
        self.free.set((start, start + Self::FIRST));
    }

    /// Finds room behind what is handed out; null when there is none.
    fn allocate(&self, layout: Layout) -> *mut u8 {
        let (start, end) = self.free.get();
        let place = (start + layout.align() - 1) & !(layout.align() - 1);
        // No layout is so large that this would be too much for an address.
        let behind = place + layout.size();
        if behind > end {
            return self.allocate_more(layout);
        }
        self.free.set((behind, end));
        core::ptr::with_exposed_provenance_mut(place)
    }

    /// Goes on in a new block, which is aligned for everything; what is left of the old one stays unused.
    #[cold]
    #[inline(never)]
    fn allocate_more(&self, layout: Layout) -> *mut u8 {
        let size = layout.size().saturating_add(Self::MORE).next_multiple_of(4096);
        let Some(start) = sys::more_memory(size) else { return core::ptr::null_mut() };
        let place = start.next_multiple_of(layout.align());
        self.free.set((place + layout.size(), start + size));
        core::ptr::with_exposed_provenance_mut(place)
    }
}

// SAFETY: memory is handed out once; only the block that was handed out last changes its size in its
// place.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.allocate(layout)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let block = self.allocate(layout);
        if !block.is_null() && block.addr() < self.fresh.get() {
            // SAFETY: the block has this size.
            unsafe { block.write_bytes(0, layout.size()) };
        }
        block
    }

    unsafe fn dealloc(&self, _block: *mut u8, _layout: Layout) {}

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let (start, end) = self.free.get();
        let is_last = block.addr() + layout.size() == start;
        if is_last && end - block.addr() >= size {
            self.fresh.set(self.fresh.get().max(start));
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
    // SAFETY: below `length`. What is left at the end is set with the last bytes before it, once more.
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
    // SAFETY: the text ends with NUL, and an aligned block that holds a byte of it can be read as a whole.
    let nuls = |place| unsafe { block::nuls(place) };
    // What stands before the text, in the block where it starts, is not its end.
    let mut found = nuls(place) & u64::MAX << (before * block::MARK);
    while found == 0 {
        place = place.wrapping_add(block::SIZE);
        found = nuls(place);
    }
    place.addr() + found.trailing_zeros() as usize / block::MARK - text.addr()
}

/// What [`strlen`] looks at in one step: as much as every processor of the kind can compare at once.
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
        // SAFETY: the caller's promise; every processor of this architecture has these instructions.
        let marks = unsafe {
            let block = _mm_load_si128(place.cast());
            _mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_setzero_si128()))
        };
        u64::from(marks.cast_unsigned())
    }
}
#[cfg(not(target_arch = "x86_64"))]
mod block {
    use goward_shim::words;

    pub(super) const SIZE: usize = 8;
    pub(super) const MARK: usize = 8;

    /// Marks the bytes that are NUL.
    ///
    /// # Safety
    ///
    /// As for the other architecture.
    pub(super) unsafe fn nuls(place: *const u8) -> u64 {
        // SAFETY: the caller's promise.
        words::marks_of_nul(unsafe { place.cast::<u64>().read() })
    }
}
