//! The crate as its users have it: only its public API.

#![expect(clippy::disallowed_methods, reason = "tests read their data with plain std")]
#![expect(clippy::unwrap_used, reason = "a test that cannot prepare has failed")]

mod client;
mod copies;
mod genuine;
mod log;
mod memory;
mod offline_proof;
mod oracles;
mod recording;
mod samples;
