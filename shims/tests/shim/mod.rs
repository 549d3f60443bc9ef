//! The real shim in hand-made stores, in front of a program that prints what it got.

mod arguments;
mod environment;
mod goroot;
mod limits;
mod lookup;
mod nested;
mod process;
mod profiles;
pub(crate) mod sandbox;
#[path = "../../../tests/common/skip.rs"]
mod skip;
#[cfg(unix)]
mod trust;
