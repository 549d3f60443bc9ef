//! What the shim and the manager must agree on, and the shim's one decision.
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
//! - [`barrier`]: the file between Go and `go env -w`
//! - [`caller`]: what a call leaves for the calls inside of it
//! - [`launch`]: program, arguments and environment of the `go` to run
//! - [`next_go`]: the next `go` on PATH that is not ours
//! - [`own_programs`], [`remote`]: commands that the manager has a part in
//! - [`trust`]: whose locks count, and which ones the user vouched for
//! - [`trace`]: one line about a call
//! - [`words`]: text, eight bytes at a time
//! - [`sys`]: the operating system, behind a few functions
//!
//! Everything but [`sys`] works on bytes, allocates little, and reads nothing by itself. On Linux
//! [`sys`] calls the kernel itself, so that the shim needs no libc.

#![no_std]
#![warn(missing_docs)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod barrier;
pub mod caller;
pub mod ci;
pub mod environment;
pub mod find;
pub mod goflags;
pub mod goroot;
pub mod gotoolchain;
pub mod gover;
pub mod home;
mod known;
pub mod launch;
pub mod layout;
pub mod lock;
pub mod names;
pub mod next_go;
pub mod own_programs;
pub mod pins;
pub mod profile;
pub mod remote;
pub mod resolve;
pub mod sys;
pub mod trace;
pub mod trust;
pub mod words;
mod work;

pub use environment::Environment;
pub use resolve::{Call, Refusal, Step, Tool, choose, resolve};
