//! The operating system through its own calls, for Linux on x86-64 and arm64.
//!
//! A program that uses nothing else needs no libc.

#![expect(
    unsafe_code,
    reason = "a system call is an instruction, and a pointer does not say how long a string is"
)]

mod files;
mod kernel;
mod paths;
mod process;
mod text;

pub(super) use files::read_owned;
pub use files::{File, executable, open_if, stamp, status};
pub use paths::{canonical, link, own_path, working_directory};
pub use process::{complain, effective_user, exec, exit, more_memory};
pub use text::{OwnedText, Text, Texts};
