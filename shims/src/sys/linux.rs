//! The operating system through its own calls, for Linux on x86-64 and arm64.
//!
//! A program that uses nothing else needs no libc. Numbers and structures are the kernel's: the tables
//! `arch/x86/entry/syscalls/syscall_64.tbl` and `include/uapi/asm-generic/unistd.h`, and `asm/stat.h`
//! of each architecture.

#![expect(unsafe_code, reason = "a system call is an instruction")]

use super::{Identity, OwnedFile, OwnedText, ReadError, Stamp, Status, Text};
use alloc::vec::Vec;
use core::arch::asm;
use core::mem::MaybeUninit;

#[cfg(target_arch = "x86_64")]
mod number {
    pub(super) const READ: usize = 0;
    pub(super) const WRITE: usize = 1;
    pub(super) const CLOSE: usize = 3;
    pub(super) const BRK: usize = 12;
    pub(super) const EXIT_GROUP: usize = 231;
    pub(super) const FSTAT: usize = 5;
    pub(super) const EXECVE: usize = 59;
    pub(super) const GETCWD: usize = 79;
    pub(super) const GETEUID: usize = 107;
    pub(super) const OPENAT: usize = 257;
    pub(super) const NEWFSTATAT: usize = 262;
    pub(super) const READLINKAT: usize = 267;
}
#[cfg(target_arch = "aarch64")]
mod number {
    pub(super) const GETCWD: usize = 17;
    pub(super) const OPENAT: usize = 56;
    pub(super) const CLOSE: usize = 57;
    pub(super) const READ: usize = 63;
    pub(super) const WRITE: usize = 64;
    pub(super) const READLINKAT: usize = 78;
    pub(super) const NEWFSTATAT: usize = 79;
    pub(super) const FSTAT: usize = 80;
    pub(super) const EXIT_GROUP: usize = 94;
    pub(super) const GETEUID: usize = 175;
    pub(super) const BRK: usize = 214;
    pub(super) const EXECVE: usize = 221;
}

/// `O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW`; the last one differs.
#[cfg(target_arch = "x86_64")]
const OPEN: usize = 0o2_000_000 | 0o4000 | 0o400_000;
#[cfg(target_arch = "aarch64")]
const OPEN: usize = 0o2_000_000 | 0o4000 | 0o100_000;

const AT_FDCWD: usize = (-100_isize).cast_unsigned();
const AT_SYMLINK_NOFOLLOW: usize = 0x100;
const ENOENT: i32 = 2;
const EINTR: i32 = 4;
const ENOTDIR: i32 = 20;
const EINVAL: i32 = 22;
const ELOOP: i32 = 40;
const STDERR: usize = 2;
/// The longest path that the kernel takes, its NUL included.
const PATH_MAX: usize = 4096;
/// More links than this in a path are a loop, as for the kernel.
const MAX_LINKS: u32 = 40;

/// What `stat` says of a file.
#[repr(C)]
#[derive(Clone, Copy)]
#[cfg(target_arch = "x86_64")]
struct Stat {
    device: u64,
    inode: u64,
    links: u64,
    mode: u32,
    user: u32,
    rest: [u64; 2],
    size: i64,
    rest2: [u64; 6],
    changed: i64,
    changed_nanoseconds: i64,
    rest3: [u64; 3],
}
#[repr(C)]
#[derive(Clone, Copy)]
#[cfg(target_arch = "aarch64")]
struct Stat {
    device: u64,
    inode: u64,
    mode: u32,
    links: u32,
    user: u32,
    group: u32,
    rest: [u64; 2],
    size: i64,
    rest2: [u64; 6],
    changed: i64,
    changed_nanoseconds: i64,
    rest3: [u32; 2],
}

impl Stat {
    fn is_file(&self) -> bool {
        self.mode & 0o170_000 == 0o100_000
    }

    fn identity(&self) -> Identity {
        Identity { device: self.device, inode: self.inode }
    }
}

/// An open file, closed when it is dropped: an exec closes it too, at no cost.
#[derive(Debug, PartialEq, Eq)]
pub struct File(usize);

impl Drop for File {
    fn drop(&mut self) {
        // SAFETY: the descriptor is ours, and nobody uses it after this.
        _ = unsafe { call(number::CLOSE, [self.0, 0, 0, 0]) };
    }
}

/// Calls the kernel; an error is its number.
///
/// # Safety
///
/// As for the call: pointers among the arguments must be valid for what it does.
unsafe fn call(number: usize, arguments: [usize; 4]) -> Result<usize, i32> {
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
    // The kernel's errors are -1 to -4095.
    usize::try_from(result).map_err(|_| i32::try_from(-result).unwrap_or(0))
}

