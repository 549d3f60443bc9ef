//! System calls, and what they take and return.
//!
//! Numbers and structures are the kernel's: the tables `arch/x86/entry/syscalls/syscall_64.tbl` and
//! `include/uapi/asm-generic/unistd.h`, and `asm/stat.h` of each architecture.

use super::Text;
use crate::sys::Identity;
use core::arch::asm;
use core::mem::MaybeUninit;

#[cfg(target_arch = "x86_64")]
pub(super) mod number {
    pub(in super::super) const READ: usize = 0;
    pub(in super::super) const WRITE: usize = 1;
    pub(in super::super) const CLOSE: usize = 3;
    pub(in super::super) const BRK: usize = 12;
    pub(in super::super) const EXIT_GROUP: usize = 231;
    pub(in super::super) const FSTAT: usize = 5;
    pub(in super::super) const EXECVE: usize = 59;
    pub(in super::super) const GETCWD: usize = 79;
    pub(in super::super) const GETEUID: usize = 107;
    pub(in super::super) const OPENAT: usize = 257;
    pub(in super::super) const NEWFSTATAT: usize = 262;
    pub(in super::super) const READLINKAT: usize = 267;
}
#[cfg(target_arch = "aarch64")]
pub(super) mod number {
    pub(in super::super) const GETCWD: usize = 17;
    pub(in super::super) const OPENAT: usize = 56;
    pub(in super::super) const CLOSE: usize = 57;
    pub(in super::super) const READ: usize = 63;
    pub(in super::super) const WRITE: usize = 64;
    pub(in super::super) const READLINKAT: usize = 78;
    pub(in super::super) const NEWFSTATAT: usize = 79;
    pub(in super::super) const FSTAT: usize = 80;
    pub(in super::super) const EXIT_GROUP: usize = 94;
    pub(in super::super) const GETEUID: usize = 175;
    pub(in super::super) const BRK: usize = 214;
    pub(in super::super) const EXECVE: usize = 221;
}

pub(super) const AT_FDCWD: usize = (-100_isize).cast_unsigned();
pub(super) const AT_SYMLINK_NOFOLLOW: usize = 0x100;
pub(super) const ENOENT: i32 = 2;
pub(super) const EINTR: i32 = 4;
pub(super) const ENOTDIR: i32 = 20;
pub(super) const EINVAL: i32 = 22;
pub(super) const ELOOP: i32 = 40;

/// What `stat` says of a file.
#[repr(C)]
#[derive(Clone, Copy)]
#[cfg(target_arch = "x86_64")]
pub(super) struct Stat {
    device: u64,
    inode: u64,
    links: u64,
    pub(super) mode: u32,
    pub(super) user: u32,
    rest: [u64; 2],
    pub(super) size: i64,
    rest2: [u64; 6],
    pub(super) changed: i64,
    pub(super) changed_nanoseconds: i64,
    rest3: [u64; 3],
}
#[repr(C)]
#[derive(Clone, Copy)]
#[cfg(target_arch = "aarch64")]
pub(super) struct Stat {
    device: u64,
    inode: u64,
    pub(super) mode: u32,
    links: u32,
    pub(super) user: u32,
    group: u32,
    rest: [u64; 2],
    pub(super) size: i64,
    rest2: [u64; 6],
    pub(super) changed: i64,
    pub(super) changed_nanoseconds: i64,
    rest3: [u32; 2],
}

impl Stat {
    pub(super) fn is_file(&self) -> bool {
        self.mode & 0o170_000 == 0o100_000
    }

    pub(super) fn identity(&self) -> Identity {
        Identity { device: self.device, inode: self.inode }
    }
}

/// Calls the kernel; an error is its number.
///
/// # Safety
///
/// As for the call: pointers among the arguments must be valid for what it does.
pub(super) unsafe fn call(number: usize, arguments: [usize; 4]) -> Result<usize, i32> {
    let [first, second, third, fourth] = arguments;
    let result: isize;
    // SAFETY: the registers are those of the kernel's calling convention; it changes only the ones
    // named here, and memory as the caller allows.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number.cast_signed() => result,
            in("rdi") first,
            in("rsi") second,
            in("rdx") third,
            in("r10") fourth,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    // SAFETY: as above.
    #[cfg(target_arch = "aarch64")]
    unsafe {
        asm!(
            "svc 0",
            in("x8") number,
            inlateout("x0") first.cast_signed() => result,
            in("x1") second,
            in("x2") third,
            in("x3") fourth,
            options(nostack),
        );
    }
    #[expect(clippy::cast_possible_truncation, reason = "the kernel's errors are -1 to -4095")]
    usize::try_from(result).map_err(|_| (result as i32).wrapping_neg())
}

/// Returns what is known about the file that `path` leads to.
pub(super) fn stat(path: Text) -> Result<Stat, i32> {
    stat_with(path, 0)
}

pub(super) fn stat_with(path: Text, flags: usize) -> Result<Stat, i32> {
    let mut stat = MaybeUninit::<Stat>::uninit();
    let place = stat.as_mut_ptr().expose_provenance();
    let arguments = [AT_FDCWD, path.address(), place, flags];
    // SAFETY: the path ends with NUL, and the kernel fills the whole structure when it succeeds.
    unsafe {
        call(number::NEWFSTATAT, arguments)?;
        Ok(stat.assume_init())
    }
}
