//! What macOS tells of processes, memory and disks, by calls that no crate of ours makes safe: libproc,
//! `sysctl`, Mach's statistics of memory, and the sync of a volume.
//!
//! Each function is safe, asks once, and says `None` or an error where the system does not tell. What the
//! system writes goes into memory that this module made, of the size that it names.

#![expect(unsafe_code, reason = "functions of macOS that take pointers")]

use std::ffi::{CStr, c_int, c_void};
use std::fs::File;
use std::io;
use std::mem::{MaybeUninit, size_of};
use std::os::fd::AsRawFd;
use std::ptr::null_mut;

/// The most that is read of the arguments and variables of a process, in bytes. The system has a limit
/// of its own, 1 MB.
const MAX_ARGUMENTS: usize = 4 << 20;

/// How many files that a process has open are looked at.
const MAX_FILES: usize = 1 << 16;

/// Which facts of an open file: `PROC_PIDFDVNODEPATHINFO` in `sys/proc_info.h`.
const PATH_OF_FILE: c_int = 2;

/// `SYNC_VOLUME_FULLSYNC | SYNC_VOLUME_WAIT` in `unistd.h`: to the disk, not only to its cache, and
/// the call ends when it is there.
const FULL_AND_WAIT: c_int = 1 | 2;

/// `struct vnode_fdinfowithpath` of `sys/proc_info.h`.
#[repr(C)]
struct FileInfo {
    /// `struct proc_fileinfo`: flags, offset, kind.
    about: [u64; 3],
    file: libc::vnode_info_path,
}

const _: () = assert!(size_of::<FileInfo>() == 1200 && size_of::<libc::vnode_info_path>() == 1176);

unsafe extern "C" {
    /// macOS 10.8 or newer.
    safe fn fsync_volume_np(file: c_int, flags: c_int) -> c_int;
}