/// Returns what is known about the file that `path` leads to.
fn stat(path: Text) -> Result<Stat, i32> {
    stat_with(path, 0)
}

fn stat_with(path: Text, flags: usize) -> Result<Stat, i32> {
    let mut stat = MaybeUninit::<Stat>::uninit();
    let place = stat.as_mut_ptr().expose_provenance();
    let arguments = [AT_FDCWD, path.address(), place, flags];
    // SAFETY: the path ends with NUL, and the kernel fills the whole structure when it succeeds.
    unsafe {
        call(number::NEWFSTATAT, arguments)?;
        Ok(stat.assume_init())
    }
}

/// Returns the working directory: `pwd` when it is an absolute name of it, as Go does
/// (`os.Getwd`), else the one without links.
pub fn working_directory(pwd: Option<&[u8]>) -> Option<Vec<u8>> {
    let mut text: Vec<u8> = Vec::with_capacity(PATH_MAX);
    let arguments = [text.as_mut_ptr().expose_provenance(), PATH_MAX, 0, 0];
    // SAFETY: the kernel writes at most PATH_MAX bytes and returns how many, the NUL included.
    unsafe {
        let length = call(number::GETCWD, arguments).ok()?;
        text.set_len(length.checked_sub(1)?);
    }
    text.shrink_to_fit();
    // A directory that is not below the root begins with `(unreachable)`.
    let is_reachable = text.starts_with(b"/");
    match pwd {
        // The usual case, without another look.
        Some(pwd) if is_reachable && pwd == text => return Some(text),
        Some(pwd) if super::is_clean(pwd) => {
            let there = OwnedText::of([pwd]);
            let [here, there] = [Text::new(c"."), there.as_text()].map(|path| stat(path).ok());
            let [here, there] = [here, there].map(|stat| stat.map(|stat| stat.identity()));
            if here.is_some() && here == there {
                return Some(pwd.into());
            }
        }
        _ => {}
    }
    is_reachable.then_some(text)
}

/// Returns the path, an absolute one, without links, `.` and `..`, if it leads somewhere.
#[cold]
pub fn canonical(path: &[u8]) -> Option<Vec<u8>> {
    let mut rest: Vec<u8> = path.strip_prefix(b"/")?.into();
    // Whatever stops the kernel on the way.
    stat(OwnedText::of([path]).as_text()).ok()?;
    let mut found: Vec<u8> = Vec::new();
    let mut links = 0;
    while !rest.is_empty() {
        let end = rest.iter().position(|&byte| byte == b'/').unwrap_or(rest.len());
        let after = rest.get(end + 1..).unwrap_or_default().to_vec();
        let up = found.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
        match &rest[..end] {
            b"" | b"." => {}
            b".." => found.truncate(up),
            part => {
                let before = found.len();
                found.push(b'/');
                found.extend_from_slice(part);
                match read_link(&found) {
                    Err(EINVAL) => {}
                    Err(_) => return None,
                    Ok(target) => {
                        links += 1;
                        if links > MAX_LINKS {
                            return None;
                        }
                        found.truncate(if target.starts_with(b"/") { 0 } else { before });
                        rest = [&target, &b"/"[..], &after].concat();
                        continue;
                    }
                }
            }
        }
        rest = after;
    }
    if found.is_empty() {
        found.push(b'/');
    }
    Some(found)
}

#[cold]
fn read_link(path: &[u8]) -> Result<Vec<u8>, i32> {
    let path = OwnedText::of([path]);
    let mut text: Vec<u8> = Vec::with_capacity(PATH_MAX);
    let place = text.as_mut_ptr().expose_provenance();
    let arguments = [AT_FDCWD, path.as_text().address(), place, PATH_MAX];
    // SAFETY: the path ends with NUL; the kernel writes at most PATH_MAX bytes and returns how many.
    unsafe {
        let length = call(number::READLINKAT, arguments)?;
        text.set_len(length);
    }
    text.shrink_to_fit();
    Ok(text)
}

/// Returns the text of the link at `path`, if that is one.
pub fn link(path: &[u8]) -> Option<Vec<u8>> {
    read_link(path).ok()
}

/// Returns this program's own path, links resolved.
pub fn own_path() -> Option<Vec<u8>> {
    link(b"/proc/self/exe")
}

