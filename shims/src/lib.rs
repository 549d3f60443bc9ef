//! The rules that the shim and the manager share, and the shim's one decision.
//!
//! `goward-shim` stands on PATH as `go` and `gofmt`. Each call is answered by [`resolve()`]: which
//! toolchain, in which environment. The manager calls the same function for `goward which`,
//! `goward env` and `goward exec`, so the two cannot disagree.
//!
//! - [`names`]: every file name and environment variable of the product
//! - [`find`]: the nearest lock or manifest, walking up from the working directory
//! - [`gover`]: versions as Go reads and compares them
//! - [`lock`]: the only parser of `goward.lock`
//! - [`home`]: where the store is
//! - [`layout`]: where things are in the store, as pure functions
//! - [`goroot`]: which toolchain belongs to a call that no lock decides
//! - [`profile`]: which of the lock's pins apply, by name or by a rule
//! - [`ci`]: what a CI service says is being built
//! - [`pins`]: the table of variables that matter to builds, and what becomes of each
//! - [`gotoolchain`], [`goflags`]: what the caller's GOTOOLCHAIN and GOFLAGS ask for
//! - [`goenv_file`]: the copy of the user's `go env -w` file that Go reads
//! - [`call`], [`tool`]: one call of the shim, and what it stands for
//! - [`caller`]: what a call leaves for the calls inside of it
//! - [`launch`]: program, arguments and environment of the `go` to run
//! - [`path`]: how a path is written
//! - [`path_lookup`]: the next `go` on PATH that is not ours
//! - [`cmd_install_guard`], [`remote`]: commands that the manager has a part in
//! - [`trust`]: whose locks count, and which ones the user vouched for
//! - [`trace`]: one line about a call
//! - [`program`]: what the shim does from its first step to the exec
//! - [`swar`]: text, eight bytes at a time
//! - [`sys`]: the operating system, behind a few functions
//!
//! Everything but [`sys`] works on bytes, allocates little, and reads nothing by itself. On Linux
//! [`sys`] calls the kernel itself, so that the shim needs no libc.

#![no_std]
#![warn(missing_docs)]

extern crate alloc;
#[cfg(any(test, not(libc_free)))]
extern crate std;

pub mod call;
pub mod caller;
mod char_class;
pub mod ci;
pub mod cmd_install_guard;
pub mod environment;
pub mod find;
pub mod goenv_file;
pub mod goflags;
pub mod goroot;
pub mod gotoolchain;
pub mod gover;
pub mod home;
pub mod launch;
pub mod layout;
mod letters;
pub mod lock;
mod lock_file;
pub mod names;
pub mod path;
pub mod path_lookup;
pub mod pins;
pub mod profile;
pub mod program;
pub mod remote;
pub mod resolve;
mod scan;
#[cfg(not(any(libc_free, windows)))]
mod start_std;
#[cfg(windows)]
mod start_windows;
pub mod swar;
pub mod sys;
pub mod tool;
pub mod trace;
pub mod trust;
mod var_table;
mod work;

#[cfg(test)]
mod testing;

pub use call::Call;
pub use environment::Environment;
pub use resolve::{Refusal, Step, choose, resolve};
pub use tool::Tool;
