//! `go` and `gofmt` on PATH.
//!
//! What it does is in the library; here is how it starts.

#![cfg_attr(libc_free, no_std, no_main)]

extern crate alloc;

#[cfg(all(libc_free, not(panic = "abort")))]
compile_error!("without std nothing unwinds: set `panic = \"abort\"` for release builds");

#[cfg(libc_free)]
mod start_linux;

#[cfg(not(libc_free))]
fn main() -> std::process::ExitCode {
    goward_shim::program::main()
}