/// Returns the user that the kernel asks about when this process opens a file.
pub fn effective_user() -> Option<u32> {
    // SAFETY: the call has no arguments and always succeeds.
    let user = unsafe { call(number::GETEUID, [0; 4]) };
    u32::try_from(user.ok()?).ok()
}

/// Reads a regular file of at most `limit` bytes; `None` when there is none. Owner and text are
/// those of one descriptor.
///
/// # Errors
///
/// See [`ReadError`]. Links are not followed, and a pipe does not block.
#[inline]
pub fn read_owned(path: Text, limit: usize) -> Result<Option<OwnedFile>, ReadError> {
    // SAFETY: the path ends with NUL.
    let opened = unsafe { call(number::OPENAT, [AT_FDCWD, path.address(), OPEN, 0]) };
    match opened {
        Ok(descriptor) => read(File(descriptor), limit).map(Some),
        Err(ENOENT | ENOTDIR) => Ok(None),
        Err(ELOOP) => Err(ReadError::Link),
        Err(code) => Err(ReadError::Os(code)),
    }
}

/// Reads an open file, if that is a regular one.
#[inline(never)]
fn read(file: File, limit: usize) -> Result<OwnedFile, ReadError> {
    let mut stat = MaybeUninit::<Stat>::uninit();
    let place = stat.as_mut_ptr().expose_provenance();
    // SAFETY: the kernel fills the whole structure when it succeeds.
    let stat = unsafe {
        call(number::FSTAT, [file.0, place, 0, 0]).map_err(ReadError::Os)?;
        stat.assume_init()
    };
    if !stat.is_file() {
        return Err(ReadError::NotRegular);
    }
    let size = usize::try_from(stat.size).unwrap_or(usize::MAX);
    if size > limit {
        return Err(ReadError::TooLarge);
    }
    let text = read_to_end(&file, size, limit)?;
    Ok(OwnedFile { text, owner: stat.user, file })
}

/// Reads what a file of `size` bytes holds: with one call, unless it changes meanwhile.
fn read_to_end(file: &File, size: usize, limit: usize) -> Result<Vec<u8>, ReadError> {
    // One byte more than the file has, to notice that it grew.
    let mut text: Vec<u8> = Vec::with_capacity(size + 1);
    loop {
        let room = text.spare_capacity_mut();
        let arguments = [file.0, room.as_mut_ptr().expose_provenance(), room.len(), 0];
        // SAFETY: the kernel writes at most as many bytes as there is room for.
        match unsafe { call(number::READ, arguments) } {
            Err(EINTR) => {}
            Err(code) => return Err(ReadError::Os(code)),
            Ok(read) => {
                // SAFETY: so many bytes were just written behind the text.
                unsafe { text.set_len(text.len() + read) };
                if text.len() > limit {
                    return Err(ReadError::TooLarge);
                }
                if read == 0 || text.len() == size {
                    return Ok(text);
                }
                text.reserve(1);
            }
        }
    }
}

/// Opens the file that `path` leads to, if it holds `text`, of less than 64 bytes, or that and a line feed.
pub fn open_if(path: Text, text: &[u8]) -> Option<File> {
    // SAFETY: the path ends with NUL.
    let opened = unsafe { call(number::OPENAT, [AT_FDCWD, path.address(), OPEN, 0]) };
    let file = File(opened.ok()?);
    let mut bytes = MaybeUninit::<[u8; super::SHORT]>::uninit();
    let arguments = [file.0, bytes.as_mut_ptr().expose_provenance(), super::SHORT, 0];
    // SAFETY: the kernel writes at most as many bytes as there is room for, and says how many.
    let read = unsafe {
        let length = call(number::READ, arguments).ok()?;
        core::slice::from_raw_parts(bytes.as_ptr().cast::<u8>(), length)
    };
    super::is_text(read, text).then_some(file)
}

/// Returns which file `path` leads to, if that is an executable regular file.
pub fn executable(path: &[u8]) -> Option<Identity> {
    let stat = stat(OwnedText::of([path]).as_text()).ok()?;
    (stat.is_file() && stat.mode & 0o111 != 0).then(|| stat.identity())
}

/// Returns whose the file or link at `path` is, if there is one.
pub fn status(path: Text) -> Option<Status> {
    let stat = stat_with(path, AT_SYMLINK_NOFOLLOW).ok()?;
    Some(Status { owner: stat.user, mode: stat.mode })
}

