//! The operating system through std and some functions of Windows that std does not have.
//!
//! Strings are bytes here as elsewhere: WTF-8, which is UTF-8 with room for what Windows allows
//! besides (`wide`).

mod command_line;
mod files;
mod process;
mod user;
mod wide;
mod win32;

pub use super::text::{OwnedText, Text};
pub(super) use files::read_owned;
pub use files::{Facts, File, canonical, executable, link, open_if, stamp, status};
pub use process::{complain, exec, own_path, replace_process, started_by, working_directory};
pub use user::{User, effective_user};
pub use wide::{os_string, text};