/// Brings everything that was written to the volume of an open file to the disk.
pub(super) fn sync_volume(file: &File) -> io::Result<()> {
    match fsync_volume_np(file.as_raw_fd(), FULL_AND_WAIT) {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Returns the numbers of all processes.
pub(super) fn pids() -> Option<Vec<u32>> {
    let mut pids: Vec<c_int> = Vec::new();
    loop {
        // Some may be started meanwhile.
        let room = pids.len() * 2 + 1024;
        pids.resize(room, 0);
        let size = c_int::try_from(room * size_of::<c_int>()).ok()?;
        // SAFETY: the system writes at most `size` bytes, which are there.
        let count = unsafe { libc::proc_listallpids(pids.as_mut_ptr().cast(), size) };
        let count = usize::try_from(count).ok().filter(|count| *count > 0)?;
        if count < room {
            pids.truncate(count);
            return Some(pids.into_iter().filter_map(|pid| u32::try_from(pid).ok()).collect());
        }
    }
}

/// Returns the path of the program that a process runs, as it is now.
pub(super) fn program_of(pid: u32) -> Option<Vec<u8>> {
    const ROOM: u32 = libc::PROC_PIDPATHINFO_MAXSIZE.cast_unsigned();
    let mut path = vec![0; ROOM as usize];
    let pid = c_int::try_from(pid).ok()?;
    // SAFETY: the system writes at most `ROOM` bytes, which are there.
    let length = unsafe { libc::proc_pidpath(pid, path.as_mut_ptr().cast(), ROOM) };
    path.truncate(usize::try_from(length).ok().filter(|length| *length > 0)?);
    Some(path)
}

/// Returns the working directory of a process.
pub(super) fn directory_of(pid: u32) -> Option<Vec<u8>> {
    let pid = c_int::try_from(pid).ok()?;
    let mut found = MaybeUninit::<libc::proc_vnodepathinfo>::zeroed();
    let size = c_int::try_from(size_of::<libc::proc_vnodepathinfo>()).ok()?;
    let to = found.as_mut_ptr().cast();
    // SAFETY: the system writes at most `size` bytes, which are there.
    let written = unsafe { libc::proc_pidinfo(pid, libc::PROC_PIDVNODEPATHINFO, 0, to, size) };
    // SAFETY: it is numbers only, and was zero before it was written to.
    let found = (written == size).then(|| unsafe { found.assume_init() })?;
    text_of(&found.pvi_cdir)
}

/// Returns the paths of the files and directories that a process has open.
pub(super) fn files_of(pid: u32) -> Vec<Vec<u8>> {
    let Ok(pid) = c_int::try_from(pid) else { return Vec::new() };
    let numbers = open_files(pid).unwrap_or_default();
    numbers.into_iter().filter_map(|number| path_of_file(pid, number)).collect()
}

fn open_files(pid: c_int) -> Option<Vec<i32>> {
    let list = |to: *mut c_void, size: c_int| -> Option<usize> {
        // SAFETY: the system writes at most `size` bytes, which are there; without room it only
        // says how many it would write.
        let written = unsafe { libc::proc_pidinfo(pid, libc::PROC_PIDLISTFDS, 0, to, size) };
        let count = usize::try_from(written).ok()? / size_of::<libc::proc_fdinfo>();
        Some(count).filter(|count| *count > 0)
    };
    let room = list(null_mut(), 0)?.min(MAX_FILES);
    let mut files: Vec<libc::proc_fdinfo> = Vec::with_capacity(room);
    let size = c_int::try_from(room * size_of::<libc::proc_fdinfo>()).ok()?;
    let count = list(files.as_mut_ptr().cast(), size)?.min(room);
    // SAFETY: so many were written.
    unsafe { files.set_len(count) };
    let is_file =
        |file: &libc::proc_fdinfo| file.proc_fdtype == libc::PROX_FDTYPE_VNODE.cast_unsigned();
    Some(files.iter().filter(|file| is_file(file)).map(|file| file.proc_fd).collect())
}

fn path_of_file(pid: c_int, number: i32) -> Option<Vec<u8>> {
    let mut found = MaybeUninit::<FileInfo>::zeroed();
    let size = c_int::try_from(size_of::<FileInfo>()).ok()?;
    let to = found.as_mut_ptr().cast();
    // SAFETY: the system writes at most `size` bytes, which are there.
    let written = unsafe { libc::proc_pidfdinfo(pid, number, PATH_OF_FILE, to, size) };
    // SAFETY: it is numbers only, and was zero before it was written to.
    let found = (written == size).then(|| unsafe { found.assume_init() })?;
    _ = found.about;
    text_of(&found.file)
}

/// Returns the path in what the system says of a file; `None` where it says none.
fn text_of(found: &libc::vnode_info_path) -> Option<Vec<u8>> {
    let bytes = found.vip_path.as_flattened().iter().map(|byte| byte.cast_unsigned());
    let path: Vec<u8> = bytes.take_while(|byte| *byte != 0).collect();
    Some(path).filter(|path| !path.is_empty())
}

/// Returns the arguments and variables of a process, as `KERN_PROCARGS2` has them; of other users'
/// processes only root sees them.
pub(super) fn arguments_of(pid: u32) -> Option<Vec<u8>> {
    let pid = c_int::try_from(pid).ok()?;
    let mut name = [libc::CTL_KERN, libc::KERN_PROCARGS2, pid];
    sysctl(|to, size| {
        let count = u32::try_from(name.len()).unwrap_or(0);
        // SAFETY: the name has `count` numbers; the system writes at most `*size` bytes to `to`, which
        // are there, and sets `*size`.
        unsafe { libc::sysctl(name.as_mut_ptr(), count, to, size, null_mut(), 0) }
    })
}

/// Returns the text of a variable of the system.
pub(super) fn text(name: &CStr) -> Option<String> {
    let mut bytes = variable(name)?;
    bytes.truncate(bytes.iter().position(|byte| *byte == 0)?);
    String::from_utf8(bytes).ok().filter(|text| !text.is_empty())
}

/// Returns the number in a variable of the system, which has 32 bits.
pub(super) fn number(name: &CStr) -> Option<i32> {
    Some(i32::from_ne_bytes(variable(name)?.try_into().ok()?))
}

fn variable(name: &CStr) -> Option<Vec<u8>> {
    sysctl(|to, size| {
        // SAFETY: the name ends in 0; the system writes at most `*size` bytes to `to`, which are there,
        // and sets `*size`.
        unsafe { libc::sysctlbyname(name.as_ptr(), to, size, null_mut(), 0) }
    })
}

/// Asks for the size of something, and then for it. It may have grown meanwhile: then there is none.
fn sysctl(mut ask: impl FnMut(*mut c_void, *mut usize) -> c_int) -> Option<Vec<u8>> {
    let mut size = 0;
    let is_known = ask(null_mut(), &raw mut size) == 0 && size <= MAX_ARGUMENTS;
    let mut bytes = is_known.then(|| vec![0u8; size])?;
    let is_there = ask(bytes.as_mut_ptr().cast(), &raw mut size) == 0;
    bytes.truncate(size);
    is_there.then_some(bytes)
}

/// Returns how many bytes of memory are free, or hold only what can be read again.
pub(super) fn free_memory() -> Option<u64> {
    let mut found = MaybeUninit::<libc::vm_statistics64>::zeroed();
    let mut count = libc::HOST_VM_INFO64_COUNT;
    // SAFETY: the system writes at most `count` numbers, which are there.
    let failed = unsafe {
        #[expect(deprecated, reason = "the other crate would be there for this one call")]
        let host = libc::mach_host_self();
        libc::host_statistics64(
            host,
            libc::HOST_VM_INFO64,
            found.as_mut_ptr().cast(),
            &raw mut count,
        )
    };
    // SAFETY: it is numbers only, and was zero before it was written to.
    let found = (failed == libc::KERN_SUCCESS).then(|| unsafe { found.assume_init() })?;
    let pages = u64::from(found.free_count) + u64::from(found.inactive_count);
    // SAFETY: it takes a number and gives one.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    u64::try_from(page).ok()?.checked_mul(pages)
}
