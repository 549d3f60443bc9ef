//! The real shim in hand-made stores, in front of a program that prints what it got.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare has failed")]

mod arguments;
mod environment;
mod goroot;
mod lookup;
mod process;
mod profiles;
mod sandbox;
mod trust;