/// Returns the state of the file that `path` leads to.
pub fn stamp(path: Text) -> Option<Stamp> {
    let stat = stat(path).ok()?;
    let seconds = i128::from(stat.changed) * 1_000_000_000;
    Some(Stamp {
        identity: stat.identity(),
        size: u64::try_from(stat.size).unwrap_or(0),
        changed: seconds + i128::from(stat.changed_nanoseconds),
    })
}

/// Replaces this process; returns only on failure, with the operating system's error number. Signals
/// stay as they are: std's programs ignore SIGPIPE, so this is not for them.
pub fn exec<'a>(
    program: Text,
    argv: &[Text],
    mut env: Vec<Text<'a>>,
    more: &'a [OwnedText],
) -> i32 {
    let mut arguments = Vec::with_capacity(argv.len() + 1);
    arguments.extend_from_slice(argv);
    env.extend(more.iter().map(OwnedText::as_text));
    let (arguments, entries) = (with_null(&mut arguments), with_null(&mut env));
    // SAFETY: the program's path ends with NUL, both lists with a null pointer, and what they point to
    // lives as long as this call.
    let failed = unsafe { call(number::EXECVE, [program.address(), arguments, entries, 0]) };
    failed.err().unwrap_or(0)
}

/// Returns where a list stands that ends with a null pointer.
fn with_null(list: &mut Vec<Text>) -> usize {
    list.reserve_exact(1);
    // SAFETY: there is room for one pointer more; a text is a pointer, and the list stays as long as it
    // was.
    unsafe { list.as_mut_ptr().add(list.len()).cast::<usize>().write(0) };
    list.as_ptr().expose_provenance()
}

/// Writes a message to standard error; where even that fails there is nobody to tell.
pub fn complain(message: &str) {
    let arguments = [STDERR, message.as_ptr().expose_provenance(), message.len(), 0];
    // SAFETY: the kernel reads the message.
    _ = unsafe { call(number::WRITE, arguments) };
}

/// Ends this process.
pub fn exit(code: u8) -> ! {
    loop {
        // SAFETY: nothing of this process is used after it.
        _ = unsafe { call(number::EXIT_GROUP, [code.into(), 0, 0, 0]) };
    }
}

/// Returns the start of so many bytes of new memory, behind what this program has: for a process that
/// nobody else allocates memory in.
pub fn more_memory(size: usize) -> Option<usize> {
    // SAFETY: the end of the program's data only moves up; a wrong place leaves it where it is.
    let end_at = |place| unsafe { call(number::BRK, [place, 0, 0, 0]) }.ok();
    let start = end_at(0)?;
    let end = start.checked_add(size)?;
    (end_at(end)? == end).then_some(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    use std::path::Path;
    use std::{env, fs, process};

    #[test]
    fn paths_without_links_are_those_of_std() {
        let base = env::temp_dir().join(std::format!("goward-canonical-{}", process::id()));
        fs::create_dir_all(base.join("a/b/c")).unwrap();
        fs::write(base.join("a/file"), "").unwrap();
        let links = [
            ("relative", "a/b"),
            ("up", "a/b/../b/c"),
            ("a/b/back", "../.."),
            ("twice", "relative"),
            ("slashes", "a//b///"),
            ("loop", "loop2"),
            ("loop2", "loop"),
            ("dangling", "nowhere"),
            ("to-file", "a/file"),
        ];
        for (link, target) in links {
            symlink(target, base.join(link)).unwrap();
        }
        symlink(&base, base.join("absolute")).unwrap();
        let paths = [
            "",
            ".",
            "a",
            "a/",
            "a//b/./c/..",
            "..",
            "relative",
            "relative/",
            "relative/c/../..",
            "up/..",
            "a/b/back",
            "a/b/back/a/b/back",
            "twice/c",
            "slashes/c",
            "absolute/twice",
            "absolute/absolute/a",
            "to-file",
            "loop",
            "loop/x",
            "dangling",
            "dangling/..",
            "a/file",
            "a/file/",
            "a/file/.",
            "a/file/..",
            "to-file/..",
            "nowhere",
            "nowhere/..",
            "a/\u{e9}",
        ];
        for path in paths.iter().map(|path| base.join(path)).chain([Path::new("/").into()]) {
            let want = fs::canonicalize(&path).ok();
            let found = canonical(path.as_os_str().as_bytes());
            let found = found.as_deref().map(|path| Path::new(OsStr::from_bytes(path)));
            assert_eq!(found, want.as_deref(), "{path:?}");
        }
        assert_eq!(canonical(b"a"), None, "not an absolute path");
        fs::remove_dir_all(base).unwrap();
    }
}
