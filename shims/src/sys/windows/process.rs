//! The process: whose it is, what it says, and how another program takes its place.
//!
//! No process of Windows becomes another program. The shim starts the real one, waits, and ends as
//! it ends. Meanwhile it is as if it were not there: it holds no pipe that somebody reads to its
//! end, stands in no directory that somebody removes, and leaves Ctrl-C to the program. Who ends the
//! shim ends the program, too.

#![expect(unsafe_code, reason = "std has no jobs, and does not give its streams back")]

use super::wide::{os_string, text};
use super::win32::{self, JobLimits, StartupInformation};
use super::{OwnedText, Text, command_line};
use alloc::vec::Vec;
use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr::null;
use std::env;
use std::io::{self, Write};
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle, RawHandle};
use std::os::windows::process::CommandExt;
use std::process::{Child, Command};

/// Returns the working directory. The variable PWD has no part in it, as in Go (`os.Getwd`).
pub fn working_directory(_: Option<&[u8]>) -> Option<Vec<u8>> {
    env::current_dir().ok().map(text)
}

/// Returns the path that this program was started by.
pub fn started_by() -> Option<Vec<u8>> {
    env::current_exe().ok().map(text)
}

/// Returns this program's own path, links resolved.
pub fn own_path() -> Option<Vec<u8>> {
    let path = started_by()?;
    Some(super::canonical(&path).unwrap_or(path))
}

/// Writes a message to standard error; where even that fails there is nobody to tell.
pub fn complain(message: &str) {
    _ = io::stderr().write_all(message.as_bytes());
}

/// Takes this process's place with a program; returns only when it cannot be started, with the
/// system's error number. `argv` ends with the arguments of this process, which are handed on as
/// they stand on its command line.
pub fn exec(program: Text, argv: &[Text], env: Vec<Text>, more: &[OwnedText]) -> i32 {
    let mut command = Command::new(os_string(program.to_bytes()));
    #[expect(clippy::disallowed_methods, reason = "only how many there are")]
    let own = env::args_os().count().saturating_sub(1);
    // The first is the program's name, which std puts there itself.
    let made = argv.get(1..argv.len().saturating_sub(own)).unwrap_or_default();
    command.args(made.iter().map(|word| os_string(word.to_bytes())));
    command.raw_arg(command_line::tail()).env_clear();
    for entry in env.into_iter().chain(more.iter().map(OwnedText::as_text)) {
        if let Some((name, value)) = variable(entry.to_bytes()) {
            command.env(os_string(name), os_string(value));
        }
    }
    replace_process(&mut command).raw_os_error().unwrap_or(0)
}

/// Splits an entry of an environment. Names begin with `=` where the shell keeps the directories of
/// drives: `=C:=C:\src`.
fn variable(entry: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = entry.iter().skip(1).position(|byte| *byte == b'=')? + 1;
    Some((&entry[..end], &entry[end + 1..]))
}

/// Starts a program and ends as it ends; returns only when it cannot be started.
pub fn replace_process(command: &mut Command) -> io::Error {
    win32::SetConsoleCtrlHandler(Some(leave_to_program), 1);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            win32::SetConsoleCtrlHandler(Some(leave_to_program), 0);
            return error;
        }
    };
    // Where there can be no job, the program outlives a shim that is ended: nobody is harmed.
    let _job = job(&child);
    let_go();
    let status = child.wait();
    #[expect(clippy::exit, reason = "the program ran, and nothing may run after it")]
    std::process::exit(status.ok().and_then(|status| status.code()).unwrap_or(1))
}

/// The program gets the same event and decides. Where the console is closed, this process ends when
/// the handler returns: it waits for the program, as long as Windows allows.
extern "system" fn leave_to_program(event: u32) -> i32 {
    const CTRL_BREAK: u32 = 1;
    if event > CTRL_BREAK {
        win32::Sleep(u32::MAX);
    }
    1
}

