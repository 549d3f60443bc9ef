//! This process: whose it is, what it says, and how it ends.

use super::Text;
use super::kernel::{call, number};
use crate::sys::OwnedText;
use alloc::vec::Vec;

const STDERR: usize = 2;

/// Returns the user that the kernel asks about when this process opens a file.
pub fn effective_user() -> Option<u32> {
    // SAFETY: the call has no arguments and always succeeds.
    let user = unsafe { call(number::GETEUID, [0; 4]) };
    u32::try_from(user.ok()?).ok()
}

/// Replaces this process; returns only on failure, with the operating system's error number.
/// Signals stay as they are: std's programs ignore SIGPIPE, so this is not for them.
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
    // SAFETY: the program's path ends with NUL, both lists with a null pointer, and what they point
    // to lives as long as this call.
    let failed = unsafe { call(number::EXECVE, [program.address(), arguments, entries, 0]) };
    failed.err().unwrap_or(0)
}

/// Returns where a list stands that ends with a null pointer.
fn with_null(list: &mut Vec<Text>) -> usize {
    list.reserve_exact(1);
    // SAFETY: there is room for one pointer more; a text is a pointer, and the list stays as long
    // as it was.
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

/// Returns the start of so many bytes of new memory, behind what this program has: for a process
/// that nobody else allocates memory in.
pub fn more_memory(size: usize) -> Option<usize> {
    // SAFETY: the end of the program's data only moves up; a wrong place leaves it where it is.
    let end_at = |place| unsafe { call(number::BRK, [place, 0, 0, 0]) }.ok();
    let start = end_at(0)?;
    let end = start.checked_add(size)?;
    (end_at(end)? == end).then_some(start)
}
