//! The tests of `shim/` with the program as it is shipped.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare has failed")]

#[cfg(linux)]
mod cost;
#[cfg(linux)]
mod hardening;
mod shim;
