//! The start of the program without libc: from the kernel's stack to [`program::run`].
//!
//! What libc and std would bring is here as far as it is needed: the entry, memory ([`arena`]), and
//! the functions that the compiler calls ([`mem`]).

#![expect(unsafe_code, reason = "nothing below this is between the kernel and the program")]

mod arena;
mod mem;

use arena::ARENA;
use core::arch::global_asm;
use core::ffi::{CStr, c_char};
use core::panic::PanicInfo;
use core::ptr::NonNull;
use core::slice::from_raw_parts;
use goward_shim::Environment;
use goward_shim::program::{self, CANNOT_RUN};
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
    // `create_elf_tables`), and nothing changes it afterwards. A text is a pointer to such a
    // string. Behind all of them, at the end of the stack, stand only the program's name and zeros.
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
    sys::exit(program::run(argv, env, program))
}

/// Looks for the user, and for the path that was run, in the auxiliary vector.
///
/// # Safety
///
/// `vector` points to the auxiliary vector.
unsafe fn auxiliary(vector: *const usize) -> (Option<u32>, Option<&'static [u8]>) {
    // SAFETY: the caller's promise. The path is a string that stays on the stack, and its pair is
    // behind that of the user.
    unsafe {
        let user = pair(vector, AT_EUID);
        let program = pair(user, AT_EXECFN);
        let user = (*user == AT_EUID).then(|| u32::try_from(*user.add(1)).ok());
        let place = core::ptr::with_exposed_provenance::<c_char>(*program.add(1));
        let is_there = *program == AT_EXECFN && !place.is_null();
        (user.flatten(), is_there.then(|| CStr::from_ptr(place).to_bytes()))
    }
}

/// Goes on to the pair of `key`, or to the end.
///
/// # Safety
///
/// `vector` points to a pair of the auxiliary vector, which ends with one whose first number is 0.
unsafe fn pair(mut vector: *const usize, key: usize) -> *const usize {
    // SAFETY: the caller's promise.
    unsafe {
        while *vector != key && *vector != 0 {
            vector = vector.add(2);
        }
    }
    vector
}

/// A mistake in the program: nothing is known about the call any more.
#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    sys::complain(
        "goward: the shim failed; this is a bug\nhint: GOWARD_BYPASS=1 goes without it\n",
    );
    sys::exit(CANNOT_RUN)
}