/// Ends the program when this process ends, however it does. What the program starts is its own
/// affair, as it is without the shim.
fn job(child: &Child) -> Option<OwnedHandle> {
    let limits = JobLimits {
        flags: win32::KILL_ON_JOB_CLOSE | win32::SILENT_BREAKAWAY_OK,
        ..JobLimits::default()
    };
    let size = u32::try_from(size_of_val(&limits)).ok()?;
    let place: *const JobLimits = &raw const limits;
    // SAFETY: the handle of the job is new and ours; the function reads a structure of that size.
    unsafe {
        let job = win32::CreateJobObjectW(null(), null());
        if job.is_null() {
            return None;
        }
        let job = OwnedHandle::from_raw_handle(job);
        let handle = job.as_raw_handle();
        let is_set = win32::SetInformationJobObject(
            handle,
            win32::JOB_EXTENDED_LIMITS,
            place.cast::<c_void>(),
            size,
        );
        let is_in =
            is_set != 0 && win32::AssignProcessToJobObject(handle, child.as_raw_handle()) != 0;
        is_in.then_some(job)
    }
}

/// Closes what the program has inherited, and leaves the working directory.
fn let_go() {
    // STD_INPUT_HANDLE, STD_OUTPUT_HANDLE and STD_ERROR_HANDLE.
    let streams = [-10_i32, -11, -12].map(|which| win32::GetStdHandle(which.cast_unsigned()));
    let mut closed: Vec<RawHandle> = Vec::new();
    for handle in streams.into_iter().chain(handles_of_runtime()) {
        // `INVALID_HANDLE_VALUE` is all ones.
        if !handle.is_null() && !handle.addr().wrapping_add(1).eq(&0) && !closed.contains(&handle) {
            // SAFETY: nothing in this process reads or writes any more: it waits, and ends.
            unsafe { win32::CloseHandle(handle) };
            closed.push(handle);
        }
    }
    if let Some(directory) = env::var_os("SystemRoot") {
        _ = env::set_current_dir(directory);
    }
}

/// Returns the files that the C runtime of the caller handed down: their number, a byte of flags for
/// each, and their handles, as `lpReserved2` has them.
fn handles_of_runtime() -> Vec<RawHandle> {
    let mut information = MaybeUninit::<StartupInformation>::zeroed();
    // SAFETY: the function fills the structure; the memory that it points to has the size that it
    // says, and stays.
    let bytes = unsafe {
        win32::GetStartupInfoW(information.as_mut_ptr());
        let information = information.assume_init();
        if information.runtime.is_null() {
            return Vec::new();
        }
        core::slice::from_raw_parts(information.runtime, information.runtime_size.into())
    };
    files_of_runtime(bytes).unwrap_or_default()
}

fn files_of_runtime(bytes: &[u8]) -> Option<Vec<RawHandle>> {
    const IS_OPEN: u8 = 1;
    let (count, rest) = bytes.split_first_chunk::<4>()?;
    let (flags, handles) = rest.split_at_checked(u32::from_le_bytes(*count).try_into().ok()?)?;
    let handles = handles.as_chunks::<{ size_of::<usize>() }>().0;
    let open = flags.iter().zip(handles).filter(|(flags, _)| *flags & IS_OPEN != 0);
    Some(open.map(|(_, handle)| usize::from_le_bytes(*handle) as RawHandle).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_have_names_that_can_begin_with_an_equals_sign() {
        for (entry, want) in [
            ("A=b=c", Some(("A", "b=c"))),
            ("=C:=C:\\src", Some(("=C:", "C:\\src"))),
            ("A=", Some(("A", ""))),
            ("A", None),
            ("", None),
        ] {
            let want = want.map(|(name, value): (&str, &str)| (name.as_bytes(), value.as_bytes()));
            assert_eq!(variable(entry.as_bytes()), want);
        }
    }

    #[test]
    fn files_of_the_runtime_are_those_that_are_open() {
        let mut bytes = [&3_u32.to_le_bytes()[..], &[1, 0, 0x41]].concat();
        for handle in [8_usize, 12, 16] {
            bytes.extend(handle.to_le_bytes());
        }
        assert_eq!(files_of_runtime(&bytes), Some([8, 16].map(|it| it as RawHandle).into()));
        assert_eq!(files_of_runtime(&bytes[..5]), None);
        assert_eq!(files_of_runtime(&[]), None);
    }
}
