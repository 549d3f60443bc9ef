//! The operating system: the only room that knows what it is.
//!
//! Each file has one idea, with the same types and functions on every system. Where systems differ
//! by more than a few lines, the file has a module for each of them. The room knows nothing of
//! goward. Other rooms use [`crate::fs`] for files, which names them in errors and does again what
//! failed only for a moment.

pub mod access;
#[cfg(target_vendor = "apple")]
mod apple;
pub mod bytes;
pub mod directory;
pub mod group;
#[cfg(test)]
pub mod inject;
pub mod launch;
pub mod link;
pub mod machine;
mod metadata;
pub mod mode;
pub mod open;
pub mod owner;
pub mod position;
pub mod process;
pub mod remove;
pub mod rename;
mod retry;
pub mod signal;
pub mod sync;
pub mod umask;
pub mod user_directory;
pub mod user_path;
pub mod volume;

/// The name of a file that holds nothing, and takes anything.
pub const NULL: &str = if cfg!(windows) { "NUL" } else { "/dev/null" };

/// The variable that has the user's home directory.
pub const USER_HOME: &str = if cfg!(windows) { "USERPROFILE" } else { "HOME" };

/// What an absolute path looks like, for people who are to type one.
pub const ABSOLUTE_PATH: &str = if cfg!(windows) { r"C:\absolute\path" } else { "/absolute/path" };

/// Where a test can let a call of this kind fail. In a program it is nothing.
macro_rules! failpoint {
    ($call:ident) => {
        #[cfg(test)]
        $crate::os::inject::check($crate::os::inject::Call::$call)?;
    };
}

pub(crate) use failpoint;
pub use goward_shim::sys::Identity;
pub use metadata::{Metadata, Moment};
pub use owner::{ROOT, User};
pub use retry::{Passing, retry};
