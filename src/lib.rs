//! goward: verified, isolated Go toolchains and a hermetic `go`.
//!
//! This is the command line alone. What the commands do is in the crates `goward_core`, `goward_lab`
//! and `goward_mirror`; the last two are the features `lab` and `mirror`.

pub mod cli;
