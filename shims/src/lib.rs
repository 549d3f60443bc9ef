//! What the shim and the manager must agree on, and the shim's one decision.
//!
//! `goward-shim` stands on PATH as `go` and `gofmt`. Each call is answered by [`resolve()`]: which
//! toolchain, in which environment. The manager calls the same function for `goward which`,
//! `goward env` and `goward exec`, so the two cannot disagree.
//!
//! - [`names`]: every file name and environment variable of the product
//! - [`find`]: the nearest lock, walking up from the working directory
//! - [`lock`]: the only parser of `goward.lock`
//! - [`layout`]: where things are in the store, as pure functions
//! - [`profile`]: which of the lock's pins apply, by name or by a rule
//! - [`ci`]: what a CI service says is being built
//! - [`pins`]: the table of variables that matter to builds, and what becomes of each
//! - [`barrier`]: the file between Go and `go env -w`
//! - [`launch`]: program, arguments and environment of the `go` to run
//! - [`next_go`]: the next `go` on PATH that is not ours
//! - [`trust`]: whose locks count, and which ones the user vouched for
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
pub mod ci;
pub mod environment;
pub mod find;
mod known;
pub mod launch;
pub mod layout;
pub mod lock;
pub mod names;
pub mod next_go;
pub mod own_programs;
pub mod pins;
pub mod profile;
pub mod resolve;
pub mod sys;
pub mod trust;
pub mod words;

pub use environment::Environment;
pub use resolve::{Call, Refusal, Step, Tool, choose, resolve};
