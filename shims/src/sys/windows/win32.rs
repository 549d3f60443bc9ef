//! Functions of Windows that std does not have, as Microsoft's documentation declares them.

#![expect(unsafe_code, reason = "declarations of functions of another language are not checked")]

use core::ffi::c_void;
use std::os::windows::io::RawHandle;

/// What `GetFileInformationByHandle` says of a file.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(super) struct FileInformation {
    pub(super) attributes: u32,
    times: [u32; 6],
    pub(super) volume: u32,
    pub(super) size_high: u32,
    pub(super) size_low: u32,
    pub(super) links: u32,
    pub(super) index_high: u32,
    pub(super) index_low: u32,
}

/// What `GetFileInformationByHandleEx` says of a file as [`FILE_BASIC_INFO`].
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(super) struct BasicInformation {
    created: i64,
    accessed: i64,
    written: i64,
    pub(super) changed: i64,
    attributes: u32,
}

/// What a process was started with.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct StartupInformation {
    size: u32,
    reserved: *mut u16,
    desktop: *mut u16,
    title: *mut u16,
    numbers: [u32; 8],
    show: u16,
    pub(super) runtime_size: u16,
    /// What the C runtime of the caller hands down.
    pub(super) runtime: *const u8,
    handles: [RawHandle; 3],
}

/// What a job allows.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(super) struct JobLimits {
    pub(super) times: [i64; 2],
    pub(super) flags: u32,
    pub(super) sizes: [usize; 2],
    pub(super) processes: u32,
    pub(super) affinity: usize,
    pub(super) classes: [u32; 2],
    pub(super) counters: [u64; 6],
    pub(super) memory: [usize; 4],
}

pub(super) const FILE_BASIC_INFO: i32 = 0;
pub(super) const JOB_EXTENDED_LIMITS: i32 = 9;
pub(super) const KILL_ON_JOB_CLOSE: u32 = 0x2000;
pub(super) const SILENT_BREAKAWAY_OK: u32 = 0x1000;
pub(super) const SE_FILE_OBJECT: i32 = 1;
pub(super) const OWNER_SECURITY_INFORMATION: u32 = 1;
pub(super) const TOKEN_QUERY: u32 = 8;
pub(super) const TOKEN_USER: i32 = 1;

/// What is called when a console's user presses Ctrl-C or closes it.
pub(super) type ConsoleHandler = extern "system" fn(event: u32) -> i32;

#[link(name = "kernel32")]
unsafe extern "system" {
    pub(super) safe fn GetCommandLineW() -> *const u16;
    pub(super) safe fn GetCurrentProcess() -> RawHandle;
    pub(super) safe fn GetStdHandle(which: u32) -> RawHandle;
    pub(super) safe fn SetConsoleCtrlHandler(handler: Option<ConsoleHandler>, add: i32) -> i32;
    pub(super) safe fn Sleep(milliseconds: u32);
    pub(super) fn AssignProcessToJobObject(job: RawHandle, process: RawHandle) -> i32;
    pub(super) fn CloseHandle(handle: RawHandle) -> i32;
    pub(super) fn CreateJobObjectW(security: *const c_void, name: *const u16) -> RawHandle;
    pub(super) fn GetFileInformationByHandle(file: RawHandle, to: *mut FileInformation) -> i32;
    pub(super) fn GetFileInformationByHandleEx(
        file: RawHandle,
        class: i32,
        to: *mut c_void,
        size: u32,
    ) -> i32;
    pub(super) fn GetStartupInfoW(to: *mut StartupInformation);
    pub(super) fn LocalFree(memory: *mut c_void) -> *mut c_void;
    pub(super) fn SetInformationJobObject(
        job: RawHandle,
        class: i32,
        from: *const c_void,
        size: u32,
    ) -> i32;
}

#[link(name = "advapi32")]
unsafe extern "system" {
    pub(super) fn GetSecurityInfo(
        handle: RawHandle,
        kind: i32,
        wanted: u32,
        owner: *mut *const u8,
        group: *mut *const u8,
        access: *mut *const c_void,
        audit: *mut *const c_void,
        descriptor: *mut *mut c_void,
    ) -> u32;
    pub(super) fn GetTokenInformation(
        token: RawHandle,
        class: i32,
        to: *mut c_void,
        size: u32,
        needed: *mut u32,
    ) -> i32;
    pub(super) fn OpenProcessToken(process: RawHandle, access: u32, token: *mut RawHandle) -> i32;
}
