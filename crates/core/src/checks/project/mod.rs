//! The checks of a project: what is wrong with its Go, its settings, and what other files say of it.
//!
//! One file and one row of [`CHECKS`] per check, over the [`Facts`] that `examine` gathers and the
//! project's files. `docs/check.md` has the same table, and a test compares them.

mod arch_levels;
mod cgo;
mod ci;
mod circleci;
mod compose;
mod debug_lines;
mod deprecated;
mod dockerfile;
pub mod env_expand;
mod experiments;
mod facts;
mod files;
mod gitlab;
mod go_mod;
mod go_start;
mod gobin;
mod godebug;
mod golangci;
mod image;
mod module_mode;
mod promu;
mod removed_experiments;
mod setting;
mod support;
mod target_supported;
mod target_valid;
pub mod version_drift;
mod version_files;
mod vulnerabilities;
mod workflows;
mod workspace;
mod yaml;

use super::{Check, Group, caches, lock_state};
pub use facts::{CCompiler, Facts, GoFacts};
pub use files::Files;

mod trimpath;

/// Every check, in the order in which they run.
pub const CHECKS: &[Check<Facts>] = &[
    go_start::CHECK,
    experiments::CHECK,
    godebug::CHECK,
    cgo::CHECK,
    target_supported::CHECK,
    module_mode::CHECK,
    Check::new("caches", Group::Settings, caches::TITLE, |facts| caches::look(&facts.caches)),
    gobin::CHECK,
    target_valid::CHECK,
    deprecated::CHECK,
    removed_experiments::CHECK,
    arch_levels::CHECK,
    trimpath::CHECK,
    workspace::CHECK,
    Check::new("lock", Group::Drift, lock_state::TITLE, |facts| {
        Ok(lock_state::look(Some(&facts.state)))
    }),
    go_mod::CHECK,
    version_files::CHECK,
    dockerfile::CHECK,
    workflows::CHECK,
    gitlab::CHECK,
    circleci::CHECK,
    compose::CHECK,
    promu::CHECK,
    golangci::CHECK,
    debug_lines::CHECK,
    support::CHECK,
    vulnerabilities::CHECK,
];
