//! The integration tests: one binary, because linking is slow and running is not.

#![expect(clippy::disallowed_methods, reason = "tests set their scene with plain std")]
#![expect(clippy::unwrap_used, reason = "a test that cannot prepare has failed")]

mod cli;
mod common;
mod documents;
mod hermetic;
mod install_sh;
mod integrations;
mod mirror;
mod net;
mod plain;
mod real;
mod releases;
mod repository;
mod shell;
mod torture;
