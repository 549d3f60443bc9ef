//! The tests of `shim/` with the program as it is built for tests, with std.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare has failed")]

mod shim;
